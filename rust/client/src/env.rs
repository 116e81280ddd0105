//! Defaults for connection parameters from environment variables: the layer that everything else overrides.
//!
//! Must not know: the process environment itself; the caller passes a function that reads it, so that tests can too.

use crate::config::keys::{Variable, KEYS};
use crate::error::Error;

/// The parameters that environment variables set, under the parameters' own names. Empty variables count as unset.
pub(crate) fn settings(
    env: impl Fn(&str) -> Option<String>,
) -> Result<Vec<(&'static str, String)>, Error> {
    let mut found = Vec::new();
    for key in KEYS {
        let set = key.env.iter().find_map(|variable| {
            let value = env(variable.name()).filter(|value| !value.is_empty())?;
            Some((*variable, value))
        });
        if let Some((variable, value)) = set {
            let value = in_the_unit_of_the_key(variable, value)?;
            found.push((key.name, value));
        }
    }
    Ok(found)
}

fn in_the_unit_of_the_key(variable: Variable, value: String) -> Result<String, Error> {
    let Variable::Milliseconds(name) = variable else {
        return Ok(value);
    };
    let milliseconds: u32 = value
        .trim()
        .parse()
        .map_err(|_| Error::Config(format!("{name}: {value:?} is not a number of milliseconds")))?;
    Ok((f64::from(milliseconds) / 1000.0).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Vec<(&'static str, String)>, Error> {
        settings(|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_set_parameters_in_their_own_unit() {
        let found = read(&[
            ("SCRATCHBIRD_HOST", "db"),
            ("SCRATCHBIRD_CONNECT_TIMEOUT_MS", "1500"),
            ("SCRATCHBIRD_ROLE", ""),
            ("HOST", "not ours"),
        ]);
        assert_eq!(
            found.unwrap(),
            [
                ("host", "db".to_owned()),
                ("connect_timeout", "1.5".to_owned())
            ]
        );
    }

    #[test]
    fn a_bad_number_names_the_variable() {
        let error = read(&[("SCRATCHBIRD_READ_TIMEOUT_MS", "2s")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "SCRATCHBIRD_READ_TIMEOUT_MS: \"2s\" is not a number of milliseconds"
        );
    }

    #[test]
    fn of_two_variables_for_one_parameter_the_first_counts() {
        let found = read(&[
            ("SCRATCHBIRD_PARSER", "x"),
            ("SCRATCHBIRD_PROTOCOL", "native"),
        ]);
        assert_eq!(found.unwrap(), [("protocol", "native".to_owned())]);
    }
}
