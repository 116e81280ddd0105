//! Reads the two written forms of a connection: the URI and the keyword string.
//!
//! The result is a list of (parameter, value) as written. Must not know: which parameters exist. Errors never repeat
//! the text around them, because it may be a password.

use percent_encoding::percent_decode_str;

use crate::config::endpoint;
use crate::error::Error;

type Pairs = Vec<(String, String)>;

/// Schemes of the URI form, without the `//`.
const SCHEMES: &[&str] = &["jdbc:scratchbird:", "scratchbird:", "sb:"];

/// Reads a URI (`scratchbird://user:password@host:port/database?key=value`) or a keyword string (`host=… user=…`).
pub(crate) fn parse(dsn: &str) -> Result<Pairs, Error> {
    let dsn = dsn.trim();
    for scheme in SCHEMES {
        let head = dsn
            .get(..scheme.len())
            .filter(|head| head.eq_ignore_ascii_case(scheme));
        if head.is_some() {
            let rest = dsn[scheme.len()..].strip_prefix("//");
            let rest = rest
                .ok_or_else(|| Error::Config(format!("DSN: '//' is missing after '{scheme}'")))?;
            return parse_uri(rest);
        }
    }
    if let Some(scheme) = foreign_scheme(dsn) {
        return Err(Error::Config(format!(
            "DSN: the scheme {scheme:?} is not scratchbird, sb or jdbc:scratchbird"
        )));
    }
    parse_keywords(dsn)
}

/// The scheme of a URI that is not ours: letters and the like before `://`, so not a value of a keyword string.
fn foreign_scheme(dsn: &str) -> Option<&str> {
    let (scheme, _) = dsn.split_once("://")?;
    let known = |b: u8| b.is_ascii_alphanumeric() || b"+-.:".contains(&b);
    scheme.bytes().all(known).then_some(scheme)
}

fn parse_uri(rest: &str) -> Result<Pairs, Error> {
    if rest.contains('#') {
        return Err(Error::Config("DSN: write '#' as %23".to_owned()));
    }
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, Some(path)),
        None => (rest, None),
    };
    let mut pairs = Pairs::new();
    let hosts = match authority.rsplit_once('@') {
        Some((user_info, hosts)) => {
            let (user, password) = match user_info.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (user_info, None),
            };
            push(&mut pairs, "user", user)?;
            if let Some(password) = password {
                pairs.push(("password".to_owned(), decode(password)?));
            }
            hosts
        }
        None => authority,
    };
    if !hosts.is_empty() {
        // Split before decoding, so that an encoded ':' or ',' of a socket path stays in it.
        let split = endpoint::split_hosts(hosts)?;
        push(&mut pairs, "host", &split.hosts)?;
        if let Some(ports) = split.ports {
            push(&mut pairs, "port", &ports)?;
        }
    }
    if let Some(path) = path {
        if path.contains('@') {
            return Err(Error::Config(
                "DSN: '@' after '/'; write / ? # @ and % of a user name or password as %2F %3F %23 %40 and %25".to_owned(),
            ));
        }
        push(&mut pairs, "database", path)?;
    }
    for item in query
        .unwrap_or("")
        .split('&')
        .filter(|item| !item.is_empty())
    {
        let (key, value) = item
            .split_once('=')
            .ok_or_else(|| Error::Config("DSN: a part of the query is not key=value".to_owned()))?;
        pairs.push((decode(key)?, decode(value)?));
    }
    Ok(pairs)
}

fn push(pairs: &mut Pairs, key: &str, encoded: &str) -> Result<(), Error> {
    if !encoded.is_empty() {
        pairs.push((key.to_owned(), decode(encoded)?));
    }
    Ok(())
}

/// Percent-decoding that accepts no stray `%` and nothing but UTF-8. `+` stands for itself.
fn decode(text: &str) -> Result<String, Error> {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('%') {
        let digits = bytes.get(at + 1..at + 3);
        if !digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit)) {
            return Err(Error::Config(
                "DSN: '%' without two hexadecimal digits; write '%' as %25".to_owned(),
            ));
        }
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(|text| text.into_owned())
        .map_err(|_| Error::Config("DSN: percent-encoded text is not UTF-8".to_owned()))
}

/// `key=value` pairs, separated by `;` or white space.
///
/// A value in `'…'` or `"…"` may contain anything; the quote itself is written twice or after a backslash, a backslash
/// before a quote or a backslash is doubled, any other backslash is itself. A value without quotes ends at the first
/// blank or `;` and is taken as it stands.
fn parse_keywords(text: &str) -> Result<Pairs, Error> {
    let mut pairs = Pairs::new();
    let mut rest = skip_separators(text);
    while !rest.is_empty() {
        let after = pairs.last().map(|(key, _): &(String, String)| key.as_str());
        let (key, tail) = rest.split_once('=').ok_or_else(|| not_a_pair(after))?;
        let key = key.trim();
        if key.is_empty() || key.contains(';') {
            return Err(not_a_pair(after));
        }
        let (value, tail) = match tail.chars().next() {
            Some(quote @ ('\'' | '"')) => quoted(key, &tail[1..], quote)?,
            _ => {
                let end = tail.find(is_separator).unwrap_or(tail.len());
                (tail[..end].to_owned(), &tail[end..])
            }
        };
        pairs.push((key.to_owned(), value));
        rest = skip_separators(tail);
    }
    Ok(pairs)
}

fn is_separator(c: char) -> bool {
    c == ';' || c.is_whitespace()
}

fn skip_separators(text: &str) -> &str {
    text.trim_start_matches(is_separator)
}

/// The value up to its closing quote, and what follows.
fn quoted<'a>(key: &str, text: &'a str, quote: char) -> Result<(String, &'a str), Error> {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        if c == '\\' && matches!(next, Some('\\' | '\'' | '"')) {
            value.extend(next);
            chars.next();
        } else if c != quote {
            value.push(c);
        } else if next == Some(quote) {
            value.push(quote);
            chars.next();
        } else if next.is_none_or(is_separator) {
            return Ok((value, &text[at + 1..]));
        } else {
            return Err(Error::Config(format!(
                "DSN: after the quoted value of {key:?} a blank or ';' must follow (a quote inside is written twice)"
            )));
        }
    }
    Err(Error::Config(format!(
        "DSN: the value of {key:?} has no closing quote"
    )))
}

fn not_a_pair(after: Option<&str>) -> Error {
    let place = after.map_or_else(
        || "at the beginning".to_owned(),
        |key| format!("after the value of {key:?}"),
    );
    Error::Config(format!(
        "DSN: the text {place} is not key=value; put a value that is empty or contains blanks or ';' in quotes"
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(dsn: &str) -> Vec<(String, String)> {
        parse(dsn).unwrap_or_else(|e| panic!("{dsn}: {e}"))
    }

    fn of(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = expected
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        owned.collect()
    }

    #[test]
    fn uris() {
        let full = of(&[
            ("user", "al ice"),
            ("password", "p@ss:w/rd"),
            ("host", "db.example"),
            ("port", "3050"),
            ("database", "my/db"),
            ("sslmode", "verify-full"),
            ("application_name", "a+b c"),
        ]);
        let text = "al%20ice:p%40ss:w%2Frd@db.example:3050/my%2Fdb?sslmode=verify-full&application_name=a+b%20c";
        for scheme in ["scratchbird", "sb", "jdbc:scratchbird", "SB"] {
            assert_eq!(pairs(&format!("{scheme}://{text}")), full);
        }
        assert_eq!(pairs("sb://"), []);
        assert_eq!(pairs("sb:///db"), of(&[("database", "db")]));
        assert_eq!(
            pairs("sb://u:@h"),
            of(&[("user", "u"), ("password", ""), ("host", "h")])
        );
        assert_eq!(pairs("sb://u@na@h"), of(&[("user", "u@na"), ("host", "h")]));
        assert_eq!(
            pairs("sb://[::1]:9,h2"),
            of(&[("host", "::1,h2"), ("port", "9,")])
        );
        assert_eq!(
            pairs("sb://%2Frun%2Fsb%3A1.sock/d"),
            of(&[("host", "/run/sb:1.sock"), ("database", "d")])
        );
        assert_eq!(
            pairs("sb://h?ipc_path=/run/a?b&role="),
            of(&[("host", "h"), ("ipc_path", "/run/a?b"), ("role", "")])
        );
    }

    #[test]
    fn broken_uris_say_why_without_the_text() {
        let cases = [
            ("scratchbird:h", "'//' is missing"),
            ("postgresql://h/db", "scheme \"postgresql\""),
            ("sb://u:s3cret@h/db#x", "%23"),
            ("sb://u:s3c%ret@h/db", "%25"),
            ("sb://u:s3c%FFret@h/db", "not UTF-8"),
            ("sb://u:12/s3cret@h/db", "%2F"),
            ("sb://h?s3cret", "not key=value"),
        ];
        for (dsn, expected) in cases {
            let message = parse(dsn).unwrap_err().to_string();
            assert!(message.contains(expected), "{dsn}: {message}");
            assert!(!message.contains("s3c"), "{message}");
        }
    }

    #[test]
    fn keyword_strings() {
        let plain = of(&[("host", "h"), ("user", "alice"), ("password", "x=y")]);
        for text in [
            "host=h user=alice password=x=y",
            "host=h;user=alice;password=x=y;",
            " host=h ;\n user=alice\tpassword=x=y ",
        ] {
            assert_eq!(pairs(text), plain);
        }
        assert_eq!(pairs(""), []);
        assert_eq!(
            pairs("Data Source=h;User ID=u"),
            of(&[("Data Source", "h"), ("User ID", "u")])
        );
        assert_eq!(
            pairs("password=;user=u"),
            of(&[("password", ""), ("user", "u")])
        );
        assert_eq!(pairs(r"a='x; y' b=''"), of(&[("a", "x; y"), ("b", "")]));
        assert_eq!(
            pairs(r#"a='it''s' b="say ""hi""""#),
            of(&[("a", "it's"), ("b", "say \"hi\"")])
        );
        assert_eq!(
            pairs(r"a='it\'s \\ C:\dir'"),
            of(&[("a", r"it's \ C:\dir")])
        );
        assert_eq!(
            pairs(r"a=C:\dir b=it's"),
            of(&[("a", r"C:\dir"), ("b", "it's")])
        );
        assert_eq!(
            pairs("sslrootcert=/a://b"),
            of(&[("sslrootcert", "/a://b")])
        );
    }

    #[test]
    fn broken_keyword_strings_say_where_without_the_text() {
        let cases = [
            ("s3cret", "at the beginning"),
            ("password=a s3cret", "after the value of \"password\""),
            (
                "password=a s3cret;user=b",
                "after the value of \"password\"",
            ),
            ("password='s3cret", "no closing quote"),
            ("password='s3c'ret user=u", "must follow"),
            ("host = h", "after the value of \"host\""),
            ("=s3cret", "at the beginning"),
        ];
        for (dsn, expected) in cases {
            let message = parse(dsn).unwrap_err().to_string();
            assert!(message.contains(expected), "{dsn}: {message}");
            assert!(!message.contains("s3c"), "{message}");
        }
    }

    fn quote(value: &str, quote: char) -> String {
        let escaped = value
            .replace('\\', r"\\")
            .replace(quote, &format!("{quote}{quote}"));
        format!("{quote}{escaped}{quote}")
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in any::<String>()) {
            let _ = parse(&text);
            let _ = parse(&format!("sb://{text}"));
        }

        #[test]
        fn any_value_survives_quoting(value in any::<String>(), mark in prop_oneof![Just('\''), Just('"')]) {
            let text = format!("user=u password={};host=h", quote(&value, mark));
            let read = pairs(&text);
            prop_assert_eq!(&read, &of(&[("user", "u"), ("password", &value), ("host", "h")]));
        }

        #[test]
        fn any_password_survives_percent_encoding(value in "\\PC+") {
            let encoded = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
            let read = pairs(&format!("sb://u:{encoded}@h/d"));
            prop_assert_eq!(&read[1].1, &value);
        }
    }
}
