//! The given parameters, layer by layer: which keys were given, in which spelling, and which layer wins.
//!
//! Must not know: what any particular parameter is for.

use std::collections::BTreeMap;
use std::time::Duration;

use super::keys::{self, Key};
use super::value::{self, BadValue, Kind, Secret};
use crate::error::Error;

/// One value as the user gave it.
#[derive(Debug, Clone)]
struct Given {
    /// How the user spelled the parameter, for error messages.
    spelling: String,
    value: String,
}

/// Values by the parameter's own name. A later layer wins over an earlier one.
#[derive(Debug, Default)]
pub(super) struct Settings {
    values: BTreeMap<&'static str, Given>,
}

impl Settings {
    /// Adds a layer, whose values win over the ones already there.
    ///
    /// Within the layer the last value of one spelling counts; two spellings of one parameter must agree.
    pub(super) fn overlay<K: AsRef<str>>(
        &mut self,
        layer: impl IntoIterator<Item = (K, String)>,
    ) -> Result<(), Error> {
        let mut values: BTreeMap<&'static str, Given> = BTreeMap::new();
        for (spelling, value) in layer {
            let spelling = spelling.as_ref().trim();
            let key = keys::find(spelling).ok_or_else(|| unknown(spelling))?;
            let given = Given {
                spelling: spelling.to_owned(),
                value,
            };
            if !given.value.is_empty() {
                key.kind
                    .check(&given.value)
                    .map_err(|bad| wrong(key, &given, &bad))?;
            }
            if let Some(before) = values.get(key.name) {
                if before.value != given.value && before.spelling != given.spelling {
                    return Err(Error::Config(format!(
                        "{} and {} both set {}, to different values",
                        before.spelling, given.spelling, key.name
                    )));
                }
            }
            values.insert(key.name, given);
        }
        self.values.append(&mut values);
        Ok(())
    }

    /// The value, if one was given that is not empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        let given = self.values.get(name)?;
        (!given.value.is_empty()).then_some(given.value.as_str())
    }

    /// The value or its default, as text; None where neither says anything.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let default = || {
            keys::named(name)
                .map(|key| key.default)
                .filter(|d| !d.is_empty())
        };
        self.given(name).or_else(default).map(str::to_owned)
    }

    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        self.given(name).map(Secret::new)
    }

    /// Drops a value, because something else stands in its place.
    pub(super) fn forget(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// Whether the parameter was given at all, even as an empty text.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Error> {
        self.read(name, |_, text| value::flag(text))
    }

    pub(super) fn integer<T: TryFrom<i64>>(&self, name: &str) -> Result<T, Error> {
        self.read(name, |kind, text| {
            let (min, max) = match kind {
                Kind::Integer { min, max } => (*min, *max),
                _ => (i64::MIN, i64::MAX),
            };
            let number = value::integer(text, min, max)?;
            T::try_from(number).map_err(|_| BadValue(format!("{text:?} is out of range")))
        })
    }

    pub(super) fn seconds(&self, name: &str) -> Result<Option<Duration>, Error> {
        self.read(name, |_, text| value::seconds(text))
    }

    pub(super) fn choice(&self, name: &str) -> Result<&'static str, Error> {
        self.read(name, |kind, text| match kind {
            Kind::Choice(words) => value::choice(text, words),
            _ => Err(BadValue("this parameter is not a choice".to_owned())),
        })
    }

    /// Every given value under its parameter's name, secrets replaced by stars.
    pub(super) fn redacted(&self) -> Vec<(&'static str, String)> {
        let shown = |(name, given): (&&'static str, &Given)| {
            let secret = keys::named(name).is_none_or(|key| key.kind.is_secret());
            (
                *name,
                if secret {
                    "***".to_owned()
                } else {
                    given.value.clone()
                },
            )
        };
        self.values
            .iter()
            .filter(|(_, given)| !given.value.is_empty())
            .map(shown)
            .collect()
    }

    fn read<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&Kind, &str) -> Result<T, BadValue>,
    ) -> Result<T, Error> {
        let key = keys::named(name).ok_or_else(|| unknown(name))?;
        let given = self
            .values
            .get(name)
            .filter(|given| !given.value.is_empty());
        let text = given.map_or(key.default, |given| given.value.as_str());
        parse(&key.kind, text).map_err(|bad| match given {
            Some(given) => wrong(key, given, &bad),
            None => Error::Config(format!("{name}: {bad}")),
        })
    }
}

fn unknown(spelling: &str) -> Error {
    let hint = keys::closest(spelling)
        .map_or_else(String::new, |known| format!(" (did you mean {known:?}?)"));
    Error::Config(format!("unknown connection parameter {spelling:?}{hint}"))
}

fn wrong(key: &Key, given: &Given, bad: &BadValue) -> Error {
    if given.spelling == key.name {
        Error::Config(format!("{}: {bad}", key.name))
    } else {
        Error::Config(format!("{} ({}): {bad}", given.spelling, key.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(pairs: &[(&str, &str)]) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        settings.overlay(pairs.iter().map(|(k, v)| (*k, (*v).to_owned())))?;
        Ok(settings)
    }

    fn message(pairs: &[(&str, &str)]) -> String {
        layer(pairs)
            .map(|_| String::new())
            .unwrap_or_else(|e| e.to_string())
    }

    #[test]
    fn a_later_layer_wins_under_any_spelling() {
        let mut settings = layer(&[("user", "alice"), ("dbname", "a")]).unwrap();
        settings.overlay([("uid", "bob".to_owned())]).unwrap();
        assert_eq!(settings.given("user"), Some("bob"));
        assert_eq!(settings.given("database"), Some("a"));
    }

    #[test]
    fn an_empty_value_means_the_default() {
        let mut settings = layer(&[("role", "reader"), ("connect_timeout", "5")]).unwrap();
        settings
            .overlay([("role", String::new()), ("connect_timeout", String::new())])
            .unwrap();
        assert_eq!(settings.given("role"), None);
        assert_eq!(
            settings.seconds("connect_timeout").unwrap(),
            Some(Duration::from_secs(30))
        );
    }

    #[test]
    fn two_spellings_of_one_layer_must_agree() {
        assert_eq!(
            message(&[("user", "a"), ("uid", "b")]),
            "user and uid both set user, to different values"
        );
        assert_eq!(message(&[("user", "a"), ("uid", "a")]), "");
        assert_eq!(
            layer(&[("user", "a"), ("user", "b")])
                .unwrap()
                .given("user"),
            Some("b")
        );
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            message(&[("pasword", "x")]),
            "unknown connection parameter \"pasword\" (did you mean \"password\"?)"
        );
        assert_eq!(
            message(&[("zzz", "x")]),
            "unknown connection parameter \"zzz\""
        );
        assert_eq!(
            message(&[("timeout", "soon")]),
            "timeout (connect_timeout): \"soon\" is not a number of seconds from 0 to 4294967"
        );
        assert!(message(&[("password", "a\0b")]).contains("NUL"));
        assert!(!message(&[("password", "a\0b")]).contains("a\\0b"));
    }
}
