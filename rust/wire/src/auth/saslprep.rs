//! SASLprep (RFC 4013) of user names and passwords.
//!
//! Knows nothing of SCRAM. Where the profile refuses a string (prohibited or unassigned characters,
//! mixed directions), the string is used as it stands, as PostgreSQL's client and server do: a password
//! that was set with such characters must still work.

use std::borrow::Cow;

/// The prepared form of `text`, or `text` itself where SASLprep does not apply.
///
/// ASCII needs no preparation and is returned without allocating.
#[must_use]
pub fn saslprep(text: &str) -> Cow<'_, str> {
    match stringprep::saslprep(text) {
        // An all-ignorable string would map to nothing; an empty credential is never what was meant.
        Ok(prepared) if prepared.is_empty() && !text.is_empty() => Cow::Borrowed(text),
        Ok(prepared) => prepared,
        Err(_) => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::saslprep;

    #[test]
    fn examples_of_rfc_4013() {
        assert_eq!(saslprep("I\u{ad}X"), "IX");
        assert_eq!(saslprep("user"), "user");
        assert_eq!(saslprep("USER"), "USER");
        assert_eq!(saslprep("\u{aa}"), "a");
        assert_eq!(saslprep("\u{2168}"), "IX");
    }

    #[test]
    fn refused_strings_are_used_as_they_stand() {
        assert_eq!(saslprep("\u{7}"), "\u{7}");
        assert_eq!(saslprep("\u{627}1"), "\u{627}1");
        assert_eq!(saslprep("\u{ad}"), "\u{ad}");
    }
}
