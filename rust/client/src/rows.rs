//! Results as they came from the wire: rows stay encoded until somebody asks for them.

use std::sync::Arc;

use sbwp::message::{DataRow, DecodeError, RowDescription};

/// Encoded rows in one buffer, as they were received.
#[derive(Debug, Default)]
pub struct RowBatch {
    data: Vec<u8>,
    /// Start and length of each DATA_ROW payload in `data`.
    rows: Vec<(u32, u32)>,
}

impl RowBatch {
    pub(crate) fn new(data: Vec<u8>, rows: Vec<(u32, u32)>) -> Self {
        RowBatch { data, rows }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The DATA_ROW payload of row `index`.
    #[inline]
    pub fn payload(&self, index: usize) -> Option<&[u8]> {
        let (start, length) = *self.rows.get(index)?;
        self.data
            .get(start as usize..start as usize + length as usize)
    }

    /// Row `index`, checked as far as its header.
    pub fn row(&self, index: usize) -> Option<Result<DataRow<'_>, DecodeError>> {
        self.payload(index).map(DataRow::parse)
    }
}

/// One result of a statement: rows, a count, or both.
#[derive(Debug, Default)]
pub struct ResultSet {
    /// The columns; absent where the statement returns no rows.
    pub description: Option<Arc<RowDescription>>,
    /// The rows received and not yet taken, in order.
    pub batches: Vec<RowBatch>,
    /// How many rows have been received.
    pub received: u64,
    /// What COMMAND_COMPLETE said; absent while rows are still coming.
    pub complete: Option<Completion>,
    /// That of a SELECT which reads no table; said only for servers whose values mean something else there.
    pub is_scalar: bool,
}

/// The end of a result (SBWP 3.2.4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// Rows sent or affected.
    pub rows: u64,
    /// The last inserted id; 0 from servers that do not know it.
    pub last_id: u64,
    /// The command tag, for instance `INSERT 3`.
    pub tag: String,
}

impl ResultSet {
    /// The rows affected by a statement that counts them, the rows received otherwise; `None` where neither applies.
    pub fn row_count(&self) -> Option<u64> {
        let complete = self.complete.as_ref()?;
        if self.description.is_some() {
            return Some(self.received);
        }
        const COUNTING: [&str; 9] = [
            "INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT", "COPY", "SELECT", "MOVE", "FETCH",
        ];
        let verb = complete.tag.split(' ').next().unwrap_or_default();
        (COUNTING.contains(&verb) || verb == "NATIVE_BULK_INGEST").then_some(complete.rows)
    }
}
