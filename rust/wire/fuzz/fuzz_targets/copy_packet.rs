//! What COPY_DATA carries, in its three forms.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use sbwp::message::copy_packet::{NamedRows, RowsetReader, RowsetWriter, SbcpWriter, TextWriter};
use sbwp::message::DecodeError;

/// Rows that can be read can be written, and are then the same rows.
fn rowset(payload: &[u8]) -> Result<(), DecodeError> {
    let mut reader = RowsetReader::new(payload)?;
    let columns = reader.columns().to_vec();
    let mut out = BytesMut::new();
    let mut writer = RowsetWriter::new(&mut out, columns.iter().map(|c| (c.name.as_str(), c.kind)));
    let mut row = Vec::new();
    while reader.next_row(&mut row)? {
        writer.row(row.iter().copied());
    }
    let rows = writer.finish().expect("what was read can be written");
    assert_eq!(rows, reader.rows());
    let mut again = RowsetReader::new(&out)?;
    let mut rows_again = 0;
    while again.next_row(&mut row)? {
        rows_again += 1;
    }
    assert_eq!(rows, rows_again);
    Ok(())
}

fn named(payload: &[u8]) -> Result<(), DecodeError> {
    let rows: Vec<_> = NamedRows::packet(payload)?.collect::<Result<_, _>>()?;
    let mut out = BytesMut::new();
    let mut writer = SbcpWriter::new(&mut out);
    for row in &rows {
        writer.row(row);
    }
    writer.finish().expect("what was read can be written");
    let again: Vec<_> = NamedRows::packet(&out)?.collect::<Result<_, _>>()?;
    assert_eq!(again, rows);
    Ok(())
}

fn lines(payload: &[u8]) -> Result<(), DecodeError> {
    for row in NamedRows::lines(payload) {
        let row = row?;
        let mut out = BytesMut::new();
        let written = TextWriter::new(&mut out).row(&row);
        assert!(written.is_ok(), "{row:?}");
        let again: Vec<_> = NamedRows::lines(&out).collect::<Result<_, _>>()?;
        assert_eq!(again, [row]);
    }
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    for error in [rowset(data), named(data), lines(data)]
        .into_iter()
        .filter_map(Result::err)
    {
        assert!(error.offset <= data.len(), "{error}");
    }
});
