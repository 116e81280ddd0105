//! How the cells of a result are to be read: texts that mean NULL, and types that are only guesses.
//!
//! Must not know: how a value is converted; the answer is always an OID or yes or no.

use sbwp::types::oid;

use super::Profile;

/// Texts that stand for NULL in one column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NullTexts {
    bracketed: bool,
    word: bool,
    empty: bool,
}

impl NullTexts {
    /// Whether no text means NULL: only the NULL bitmap counts.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the cell, which the NULL bitmap does not mark, is NULL all the same.
    #[inline]
    #[must_use]
    pub fn matches(&self, cell: &[u8]) -> bool {
        match cell {
            b"<NULL>" => self.bracketed,
            b"NULL" => self.word,
            b"" => self.empty,
            _ => false,
        }
    }
}

impl Profile {
    /// The texts that mean NULL in a column of the described type.
    ///
    /// The beta sends a stored NULL as `<NULL>` and the NULL of an expression as `NULL` or as nothing. The first is
    /// NULL everywhere. From a table the others are stored texts, whatever the type that was guessed for the column;
    /// without a table they are an expression's, but nothing in a column of text is the empty string. `is_scalar` says
    /// that a SELECT reads no table; [`Profile::check_parameter`] tells the user of parameters that cannot be told from
    /// NULL then.
    #[must_use]
    pub fn null_texts(&self, oid: u32, is_scalar: bool) -> NullTexts {
        if !self.is_beta() {
            return NullTexts::default();
        }
        let is_text = oid == oid::TEXT || oid == oid::VARCHAR;
        NullTexts {
            bracketed: true,
            word: is_scalar,
            empty: is_scalar && !is_text,
        }
    }

    /// The type to read one text cell as, given the type its column is described as.
    ///
    /// A guessed type is used where the value comes out of it as it went in. `007`, `+1`, `T`, or a word in a column
    /// that begins with a number are text; an integer of any length that does not fit 64 bits is a numeric.
    #[inline]
    #[must_use]
    pub fn cell_type(&self, described: u32, cell: &[u8]) -> u32 {
        if !self.is_beta() {
            return described;
        }
        let fits = match described {
            oid::BOOL => matches!(cell, b"true" | b"false" | b"TRUE" | b"FALSE"),
            oid::INT8 => match canonical_number(cell) {
                Some(Number::Small) => true,
                Some(Number::Large) => return oid::NUMERIC,
                _ => false,
            },
            oid::NUMERIC => canonical_number(cell).is_some(),
            _ => return described,
        };
        if fits {
            described
        } else {
            oid::TEXT
        }
    }
}

enum Number {
    /// An integer that fits 64 bits.
    Small,
    Large,
    Fraction,
}

/// A number as a server writes it: no sign but a minus, no leading zero, digits on both sides of the point.
fn canonical_number(cell: &[u8]) -> Option<Number> {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let negative = digits.len() < cell.len();
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (&digits[..point], Some(&digits[point + 1..])),
        None => (digits, None),
    };
    let all_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !all_digits(whole) || (whole.len() > 1 && whole[0] == b'0') {
        return None;
    }
    match fraction {
        Some(fraction) => all_digits(fraction).then_some(Number::Fraction),
        None if negative && whole == b"0" => None,
        None => {
            let text = std::str::from_utf8(cell).ok()?;
            Some(if text.parse::<i64>().is_ok() {
                Number::Small
            } else {
                Number::Large
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn null_texts_of_the_beta() {
        let beta = Profile::beta();
        for oid in [oid::TEXT, oid::INT8] {
            let stored = beta.null_texts(oid, false);
            assert!(stored.matches(b"<NULL>") && !stored.matches(b"NULL") && !stored.matches(b""));
        }
        let scalar = beta.null_texts(oid::TEXT, true);
        assert!(scalar.matches(b"<NULL>") && scalar.matches(b"NULL") && !scalar.matches(b""));
        let number = beta.null_texts(oid::INT8, true);
        assert!(number.matches(b"<NULL>") && number.matches(b"NULL") && number.matches(b""));
        assert!(!number.matches(b"null") && !number.matches(b"0"));
        assert!(Profile::standard().null_texts(oid::INT8, true).is_none());
        assert!(!Profile::standard()
            .null_texts(oid::TEXT, true)
            .matches(b"<NULL>"));
    }

    #[test]
    fn guessed_types_are_used_only_where_nothing_is_lost() {
        let beta = Profile::beta();
        let cases: [(u32, &str, u32); 24] = [
            (oid::BOOL, "true", oid::BOOL),
            (oid::BOOL, "FALSE", oid::BOOL),
            (oid::BOOL, "T", oid::TEXT),
            (oid::BOOL, "f", oid::TEXT),
            (oid::BOOL, "1", oid::TEXT),
            (oid::INT8, "0", oid::INT8),
            (oid::INT8, "42", oid::INT8),
            (oid::INT8, "-7", oid::INT8),
            (oid::INT8, "-9223372036854775808", oid::INT8),
            (oid::INT8, "9223372036854775808", oid::NUMERIC),
            (oid::INT8, "99999999999999999999", oid::NUMERIC),
            (oid::INT8, "007", oid::TEXT),
            (oid::INT8, "-0", oid::TEXT),
            (oid::INT8, "+1", oid::TEXT),
            (oid::INT8, " 1", oid::TEXT),
            (oid::INT8, "1.50", oid::TEXT),
            (oid::INT8, "abc", oid::TEXT),
            (oid::INT8, "", oid::TEXT),
            (oid::NUMERIC, "1.50", oid::NUMERIC),
            (oid::NUMERIC, "-0.5", oid::NUMERIC),
            (oid::NUMERIC, "00.5", oid::TEXT),
            (oid::NUMERIC, ".5", oid::TEXT),
            (oid::NUMERIC, "5.", oid::TEXT),
            (oid::UUID, "anything", oid::UUID),
        ];
        for (described, cell, expected) in cases {
            assert_eq!(
                beta.cell_type(described, cell.as_bytes()),
                expected,
                "{cell:?}"
            );
            assert_eq!(
                Profile::standard().cell_type(described, cell.as_bytes()),
                described
            );
        }
    }

    proptest! {
        #[test]
        fn every_integer_keeps_its_type(value in any::<i64>()) {
            prop_assert_eq!(Profile::beta().cell_type(oid::INT8, value.to_string().as_bytes()), oid::INT8);
        }

        #[test]
        fn any_cell_is_judged_without_panic(cell in proptest::collection::vec(any::<u8>(), 0..40)) {
            let answer = Profile::beta().cell_type(oid::INT8, &cell);
            let reads_back = std::str::from_utf8(&cell).is_ok_and(|text| {
                text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
            });
            prop_assert_eq!(answer == oid::INT8, reads_back);
        }
    }
}
