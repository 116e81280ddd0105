//! What the rows themselves tell of columns that the description leaves open: the digits of numerics, the dimensions of
//! vectors, the depth of arrays, and the type of columns whose description is a guess.

use arrow_schema::{DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_PRECISION};
use sbwp::message::DataRow;
use sbwp::types::numeric::write_plain;
use sbwp::types::text::decode_lp;
use sbwp::types::{info, oid, Format, Oid, Shape, MAX_DEPTH};

use crate::error::{Error, Reason};
use crate::plan::{declared_decimal, Column, Extent};

/// Dimensions that are believed of a declaration alone, where no vector shows them: each NULL takes room for them.
const MOST_DECLARED: i32 = 1 << 16;

/// What is known of a column beyond its description.
pub(crate) struct Findings {
    pub oid: Oid,
    /// Precision and scale that hold every value; None where there is no such decimal.
    pub decimal: Option<(u8, i8)>,
    /// Of a vector.
    pub dimension: Option<i32>,
    /// Of an array: how many brackets its first value opens.
    pub depth: usize,
}

/// What one column is asked.
enum Question {
    Nothing,
    /// The digits before and after the point; None once a value is no decimal.
    Digits(Option<(usize, usize)>),
    Dimension(Option<i32>),
    Depth(usize),
    /// The type that all cells agree on.
    Type(Option<Oid>),
}

impl Question {
    fn of(column: &Column, extent: Extent) -> Self {
        if column.raw {
            return Question::Nothing;
        }
        if column.doubts.is_some() {
            return match extent {
                Extent::Whole => Question::Type(None),
                Extent::Start => Question::Type(Some(oid::TEXT)),
            };
        }
        match column.oid {
            oid::NUMERIC | oid::DECIMAL128 | oid::INT128
                if extent == Extent::Whole && declared_decimal(column).is_none() =>
            {
                Question::Digits(Some((0, 0)))
            }
            oid::VECTOR => Question::Dimension(None),
            oid if info(oid).is_some_and(|info| info.shape == Shape::Array) => Question::Depth(0),
            _ => Question::Nothing,
        }
    }

    /// Whether further rows can change the answer.
    fn is_open(&self) -> bool {
        match self {
            Question::Nothing => false,
            Question::Digits(found) => found.is_some(),
            Question::Dimension(found) => found.is_none(),
            Question::Depth(found) => *found == 0,
            Question::Type(found) => *found != Some(oid::TEXT),
        }
    }

    /// Takes one value. What is wrong with it, its builder will say.
    fn hear(&mut self, column: &Column, cell: &[u8]) {
        if let Question::Type(found) = self {
            if let Some(doubts) = column.doubts.as_deref().filter(|it| !it.is_null(cell)) {
                let heard = doubts.oid_of(cell);
                *found = match *found {
                    Some(before) if before != heard => Some(oid::TEXT),
                    _ => Some(heard),
                };
            }
            return;
        }
        let cell = match column.format {
            Format::Text => cell,
            Format::Binary => decode_lp("text", cell).unwrap_or_default(),
        };
        match self {
            Question::Digits(found) => {
                *found = found.and_then(|(whole, fraction)| {
                    let (more_whole, more_fraction) = digits(cell)?;
                    Some((whole.max(more_whole), fraction.max(more_fraction)))
                });
            }
            Question::Dimension(found) => *found = dimension(cell),
            Question::Depth(found) => {
                // Bounds may stand before the value: [0:1]={…}.
                let start = cell.iter().position(|byte| *byte == b'{').unwrap_or(0);
                let opening = cell.iter().skip(start);
                let open = opening
                    .filter(|byte| !byte.is_ascii_whitespace())
                    .take_while(|byte| **byte == b'{')
                    .count();
                let is_empty = cell.trim_ascii().ends_with(b"{}");
                if !is_empty {
                    *found = open.min(MAX_DEPTH);
                }
            }
            Question::Nothing | Question::Type(_) => {}
        }
    }

    fn findings(self, column: &Column) -> Findings {
        let mut findings = Findings {
            oid: column.oid,
            decimal: None,
            dimension: None,
            depth: 1,
        };
        match self {
            Question::Nothing => {}
            Question::Digits(found) => {
                findings.decimal = found.and_then(|(whole, fraction)| decimal(whole, fraction));
            }
            Question::Dimension(found) => {
                let declared = column.length.and_then(|length| i32::try_from(length).ok());
                findings.dimension =
                    found.or(declared.filter(|it| (1..=MOST_DECLARED).contains(it)));
            }
            Question::Depth(found) => findings.depth = found.max(1),
            Question::Type(found) => {
                let found = found.unwrap_or(column.oid);
                // Guessed types are told by single cells, which say nothing of digits, dimensions and nesting.
                let is_simple = info(found).is_some_and(|info| info.shape == Shape::Scalar);
                let is_open = matches!(found, oid::NUMERIC | oid::DECIMAL128 | oid::VECTOR);
                findings.oid = if is_simple && !is_open {
                    found
                } else {
                    oid::TEXT
                };
            }
        }
        findings
    }
}

/// The widest of Arrow's decimals of its size, so that results of one query fit each other.
fn decimal(whole: usize, fraction: usize) -> Option<(u8, i8)> {
    let needed = whole.checked_add(fraction)?;
    let precision = [DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_PRECISION]
        .into_iter()
        .find(|precision| needed <= usize::from(*precision))?;
    Some((precision, i8::try_from(fraction).ok()?))
}

/// Digits before and after the point; None for what is no finite decimal.
fn digits(text: &[u8]) -> Option<(usize, usize)> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let whole = unsigned.iter().take_while(|b| b.is_ascii_digit()).count();
    let plain = match unsigned.get(whole..)? {
        [] if whole > 0 => Some(0),
        [b'.', fraction @ ..] if whole > 0 && fraction.iter().all(u8::is_ascii_digit) => {
            Some(fraction.len())
        }
        _ => None,
    };
    if let Some(fraction) = plain {
        return Some((whole, fraction));
    }
    let mut written = Vec::new();
    write_plain(text, &mut written).ok()?;
    let is_plain = written.last().is_some_and(u8::is_ascii_digit);
    is_plain.then(|| digits(&written)).flatten()
}

fn dimension(text: &[u8]) -> Option<i32> {
    let [b'[', body @ .., b']'] = text.trim_ascii() else {
        return None;
    };
    if body.trim_ascii().is_empty() {
        return None;
    }
    let commas = body.iter().filter(|byte| **byte == b',').count();
    i32::try_from(commas.checked_add(1)?).ok()
}

/// Looks through the rows for what the description leaves open, and no further than that takes.
pub(crate) fn survey<'a>(
    columns: &[Column],
    rows: impl Iterator<Item = &'a [u8]>,
    first_row: u64,
    extent: Extent,
) -> Result<Vec<Findings>, Error> {
    let mut questions: Vec<_> = columns
        .iter()
        .map(|column| Question::of(column, extent))
        .collect();
    for (payload, row) in rows.zip(first_row..) {
        let Some(last) = questions.iter().rposition(Question::is_open) else {
            break;
        };
        let broken = |error| Error {
            row,
            column: None,
            reason: Reason::Broken(error),
        };
        let values = DataRow::parse(payload).map_err(broken)?.iter();
        let asked = questions.iter_mut().zip(columns).take(last + 1);
        for ((question, column), value) in asked.zip(values) {
            if let Some(cell) = value.map_err(broken)? {
                if question.is_open() {
                    question.hear(column, cell);
                }
            }
        }
    }
    let answered = questions.into_iter().zip(columns);
    Ok(answered
        .map(|(question, column)| question.findings(column))
        .collect())
}
