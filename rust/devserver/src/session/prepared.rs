//! What the engine has prepared for this session, and what it said of it.
//!
//! Statements are kept by their text and the types declared for their parameters, so that a text sent again costs the
//! engine no parsing and the server no waiting for a description.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use sbwp::message::{result_kind, ColumnDescription, Generation, RowDescription};

use crate::datatype::{describe, Column, Described, Layout};
use crate::translate::Output;

/// The class of a column that stands for a parameter (SBWP 3.2.2).
const OUT_PARAMETER: u8 = 4;

/// How many statements the engine keeps for a session.
const MOST: usize = 256;
/// Longer texts are unlikely to come again.
const LONGEST: usize = 16 * 1024;

/// A statement as the engine knows it.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Empty for the one that the next parse replaces.
    pub name: String,
    pub parameters: Arc<[u32]>,
    /// `None` if it returns no rows.
    pub columns: Option<Arc<Columns>>,
    definitions: u64,
    used: u64,
}

/// The columns of a result.
#[derive(Debug)]
pub struct Columns {
    columns: Vec<(Column, Described)>,
    /// The parameters they stand for, if this is a procedure's answer.
    outputs: Vec<Output>,
    shapes: [std::sync::OnceLock<Option<Arc<Shape>>>; 2],
    generation: Generation,
}

/// A result in certain formats: how each value is passed on, and the finished ROW_DESCRIPTION.
#[derive(Debug)]
pub struct Shape {
    pub layouts: Vec<Layout>,
    pub description: Bytes,
}

/// The formats a client wants its values in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formats {
    Text,
    Binary,
    /// One per column; columns beyond them are text.
    Each(Vec<u16>),
}

impl Formats {
    /// From the list in a BIND: none means text, one means all alike.
    pub fn from_list(list: &[u16]) -> Self {
        match list {
            [] => Self::Text,
            list if list.iter().all(|&format| format == 0) => Self::Text,
            [_] => Self::Binary,
            list => Self::Each(list.to_vec()),
        }
    }

    fn is_binary(&self, column: usize) -> bool {
        match self {
            Self::Text => false,
            Self::Binary => true,
            Self::Each(list) => list.get(column).is_some_and(|&format| format != 0),
        }
    }
}

impl Columns {
    pub fn new(
        columns: Vec<(Column, Described)>,
        outputs: &[Output],
        generation: Generation,
    ) -> Self {
        Self {
            columns,
            outputs: outputs.to_vec(),
            shapes: Default::default(),
            generation,
        }
    }

    pub fn names(&self) -> Vec<&str> {
        self.columns
            .iter()
            .map(|(column, _)| column.name.as_str())
            .collect()
    }

    /// Which columns are of this type.
    pub fn are(&self, oid: u32) -> Vec<bool> {
        self.columns
            .iter()
            .map(|(_, described)| described.oid == oid)
            .collect()
    }

    /// The result in the formats wanted; `None` if its description is beyond what the protocol can say.
    pub fn shape(&self, formats: &Formats) -> Option<Arc<Shape>> {
        let [text, binary] = &self.shapes;
        match formats {
            Formats::Text => text.get_or_init(|| self.make(formats)).clone(),
            Formats::Binary => binary.get_or_init(|| self.make(formats)).clone(),
            Formats::Each(_) => self.make(formats),
        }
    }

    fn make(&self, formats: &Formats) -> Option<Arc<Shape>> {
        let layouts: Vec<Layout> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, (_, described))| match formats.is_binary(at) {
                true => Layout::binary(described.oid),
                false => Layout::text(described.oid),
            })
            .collect();
        let mut columns: Vec<ColumnDescription> = self
            .columns
            .iter()
            .zip(&layouts)
            .map(|((column, described), &layout)| describe(column, described, layout))
            .collect();
        for (column, output) in columns.iter_mut().zip(&self.outputs) {
            column.class = OUT_PARAMETER;
            column.source.parameter_ordinal = output.ordinal;
            column.source.parameter_direction = output.direction;
        }
        let mut description = RowDescription::new(columns);
        if !self.outputs.is_empty() {
            description.kind = result_kind::OUT_PARAMETERS;
        }
        description.generation = self.generation;
        let mut out = BytesMut::new();
        description.encode(&mut out).ok()?;
        Some(Arc::new(Shape {
            layouts,
            description: out.freeze(),
        }))
    }
}

/// The prepared statements of one session.
#[derive(Default)]
pub struct Prepared {
    /// By text, then by the types declared.
    known: HashMap<String, Vec<(Vec<u32>, Statement)>>,
    count: usize,
    clock: u64,
    names: u64,
    /// Names the engine may forget; told with the next batch.
    pub outdated: Vec<String>,
}

impl Prepared {
    /// The statement prepared from this text, if definitions have not changed since.
    pub fn find(&mut self, sql: &str, declared: &[u32], definitions: u64) -> Option<Statement> {
        let found = self
            .known
            .get_mut(sql)?
            .iter_mut()
            .find_map(|(types, statement)| (types == declared).then_some(statement))?;
        if found.definitions == definitions {
            self.clock += 1;
            found.used = self.clock;
            return Some(found.clone());
        }
        self.forget(sql, declared);
        None
    }

    /// A name for a statement of this text.
    pub fn name_for(&mut self, sql: &str) -> String {
        if sql.len() > LONGEST {
            return String::new();
        }
        self.names += 1;
        format!("s{}", self.names)
    }

    pub fn keep(
        &mut self,
        sql: &str,
        declared: &[u32],
        name: String,
        parameters: Arc<[u32]>,
        columns: Option<Arc<Columns>>,
        definitions: u64,
    ) -> Statement {
        self.clock += 1;
        let statement = Statement {
            name,
            parameters,
            columns,
            definitions,
            used: self.clock,
        };
        if !statement.name.is_empty() {
            if self.count >= MOST {
                self.forget_oldest();
            }
            self.forget(sql, declared);
            self.count += 1;
            let kept = (declared.to_vec(), statement.clone());
            self.known.entry(sql.to_owned()).or_default().push(kept);
        }
        statement
    }

    fn forget_oldest(&mut self) {
        let all = self.known.iter().flat_map(|(sql, list)| {
            list.iter()
                .map(move |(types, statement)| (statement.used, sql, types))
        });
        if let Some((_, sql, types)) = all.min_by_key(|(used, _, _)| *used) {
            let (sql, types) = (sql.clone(), types.clone());
            self.forget(&sql, &types);
        }
    }

    /// Forgets a statement that the engine no longer accepts.
    pub fn forget(&mut self, sql: &str, declared: &[u32]) {
        let Some(list) = self.known.get_mut(sql) else {
            return;
        };
        if let Some(at) = list.iter().position(|(types, _)| types == declared) {
            let (_, removed) = list.swap_remove(at);
            self.count -= 1;
            self.outdated.push(removed.name);
        }
        if list.is_empty() {
            self.known.remove(sql);
        }
    }

    /// Forgets the statements that fetch from cursors: what one returns is the cursor's business, which is declared anew.
    pub fn forget_fetches(&mut self) {
        let fetches = |sql: &String| sql.starts_with("FETCH ");
        let texts: Vec<String> = self
            .known
            .keys()
            .filter(|sql| fetches(sql))
            .cloned()
            .collect();
        for removed in texts
            .iter()
            .filter_map(|sql| self.known.remove(sql))
            .flatten()
        {
            self.count -= 1;
            self.outdated.push(removed.1.name);
        }
    }
}
