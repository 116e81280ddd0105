//! Turns a row of the engine into a DATA_ROW. The hottest loop of the server: no allocation, no decoding of text.

use bytes::{BufMut, BytesMut};
use sbwp::message::{DataRowBuilder, EncodeError};

use super::column::Layout;

/// The values of an engine row: a count, then each value behind its length, −1 for NULL.
pub(super) fn values(body: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut rest = body.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) => {
                let (value, after) = after.split_at_checked(length)?;
                rest = after;
                Some(Some(value))
            }
            Err(_) => {
                rest = after;
                Some(None)
            }
        }
    })
}

/// Appends the payload of a DATA_ROW. Layouts beyond the row are ignored; columns without a layout are text.
pub fn write_row(out: &mut BytesMut, body: &[u8], layouts: &[Layout]) -> Result<(), EncodeError> {
    let count = body
        .first_chunk::<2>()
        .map_or(0, |bytes| u16::from_be_bytes(*bytes));
    let mut row = DataRowBuilder::new(out, count);
    let mut layouts = layouts.iter();
    for value in values(body) {
        let layout = layouts.next().copied().unwrap_or(Layout::Text);
        match value {
            None => row.null(),
            Some(bytes) => write_value(&mut row, bytes, layout),
        }
    }
    row.finish()
}

fn reversed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut turned = [0; N];
    if bytes.len() == N {
        turned.copy_from_slice(bytes);
        turned.reverse();
    }
    turned
}

fn write_value(row: &mut DataRowBuilder<'_>, bytes: &[u8], layout: Layout) {
    match layout {
        Layout::Text | Layout::Same => row.value(bytes),
        Layout::Swap2 => row.value(&reversed::<2>(bytes)),
        Layout::Swap4 => row.value(&reversed::<4>(bytes)),
        Layout::Swap8 => row.value(&reversed::<8>(bytes)),
        // The engine never sends a value beyond 1 GiB, so the length fits.
        Layout::Counted | Layout::CountedBytes => row.value_with(|out| {
            out.put_u32_le(bytes.len() as u32);
            out.put_slice(bytes);
        }),
        Layout::HexText => row.value(bytes.strip_prefix(b"\\x").unwrap_or(bytes)),
        Layout::MoneyText => row.value_with(|out| {
            for &byte in bytes
                .iter()
                .filter(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'))
            {
                out.put_u8(byte);
            }
        }),
        Layout::TimeZoned => row.value_with(|out| {
            let (time, zone) = bytes.split_at(bytes.len().min(8));
            out.put_slice(&reversed::<8>(time));
            out.put_slice(&reversed::<4>(zone));
        }),
        Layout::Interval => row.value_with(|out| {
            let (time, date) = bytes.split_at(bytes.len().min(8));
            let (days, months) = date.split_at(date.len().min(4));
            out.put_slice(&reversed::<4>(months));
            out.put_slice(&reversed::<4>(days));
            out.put_slice(&reversed::<8>(time));
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbwp::message::DataRow;

    fn row(values: &[Option<&[u8]>]) -> Vec<u8> {
        let mut body = (values.len() as u16).to_be_bytes().to_vec();
        for value in values {
            match value {
                None => body.extend((-1_i32).to_be_bytes()),
                Some(bytes) => {
                    body.extend((bytes.len() as i32).to_be_bytes());
                    body.extend(*bytes);
                }
            }
        }
        body
    }

    fn passed(values: &[Option<&[u8]>], layouts: &[Layout]) -> Vec<Option<Vec<u8>>> {
        let mut out = BytesMut::new();
        write_row(&mut out, &row(values), layouts).unwrap();
        let parsed = DataRow::parse(&out).unwrap();
        parsed
            .iter()
            .map(|value| value.unwrap().map(<[u8]>::to_vec))
            .collect()
    }

    #[test]
    fn every_layout() {
        let interval: Vec<u8> = [
            3_000_000_i64.to_be_bytes().as_slice(),
            &2_i32.to_be_bytes(),
            &1_i32.to_be_bytes(),
        ]
        .concat();
        let zoned: Vec<u8> = [7_i64.to_be_bytes().as_slice(), &(-7200_i32).to_be_bytes()].concat();
        let got = passed(
            &[
                Some(b"ab"),
                None,
                Some(&42_i32.to_be_bytes()),
                Some(&(-2_i16).to_be_bytes()),
                Some(&1.5_f64.to_be_bytes()),
                Some(b"12.50"),
                Some(&interval),
                Some(&zoned),
                Some(&[1]),
                Some(b"\x00\xff"),
            ],
            &[
                Layout::Text,
                Layout::Swap8,
                Layout::Swap4,
                Layout::Swap2,
                Layout::Swap8,
                Layout::Counted,
                Layout::Interval,
                Layout::TimeZoned,
                Layout::Same,
                Layout::CountedBytes,
            ],
        );
        let expected: Vec<Option<Vec<u8>>> = vec![
            Some(b"ab".to_vec()),
            None,
            Some(42_i32.to_le_bytes().to_vec()),
            Some((-2_i16).to_le_bytes().to_vec()),
            Some(1.5_f64.to_le_bytes().to_vec()),
            Some(b"\x05\0\0\x0012.50".to_vec()),
            Some(
                [
                    1_i32.to_le_bytes().as_slice(),
                    &2_i32.to_le_bytes(),
                    &3_000_000_i64.to_le_bytes(),
                ]
                .concat(),
            ),
            Some([7_i64.to_le_bytes().as_slice(), &(-7200_i32).to_le_bytes()].concat()),
            Some(vec![1]),
            Some(b"\x02\0\0\0\0\xff".to_vec()),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn a_torn_row_is_an_error() {
        let mut out = BytesMut::new();
        assert!(write_row(&mut out, &[0, 2, 0, 0, 0, 9, 1], &[]).is_err());
    }
}
