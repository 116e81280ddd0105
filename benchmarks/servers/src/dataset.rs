//! The rows that both servers send, encoded once for each protocol and format.

use bytes::BytesMut;
use sbwp::types::numeric::Numeric;
use sbwp::types::{oid, Format, Oid, Value};

use crate::{native, postgres, Failure};

/// Distinct rows of a table; a longer result repeats them.
pub const BLOCK: usize = 1000;
/// The OID of `vector` on the PostgreSQL side, where an extension brings it.
pub const PG_VECTOR: u32 = 16_385;
const DIMENSIONS: usize = 768;

pub struct Column {
    pub name: &'static str,
    pub oid: Oid,
}

impl Column {
    /// The type's OID in PostgreSQL.
    pub fn pg_oid(&self) -> u32 {
        match self.oid {
            oid::VECTOR => PG_VECTOR,
            // `regtype` and `"char"` come up in questions for types.
            oid => oid,
        }
    }
}

/// Encoded rows, and where each of them ends.
pub struct Block {
    bytes: BytesMut,
    ends: Vec<usize>,
}

impl Block {
    /// The first `count` rows.
    pub fn rows(&self, count: usize) -> &[u8] {
        let end = match count {
            0 => 0,
            count => self.ends[count.min(self.ends.len()) - 1],
        };
        &self.bytes[..end]
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }
}

pub struct Table {
    pub columns: Vec<Column>,
    /// By protocol, then text and binary.
    pub native: [Block; 2],
    pub postgres: [Block; 2],
    /// The descriptions that go before the rows, text and binary.
    pub native_head: [BytesMut; 2],
}

/// Appends one row.
type Encode<'a> = dyn Fn(&[Option<Value>], &mut BytesMut) -> Result<(), Failure> + 'a;

impl Table {
    fn new(columns: &[(&'static str, Oid)], rows: &[Vec<Option<Value>>]) -> Result<Self, Failure> {
        let columns: Vec<Column> = columns
            .iter()
            .map(|&(name, oid)| Column { name, oid })
            .collect();
        let block = |encode: &Encode<'_>| {
            let mut block = Block {
                bytes: BytesMut::new(),
                ends: Vec::new(),
            };
            for row in rows {
                encode(row, &mut block.bytes)?;
                block.ends.push(block.bytes.len());
            }
            Ok::<_, Failure>(block)
        };
        let native = |format| block(&|row, out| native::encode_row(&columns, row, format, out));
        let postgres = |format| block(&|row, out| postgres::encode_row(&columns, row, format, out));
        Ok(Table {
            native: [native(Format::Text)?, native(Format::Binary)?],
            postgres: [postgres(Format::Text)?, postgres(Format::Binary)?],
            native_head: [
                native::encode_head(&columns, Format::Text)?,
                native::encode_head(&columns, Format::Binary)?,
            ],
            columns,
        })
    }
}

/// Every table that a statement can ask for.
pub struct Dataset {
    pub one: Table,
    pub mixed: Table,
    pub seven: Table,
    pub vectors: Table,
    /// What a search by a vector finds.
    pub nearest: Table,
}

impl Dataset {
    pub fn new() -> Result<Self, Failure> {
        Ok(Dataset {
            one: Table::new(&[("one", oid::INT4)], &[vec![Some(Value::Int4(1))]])?,
            mixed: Table::new(
                &[
                    ("id", oid::INT8),
                    ("name", oid::TEXT),
                    ("ratio", oid::FLOAT8),
                    ("at", oid::TIMESTAMPTZ),
                    ("price", oid::NUMERIC),
                    ("active", oid::BOOL),
                    ("key", oid::UUID),
                    ("document", oid::JSON),
                    ("data", oid::BYTEA),
                    ("parent", oid::INT8),
                ],
                &(0..BLOCK).map(mixed).collect::<Result<Vec<_>, _>>()?,
            )?,
            seven: Table::new(
                &[
                    ("id", oid::INT8),
                    ("name", oid::TEXT),
                    ("ratio", oid::FLOAT8),
                    ("at", oid::TIMESTAMPTZ),
                    ("price", oid::NUMERIC),
                    ("active", oid::BOOL),
                    ("key", oid::UUID),
                ],
                &[],
            )?,
            vectors: Table::new(
                &[("id", oid::INT8), ("embedding", oid::VECTOR)],
                &(0..BLOCK).map(vector).collect::<Vec<_>>(),
            )?,
            nearest: Table::new(
                &[
                    ("id", oid::INT8),
                    ("title", oid::TEXT),
                    ("distance", oid::FLOAT8),
                ],
                &(0..10).map(near).collect::<Vec<_>>(),
            )?,
        })
    }
}

/// Splitmix64: the same numbers in every run.
fn mix(n: usize, salt: u64) -> u64 {
    let mut z = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn mixed(n: usize) -> Result<Vec<Option<Value>>, Failure> {
    let uuid: Vec<u8> = [mix(n, 1), mix(n, 2)]
        .iter()
        .flat_map(|half| half.to_le_bytes())
        .collect();
    let data: Vec<u8> = (0..24).map(|byte| mix(n, 3 + byte) as u8).collect();
    let price = format!("{}.{:02}", mix(n, 40) % 100_000, mix(n, 41) % 100);
    Ok(vec![
        Some(Value::Int8(n as i64)),
        Some(Value::Text(format!(
            "row {n} of the mixed table, {}",
            mix(n, 50) % 1_000_000
        ))),
        Some(Value::Float8(mix(n, 60) as f64 / 1e12)),
        // 2024-01-01 and some microseconds.
        Some(Value::TimestampTz(
            757_382_400_000_000 + (mix(n, 70) % 31_536_000_000_000) as i64,
        )),
        Some(Value::Numeric(Numeric::parse(price.as_bytes())?)),
        Some(Value::Bool(mix(n, 80).is_multiple_of(2))),
        Some(Value::Uuid(uuid.try_into().map_err(|_| "16 bytes")?)),
        Some(Value::Text(format!(
            r#"{{"id": {n}, "tags": ["a", "b"], "score": {}}}"#,
            mix(n, 90) % 1000
        ))),
        Some(Value::Bytea(data)),
        (n.is_multiple_of(3)).then_some(Value::Int8(n as i64 / 3)),
    ])
}

fn vector(n: usize) -> Vec<Option<Value>> {
    let values = (0..DIMENSIONS)
        .map(|d| (mix(n, d as u64) % 2_000_000) as f32 / 1e6 - 1.0)
        .collect();
    vec![Some(Value::Int8(n as i64)), Some(Value::Vector(values))]
}

fn near(n: usize) -> Vec<Option<Value>> {
    vec![
        Some(Value::Int8(n as i64)),
        Some(Value::Text(format!("the title of row {n}"))),
        Some(Value::Float8((n as f64 + 1.0).sqrt() / 7.0)),
    ]
}
