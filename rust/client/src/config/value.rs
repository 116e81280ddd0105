//! The kinds of values that connection parameters have, and how each is read.
//!
//! Must not know: which parameters exist. An error says what is wrong with the value; the caller adds the name of the
//! parameter, and no error repeats a value that may be secret.

use std::fmt;
use std::time::Duration;

use super::keys::squash;

/// What a parameter's value must look like.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Text,
    /// Text that never appears in any output.
    Secret,
    /// A path of the local file system.
    File,
    /// `1`, `true`, `yes`, `on` or `0`, `false`, `no`, `off`.
    Flag,
    Integer {
        min: i64,
        max: i64,
    },
    /// A number of seconds, with or without a fraction; 0 means "no limit" or "the default of the system".
    Seconds,
    /// One of a list of words, each with its aliases.
    Choice(&'static [(&'static str, &'static [&'static str])]),
    Hosts,
    Ports,
}

/// The longest time that can be asked for: what fits 32 bits of milliseconds.
const MAX_SECONDS: f64 = 4_294_967.0;

impl Kind {
    /// The name of the kind in documentation.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Text | Self::Secret => "text",
            Self::File => "path",
            Self::Flag => "true/false",
            Self::Integer { .. } => "integer",
            Self::Seconds => "seconds",
            Self::Choice(_) => "word",
            Self::Hosts => "host, …",
            Self::Ports => "port, …",
        }
    }

    /// Whether the value must never be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret)
    }

    /// Whether the text is a value of this kind. Hosts and ports are checked where they are put together.
    pub(super) fn check(&self, text: &str) -> Result<(), BadValue> {
        if text.contains('\0') {
            return Err(BadValue("the value contains a NUL character".to_owned()));
        }
        match self {
            Self::Text | Self::Secret | Self::File | Self::Hosts | Self::Ports => Ok(()),
            Self::Flag => flag(text).map(drop),
            Self::Integer { min, max } => integer(text, *min, *max).map(drop),
            Self::Seconds => seconds(text).map(drop),
            Self::Choice(words) => choice(text, words).map(drop),
        }
    }
}

/// What is wrong with a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadValue(pub(super) String);

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn flag(text: &str) -> Result<bool, BadValue> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(BadValue(format!("{text:?} is neither true nor false"))),
    }
}

pub(super) fn integer(text: &str, min: i64, max: i64) -> Result<i64, BadValue> {
    match text.trim().parse::<i64>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(BadValue(format!(
            "{text:?} is not an integer from {min} to {max}"
        ))),
    }
}

/// None for zero, which means "no limit".
pub(super) fn seconds(text: &str) -> Result<Option<Duration>, BadValue> {
    let bad = || {
        BadValue(format!(
            "{text:?} is not a number of seconds from 0 to {MAX_SECONDS}"
        ))
    };
    let number: f64 = text.trim().parse().map_err(|_| bad())?;
    if !(0.0..=MAX_SECONDS).contains(&number) {
        return Err(bad());
    }
    if number == 0.0 {
        return Ok(None);
    }
    // A tiny limit must not round down to "none".
    let duration = Duration::try_from_secs_f64(number).map_err(|_| bad())?;
    Ok(Some(duration.max(Duration::from_millis(1))))
}

pub(super) fn choice(
    text: &str,
    words: &[(&'static str, &'static [&'static str])],
) -> Result<&'static str, BadValue> {
    let wanted = squash(text);
    let found = words.iter().find(|(word, aliases)| {
        std::iter::once(word)
            .chain(aliases.iter())
            .any(|w| squash(w) == wanted)
    });
    found.map(|(word, _)| *word).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        BadValue(format!("{text:?} is not one of: {}", known.join(", ")))
    })
}

/// A text that is never shown: `Debug` prints three stars, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags() {
        for (text, value) in [
            ("1", true),
            ("TRUE", true),
            ("Yes", true),
            (" on ", true),
            ("0", false),
            ("Off", false),
        ] {
            assert_eq!(flag(text), Ok(value));
        }
        for text in ["", "2", "maybe"] {
            assert!(flag(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_have_fractions_and_limits() {
        assert_eq!(seconds("0"), Ok(None));
        assert_eq!(seconds("0.25"), Ok(Some(Duration::from_millis(250))));
        assert_eq!(seconds("1e-9"), Ok(Some(Duration::from_millis(1))));
        for text in ["-1", "nan", "inf", "", "1h", "5e9"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }
}
