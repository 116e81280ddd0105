//! Extended query without its values: PARSE, DESCRIBE, EXECUTE, CLOSE. BIND has its own file.

use bytes::{BufMut, BytesMut};

use super::error::{DecodeError, EncodeError};
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;

/// What DESCRIBE and CLOSE name.
pub mod target {
    /// A prepared statement.
    pub const STATEMENT: u8 = b'S';
    /// A portal.
    pub const PORTAL: u8 = b'P';
}

/// Bits of [`Execute::flags`].
pub mod execute_flag {
    /// Commit at once.
    pub const AUTOCOMMIT: u32 = 1;
}

/// PARSE.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parse {
    /// Statement name, may be empty.
    pub statement: String,
    /// The statement.
    pub sql: String,
    /// Parameter types, 0 to infer one; empty to infer all.
    pub oids: Vec<u32>,
}

impl Layout for Parse {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = r.lpstr("statement")?;
        let sql = r.lpstr("sql")?;
        let count = r.u16_pad2("type_count")?;
        let count = r.fits("type_count", u64::from(count), 4)?;
        let oids = (0..count).map(|_| r.u32("oid")).collect::<Result<_, _>>()?;
        Ok(Self {
            statement,
            sql,
            oids,
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        write_parse(w, &self.statement, &self.sql, &self.oids);
    }
}

codec!(strict Parse = "PARSE");

fn write_parse(w: &mut Writer<'_>, name: &str, sql: &str, oids: &[u32]) {
    w.lpstr("statement", name);
    w.lpstr("sql", sql);
    w.count16("types", oids.len());
    w.zeros(2);
    for oid in oids {
        w.u32("oid", oid);
    }
}

/// Appends the payload of a PARSE.
///
/// # Errors
/// More than 65 535 types.
pub fn encode_parse(
    out: &mut BytesMut,
    name: &str,
    sql: &str,
    oids: &[u32],
) -> Result<(), EncodeError> {
    out.reserve(12 + name.len() + sql.len() + 4 * oids.len());
    let mut w = Writer::new("PARSE", out);
    write_parse(&mut w, name, sql, oids);
    w.finish()
}

layout! { strict "DESCRIBE"
    /// Asks for the parameters of a statement.
    pub struct Describe {
        /// One of [`target`]; ignored by the server.
        target: u8 = u8_pad3,
        /// Name.
        name: String = lpstr,
    }
}

layout! { strict "CLOSE"
    /// Closes a statement or a portal.
    pub struct Close {
        /// One of [`target`].
        target: u8 = u8_pad3,
        /// Name.
        name: String = lpstr,
    }
}

/// Appends the payload of a CLOSE (or a DESCRIBE, which has the same) of a [`target`].
///
/// # Errors
/// A name above 4 GiB.
pub fn encode_close(out: &mut BytesMut, target: u8, name: &str) -> Result<(), EncodeError> {
    let mut w = Writer::new("CLOSE", out);
    w.u8_pad3("target", &target);
    w.lpstr("name", name);
    w.finish()
}

/// EXECUTE. Flags that are not there are 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Execute {
    /// Portal name, may be empty.
    pub portal: String,
    /// Most rows wanted, 0 for all.
    pub max_rows: u32,
    /// Bits of [`execute_flag`].
    pub flags: u32,
}

impl Layout for Execute {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            portal: r.lpstr("portal")?,
            max_rows: r.u32("max_rows")?,
            flags: if r.is_empty() { 0 } else { r.u32("flags")? },
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.lpstr("portal", &self.portal);
        w.u32("max_rows", &self.max_rows);
        w.u32("flags", &self.flags);
    }
}

codec!(strict Execute = "EXECUTE");

/// Appends the payload of an EXECUTE.
///
/// # Errors
/// A name above 4 GiB.
pub fn encode_execute(
    out: &mut BytesMut,
    portal: &str,
    max_rows: u32,
    flags: u32,
) -> Result<(), EncodeError> {
    let mut w = Writer::new("EXECUTE", out);
    w.lpstr("portal", portal);
    w.finish()?;
    out.put_u32_le(max_rows);
    out.put_u32_le(flags);
    Ok(())
}
