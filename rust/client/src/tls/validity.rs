//! Reads the validity period out of an X.509 certificate: just enough DER for a certificate that is trusted as it is
//! and therefore goes through no chain check.
//!
//! Must not know: trust, clocks. Malformed input gives None.

/// Seconds since 1970, both ends included.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) not_before: i64,
    pub(super) not_after: i64,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const EXPLICIT_0: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

impl Validity {
    /// Certificate ::= SEQUENCE { tbs SEQUENCE { [0] version?, serial, algorithm, issuer, validity, … } … }
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let (outer, _) = expect(SEQUENCE, certificate)?;
        let (mut rest, _) = expect(SEQUENCE, outer)?;
        if rest.first() == Some(&EXPLICIT_0) {
            rest = expect(EXPLICIT_0, rest)?.1;
        }
        rest = expect(INTEGER, rest)?.1;
        rest = expect(SEQUENCE, rest)?.1;
        rest = expect(SEQUENCE, rest)?.1;
        let (period, _) = expect(SEQUENCE, rest)?;
        let (not_before, period) = time(period)?;
        let (not_after, _) = time(period)?;
        Some(Self {
            not_before,
            not_after,
        })
    }
}

/// The content of the next element, which must have this tag, and what follows it.
fn expect(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(der)?;
    (found == tag).then_some((content, rest))
}

fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7F);
        // Four bytes of length are more than any certificate has; zero is the indefinite form, which DER forbids.
        if !(1..=4).contains(&count) {
            return None;
        }
        let (bytes, rest) = rest.split_at_checked(count)?;
        let length = bytes
            .iter()
            .fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, the only forms RFC 5280 allows.
fn time(der: &[u8]) -> Option<(i64, &[u8])> {
    let (tag, content, rest) = element(der)?;
    let digits = content.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0i64, |sum, byte| sum * 10 + i64::from(byte - b'0'))
    };
    let (year, fields) = match tag {
        UTC_TIME if digits.len() == 12 => {
            let (year, fields) = digits.split_at(2);
            let year = number(year);
            (if year < 50 { 2000 + year } else { 1900 + year }, fields)
        }
        GENERALIZED_TIME if digits.len() == 14 => {
            let (year, fields) = digits.split_at(4);
            (number(year), fields)
        }
        _ => return None,
    };
    let mut pairs = fields.chunks(2).map(number);
    let (month, day) = (pairs.next()?, pairs.next()?);
    let (hour, minute, second) = (pairs.next()?, pairs.next()?, pairs.next()?);
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some((seconds, rest))
}

/// Proleptic Gregorian calendar, years from March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{date_time_ymd, CertificateParams, KeyPair};

    use super::*;

    fn certificate(from: i32, to: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["db".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 31);
        params.not_after = date_time_ymd(to, 2, 28);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn both_forms_of_time() {
        for (from, to) in [(1975, 1980), (1999, 2049), (2000, 2051), (2024, 4095)] {
            let expected = Validity {
                not_before: date_time_ymd(from, 1, 31).unix_timestamp(),
                not_after: date_time_ymd(to, 2, 28).unix_timestamp(),
            };
            assert_eq!(
                Validity::of(&certificate(from, to)),
                Some(expected),
                "{from}..{to}"
            );
        }
    }

    #[test]
    fn a_cut_certificate_gives_nothing() {
        let whole = certificate(2020, 2030);
        for end in 0..whole.len() {
            assert_eq!(Validity::of(&whole[..end]), None);
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Validity::of(&bytes);
        }

        #[test]
        fn a_damaged_certificate_never_panics(at in 0usize..200, byte in any::<u8>()) {
            let mut whole = certificate(2020, 2030);
            whole[at] = byte;
            let _ = Validity::of(&whole);
        }
    }
}
