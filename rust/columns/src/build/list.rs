//! Columns of arrays: lists as deep as the first array of the result, over a builder of their elements.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, FieldRef};
use sbwp::types::array::{Reader, Token};
use sbwp::types::Format;

use super::fixed::prefixed;
use super::{unmade, Builder, Cell};
use crate::error::{Fault, Reason};

pub(super) struct List {
    /// From the outside in.
    levels: Vec<Level>,
    elements: Box<dyn Builder>,
    count: usize,
    nulls: NullBufferBuilder,
    format: Format,
}

struct Level {
    field: FieldRef,
    offsets: Vec<i32>,
}

impl List {
    pub(super) fn new(
        data_type: &DataType,
        depth: usize,
        elements: Box<dyn Builder>,
        format: Format,
        rows: usize,
    ) -> Self {
        let mut levels = Vec::with_capacity(depth);
        let mut inner = data_type;
        while let DataType::List(field) = inner {
            levels.push(Level {
                field: field.clone(),
                offsets: vec![0],
            });
            inner = field.data_type();
        }
        List {
            levels,
            elements,
            count: 0,
            nulls: NullBufferBuilder::new(rows),
            format,
        }
    }

    fn read(&mut self, cell: &[u8]) -> Result<(), Reason> {
        let text = match self.format {
            Format::Text => cell,
            Format::Binary => prefixed(cell)?,
        };
        let depth = self.levels.len();
        let mut open = 0usize;
        for token in &mut Reader::new(text)? {
            match token? {
                Token::Open => {
                    open += 1;
                    if open > depth {
                        return Err(self.unfit("deeper than"));
                    }
                }
                Token::Close => {
                    open = open.saturating_sub(1);
                    // The list that ends here ends where those inside it have ended. The outermost is the row's.
                    if open > 0 {
                        let end = self.ends(open + 1)?;
                        if let Some(level) = self.levels.get_mut(open) {
                            level.offsets.push(end);
                        }
                    }
                }
                Token::Null => self.element(open, None)?,
                Token::Element(text) => self.element(open, Some(&text))?,
            }
        }
        Ok(())
    }

    fn element(&mut self, open: usize, cell: Cell<'_>) -> Result<(), Reason> {
        if open != self.levels.len() {
            return Err(self.unfit("flatter than"));
        }
        self.elements
            .append(&[cell])
            .map_err(|fault| fault.reason)?;
        self.count += 1;
        Ok(())
    }

    /// How many lists of this level, or elements, there are.
    fn ends(&self, level: usize) -> Result<i32, Reason> {
        let count = match self.levels.get(level) {
            Some(inner) => inner.offsets.len() - 1,
            None => self.count,
        };
        i32::try_from(count)
            .map_err(|_| Reason::Batch("more than 2³¹ elements in one batch".to_owned()))
    }

    #[cold]
    fn unfit(&self, how: &str) -> Reason {
        let depth = self.levels.len();
        Reason::Unfit(format!(
            "an array that is {how} the first of the result, which has {depth} dimensions: cast the column to text"
        ))
    }
}

impl Builder for List {
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        for (at, cell) in cells.iter().enumerate() {
            let fault = |reason| Fault { at, reason };
            if let Some(bytes) = cell {
                self.read(bytes).map_err(fault)?;
            }
            self.nulls.append(cell.is_some());
            let end = self.ends(1).map_err(fault)?;
            if let Some(level) = self.levels.first_mut() {
                level.offsets.push(end);
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let mut inner = self.elements.finish().map_err(|fault| Fault {
            at: 0,
            reason: fault.reason,
        })?;
        let nulls = self.nulls.finish();
        for (index, level) in self.levels.iter_mut().enumerate().rev() {
            let offsets = std::mem::replace(&mut level.offsets, vec![0]);
            let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
            let nulls = nulls.clone().filter(|_| index == 0);
            let list = ListArray::try_new(level.field.clone(), offsets, inner, nulls);
            inner = Arc::new(list.map_err(|error| unmade(&error))?);
        }
        Ok(inner)
    }
}
