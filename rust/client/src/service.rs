//! The service file: sections of connection parameters, `[name]` and `key=value` lines, chosen by `service=name`.
//!
//! Must not know: what a parameter is for. Only whether one is secret matters, because then nobody else may read the file.

use std::path::Path;

use crate::config::keys;
use crate::error::Error;
use crate::files;

type Pairs = Vec<(String, String)>;

/// The parameters of a service.
///
/// # Errors
/// `Config` where the file cannot be read, has no such section or is malformed, or where others than its owner may read
/// a file with secrets in it.
pub(crate) fn load(path: &Path, service: &str) -> Result<Pairs, Error> {
    let wrong = |what: &str| Error::Config(format!("servicefile: {}: {what}", path.display()));
    let file = files::read(path).map_err(|error| wrong(&error.to_string()))?;
    let contents = parse(&file.text, service).map_err(|what| wrong(&what))?;
    if contents.has_secrets && file.is_exposed {
        return Err(wrong(
            "it contains secrets and may be read by others: its permissions must be 0600 or less (chmod 600)",
        ));
    }
    contents
        .found
        .ok_or_else(|| wrong(&format!("it has no section [{service}]")))
}

struct Contents {
    found: Option<Pairs>,
    /// Whether any section contains a secret.
    has_secrets: bool,
}

/// Reads all sections; an error never repeats a line, which may be secret.
fn parse(text: &str, service: &str) -> Result<Contents, String> {
    let mut contents = Contents {
        found: None,
        has_secrets: false,
    };
    let mut inside = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let number = number + 1;
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let name = name
                .strip_suffix(']')
                .ok_or_else(|| format!("line {number}: a '[' without its ']'"))?;
            let is_wanted = name.trim() == service;
            if is_wanted && contents.found.is_some() {
                return Err(format!("line {number}: a second section [{}]", name.trim()));
            }
            if is_wanted {
                contents.found = Some(Pairs::new());
            }
            inside = Some(is_wanted);
            continue;
        }
        let (key, value) = line
            .split_once('=')
            .ok_or_else(|| format!("line {number}: neither [name] nor key=value"))?;
        let (key, value) = (key.trim(), value.trim());
        let known = keys::find(key);
        contents.has_secrets |= !value.is_empty() && known.is_none_or(|key| key.kind.is_secret());
        match inside {
            None => return Err(format!("line {number}: before the first [name]")),
            Some(false) => {}
            Some(true) => {
                if known.is_some_and(|key| matches!(key.name, "service" | "servicefile")) {
                    return Err(format!("line {number}: a service cannot name a service"));
                }
                if let Some(found) = &mut contents.found {
                    found.push((key.to_owned(), value.to_owned()));
                }
            }
        }
    }
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# ours\n[sales]\nhost = db1,db2\nuser=alice\n\n; old\n[stock]\nhost=db3\nsslmode=verify-full\n";

    fn parsed(text: &str, service: &str) -> Result<(Option<Pairs>, bool), String> {
        parse(text, service).map(|contents| (contents.found, contents.has_secrets))
    }

    #[test]
    fn a_section_is_found_by_its_name() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let (found, secrets) = parsed(FILE, "sales").unwrap();
        assert_eq!(
            found.unwrap(),
            [pair("host", "db1,db2"), pair("user", "alice")]
        );
        assert!(!secrets);
        assert_eq!(parsed(FILE, "Sales").unwrap().0, None);
    }

    #[test]
    fn a_secret_of_any_section_counts() {
        let text = format!("{FILE}pwd = x\n");
        assert!(parsed(&text, "sales").unwrap().1);
        assert!(!parsed(&format!("{FILE}password=\n"), "sales").unwrap().1);
        assert!(
            parsed(&format!("{FILE}pasword=x\n"), "sales").unwrap().1,
            "a slip"
        );
    }

    #[test]
    fn mistakes_name_the_line_and_not_its_text() {
        for (text, line) in [
            ("hunter2", 1),
            ("[a]\nhunter2\n", 2),
            ("[hunter2\n", 1),
            ("password=hunter2\n", 1),
            ("[a]\nservice=hunter2\n", 2),
            ("[a]\n[b]\n[a]\n", 3),
        ] {
            let error = parsed(text, "a").unwrap_err();
            assert!(error.starts_with(&format!("line {line}: ")), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
