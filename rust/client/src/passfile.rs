//! The pass file: lines of `host:port:database:user:password`, of which the first that fits gives the password.
//!
//! It is read when a server asks for a password, so that a changed file counts for the next login.

use std::io;
use std::path::Path;

use crate::config::{Endpoint, Secret};
use crate::error::Error;
use crate::files;

/// Who wants to log in, and where.
pub(crate) struct Login<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) database: &'a str,
    pub(crate) user: &'a str,
}

/// The password for a login; None where no line fits, or where a file that was not asked for does not exist.
///
/// # Errors
/// `Config` where the file cannot be read, or others than its owner may read it.
pub(crate) fn look_up(
    path: &Path,
    explicit: bool,
    login: &Login<'_>,
) -> Result<Option<Secret>, Error> {
    let file = match files::read(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !explicit => return Ok(None),
        Err(error) => {
            return Err(Error::Config(format!(
                "passfile: {}: {error}",
                path.display()
            )))
        }
    };
    if file.is_exposed {
        return Err(Error::Config(format!(
            "passfile: {} may be read by others: its permissions must be 0600 or less (chmod 600)",
            path.display()
        )));
    }
    Ok(find(&file.text, login))
}

fn find(text: &str, login: &Login<'_>) -> Option<Secret> {
    let (host, port) = match login.endpoint {
        Endpoint::Tcp { host, port } => (host.clone(), Some(port.to_string())),
        Endpoint::Unix { path } => (path.display().to_string(), None),
    };
    let is_local = !login.endpoint.takes_tls();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let fields = fields(line);
        let [given_host, given_port, database, user, password] = fields.as_slice() else {
            continue;
        };
        let fits = given_host.fits(&host) || is_local && given_host.fits("localhost");
        // A socket's path says it all.
        let fits = fits && port.as_deref().is_none_or(|port| given_port.fits(port));
        if fits && database.fits(login.database) && user.fits(login.user) {
            return Some(Secret::new(password.text.clone()));
        }
    }
    None
}

/// One field of a line.
#[derive(Default)]
struct Field {
    text: String,
    /// Written as `*`, and not as `\*`.
    is_any: bool,
}

impl Field {
    fn fits(&self, value: &str) -> bool {
        self.is_any || self.text == value
    }
}

/// Splits a line at its colons; `\:` and `\\` stand for `:` and `\`.
fn fields(line: &str) -> Vec<Field> {
    let mut fields = vec![Field::default()];
    let mut raw_length = 0;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == ':' {
            fields.push(Field::default());
            raw_length = 0;
            continue;
        }
        let Some(field) = fields.last_mut() else {
            continue;
        };
        raw_length += 1;
        if c == '\\' {
            field.text.extend(chars.next());
            field.is_any = false;
            raw_length += 1;
        } else {
            field.text.push(c);
            field.is_any = raw_length == 1 && c == '*';
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str, host: &str, port: u16, database: &str, user: &str) -> Option<String> {
        let endpoint = Endpoint::Tcp {
            host: host.to_owned(),
            port,
        };
        let login = Login {
            endpoint: &endpoint,
            database,
            user,
        };
        find(text, &login).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        let text = "# hosts\n\ndb:3092:sales:alice:one\ndb:*:*:alice:two\n*:*:*:*:three\r\n";
        assert_eq!(password(text, "db", 3092, "sales", "alice").unwrap(), "one");
        assert_eq!(password(text, "db", 3093, "sales", "alice").unwrap(), "two");
        assert_eq!(password(text, "db", 3092, "", "alice").unwrap(), "two");
        assert_eq!(password(text, "x", 1, "y", "bob").unwrap(), "three");
        assert_eq!(password("db:1:d:u:p", "db", 2, "d", "u"), None);
    }

    #[test]
    fn colons_and_backslashes_are_written_with_a_backslash() {
        let text = r"\:\:1:1:*:u:a\:b\\c";
        assert_eq!(password(text, "::1", 1, "d", "u").unwrap(), r"a:b\c");
        assert_eq!(password(r"h:1:\*:u:p", "h", 1, "d", "u"), None);
        assert_eq!(password(r"h:1:\*:u:p", "h", 1, "*", "u").unwrap(), "p");
        assert_eq!(password("h:1:**:u:p", "h", 1, "d", "u"), None);
    }

    #[test]
    fn lines_of_another_form_are_passed_over() {
        for text in ["h:1:d:u", "h", "", "h:1:d:u:p:q", " h:1:d:u:p"] {
            assert_eq!(password(text, "h", 1, "d", "u"), None, "{text}");
        }
        assert_eq!(password("h:1:d:u:\n", "h", 1, "d", "u").unwrap(), "");
    }

    #[test]
    fn a_socket_is_its_path_or_localhost() {
        let endpoint = Endpoint::Unix {
            path: "/run/sb.sock".into(),
        };
        let login = Login {
            endpoint: &endpoint,
            database: "d",
            user: "u",
        };
        assert!(find("/run/sb.sock:3092:d:u:p", &login).is_some());
        assert!(find("localhost:1:d:u:p", &login).is_some());
        assert!(find("db:1:d:u:p", &login).is_none());
    }
}
