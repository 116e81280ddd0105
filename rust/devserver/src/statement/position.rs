//! Where an error is in the text the user wrote, given where the engine found it in the text it was given.

use super::lexical::Tokens;

/// Maps a position (characters from 1) in `sent` to one in `written`.
///
/// Translation keeps most tokens and their order, so the n-th occurrence of a token in one text is the n-th in the other.
pub fn in_original(written: &str, sent: &str, position: usize) -> Option<usize> {
    if written == sent {
        return Some(position);
    }
    let byte = sent.char_indices().nth(position.checked_sub(1)?)?.0;
    let (mut before, mut wanted) = (0, None);
    let tokens: Vec<_> = Tokens::new(sent)
        .take_while(|token| token.start <= byte)
        .collect();
    if let Some(last) = tokens.last() {
        before = tokens
            .iter()
            .filter(|token| token.text == last.text)
            .count()
            - 1;
        wanted = Some(last.text);
    }
    let wanted = wanted?;
    let found = Tokens::new(written)
        .filter(|token| token.text == wanted)
        .nth(before)?;
    Some(written.get(..found.start)?.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text() {
        assert_eq!(in_original("select x", "select x", 8), Some(8));
    }

    #[test]
    fn a_token_that_moved() {
        let written = "select 'é', next value for s, x from t where x = 1";
        let sent = "select 'é', nextval('s'), x from t where x = 1";
        let second_x = sent.rfind("x =").map(|at| sent[..at].chars().count() + 1);
        let expected = written
            .rfind("x =")
            .map(|at| written[..at].chars().count() + 1);
        assert_eq!(in_original(written, sent, second_x.unwrap()), expected);
    }

    #[test]
    fn a_token_that_only_the_engine_saw() {
        assert_eq!(in_original("a b", "a nextval b", 3), None);
        assert_eq!(in_original("a", "b", 99), None);
        assert_eq!(in_original("a", "b", 0), None);
    }
}
