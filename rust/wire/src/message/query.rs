//! Simple query: QUERY and the messages about its course, COMMAND_COMPLETE, QUERY_PLAN, QUERY_PROGRESS.

use bytes::{BufMut, Bytes, BytesMut};

use super::error::{DecodeError, EncodeError};
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;

/// Bits of [`Query::flags`].
pub mod query_flag {
    /// Ignored by the server: the statement runs.
    pub const DESCRIBE_ONLY: u32 = 0x01;
    /// Ignored by the server.
    pub const NO_PORTAL: u32 = 0x02;
    /// Results in binary; ignored by the server.
    pub const BINARY_RESULT: u32 = 0x04;
    /// Ignored by the server.
    pub const INCLUDE_PLAN: u32 = 0x08;
    /// Compile only, answer SBLR_COMPILED.
    pub const RETURN_SBLR: u32 = 0x10;
    /// Ignored by the server.
    pub const NO_CACHE: u32 = 0x20;
    /// Commit at once, unless it is a SELECT.
    pub const AUTOCOMMIT: u32 = 0x40;
    /// Split into statements.
    pub const SCRIPT_INGEST: u32 = 0x80;
    /// Split into statements.
    pub const SCRIPT_SIZE_HINT: u32 = 0x100;
    /// One completion for a whole script.
    pub const SCRIPT_SUMMARY_RESULT: u32 = 0x200;
}

/// `SBQS`, the mark of script metadata.
const SCRIPT_MAGIC: u32 = 0x5351_4253;
const SCRIPT_VERSION: u16 = 1;
const SCRIPT_LEN: usize = 24;
/// Payloads shorter than this are an empty statement.
const FIXED_LEN: usize = 12;

layout! { strict "QUERY"
    /// What follows the SQL of a script.
    pub struct ScriptMetadata {
        /// Bits of [`query_flag`], added to those of the QUERY.
        flags: u16 = u16,
        /// Size of the script in bytes.
        declared_size: u64 = u64,
        /// Number of statements.
        expected_statements: u32 = u32,
        /// Size in which the script should be read.
        block_size_hint: u32 = u32,
    }
}

/// QUERY. A payload shorter than 12 bytes is an empty statement; a missing NUL ends the SQL with the payload;
/// what follows the NUL and is not script metadata is skipped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Bits of [`query_flag`].
    pub flags: u32,
    /// Most rows wanted, 0 for all.
    pub max_rows: u32,
    /// Time limit in milliseconds, 0 for none.
    pub timeout_ms: u32,
    /// The statement or script.
    pub sql: String,
    /// Present for a script that announces itself.
    pub script: Option<ScriptMetadata>,
}

impl Layout for Query {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.remaining() < FIXED_LEN {
            return Ok(Self::default());
        }
        let mut query = Self {
            flags: r.u32("flags")?,
            max_rows: r.u32("max_rows")?,
            timeout_ms: r.u32("timeout_ms")?,
            ..Self::default()
        };
        let offset = r.offset();
        let sql = match memchr::memchr(0, r.ahead()) {
            Some(_) => r.until_nul("sql")?,
            None => r.take_rest(),
        };
        query.sql = r.utf8("sql", offset, sql)?.to_owned();
        let marked = matches!(r.ahead(), [b'S', b'B', b'Q', b'S', 1, 0, ..]);
        if marked && r.remaining() >= SCRIPT_LEN {
            r.skip("script_metadata", 6)?;
            query.script = Some(ScriptMetadata::read(r)?);
        }
        Ok(query)
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.u32("flags", &self.flags);
        w.u32("max_rows", &self.max_rows);
        w.u32("timeout_ms", &self.timeout_ms);
        w.cstr("sql", &self.sql);
        if let Some(script) = &self.script {
            w.u32("magic", &SCRIPT_MAGIC);
            w.u16("version", &SCRIPT_VERSION);
            script.write(w);
        }
    }
}

codec!(open Query = "QUERY");

/// Appends the payload of a QUERY without script metadata, without an intermediate copy.
///
/// # Errors
/// SQL that contains a NUL, which would end it.
pub fn encode_query(
    out: &mut BytesMut,
    flags: u32,
    max_rows: u32,
    timeout_ms: u32,
    sql: &str,
) -> Result<(), EncodeError> {
    out.reserve(FIXED_LEN + sql.len() + 1);
    out.put_u32_le(flags);
    out.put_u32_le(max_rows);
    out.put_u32_le(timeout_ms);
    let mut w = Writer::new("QUERY", out);
    w.cstr("sql", sql);
    w.finish()
}

layout! { open "COMMAND_COMPLETE"
    /// A statement is complete.
    pub struct CommandComplete {
        /// Always 1.
        command_type: u8 = u8_pad3,
        /// Rows sent or affected.
        rows: u64 = u64,
        /// Always 0.
        last_id: u64 = u64,
        /// Command tag, such as `INSERT 3`.
        tag: String = cstr,
    }
}

impl CommandComplete {
    /// The completion as the server writes it.
    pub fn new(tag: impl Into<String>, rows: u64) -> Self {
        Self {
            command_type: 1,
            rows,
            last_id: 0,
            tag: tag.into(),
        }
    }
}

/// A query plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryPlan {
    /// 0 text, 1 JSON, 2 XML, 3 binary.
    pub format: u32,
    /// Planning time in microseconds.
    pub planning_time_us: u64,
    /// Rows the planner expects.
    pub estimated_rows: u64,
    /// Cost the planner expects.
    pub estimated_cost: u64,
    /// The plan.
    pub plan: Bytes,
}

impl Layout for QueryPlan {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let format = r.u32("format")?;
        let length = r.u32("length")?;
        Ok(Self {
            format,
            planning_time_us: r.u64("planning_time_us")?,
            estimated_rows: r.u64("estimated_rows")?,
            estimated_cost: r.u64("estimated_cost")?,
            plan: Bytes::copy_from_slice(r.take("plan", u64::from(length))?),
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.u32("format", &self.format);
        w.count32("length", self.plan.len());
        w.u64("planning_time_us", &self.planning_time_us);
        w.u64("estimated_rows", &self.estimated_rows);
        w.u64("estimated_cost", &self.estimated_cost);
        w.raw(&self.plan);
    }
}

codec!(open QueryPlan = "QUERY_PLAN");

layout! { open "QUERY_PROGRESS"
    /// How far a statement has come.
    pub struct QueryProgress {
        /// Rows so far.
        rows: u64 = u64,
        /// Bytes so far.
        bytes: u64 = u64,
    }
}
