//! Where a parameter's own type and the type of the place it goes to differ.
//!
//! A value that would lose or gain meaning on the way is refused: a timestamp without a time zone does not say which
//! instant it is, and NaN is no number of an exact type. A value whose type the engine has no cast for is tried as a
//! literal, which takes the type of its place.

use std::borrow::Cow;

use bytes::Bytes;
use sbwp::types::oid;

use super::run::{Outcome, Run};
use super::{End, Session};
use crate::backend::Report;
use crate::datatype::Parameter;

fn is_nan(parameter: &Parameter) -> bool {
    let Some(bytes) = &parameter.bytes else {
        return false;
    };
    match (parameter.binary, bytes.as_ref()) {
        (true, &[a, b, c, d, e, f, g, h]) => f64::from_be_bytes([a, b, c, d, e, f, g, h]).is_nan(),
        (true, &[a, b, c, d]) => f32::from_be_bytes([a, b, c, d]).is_nan(),
        (true, _) => false,
        (false, text) => text.eq_ignore_ascii_case(b"nan"),
    }
}

/// Whether the place of this parameter must be known before it is sent.
fn is_delicate(declared: u32, parameter: &Parameter) -> bool {
    match declared {
        oid::TIMESTAMP => parameter.bytes.is_some(),
        oid::FLOAT4 | oid::FLOAT8 => is_nan(parameter),
        _ => false,
    }
}

impl Session {
    /// The refusal of a value that must not go where the statement puts it.
    pub(super) async fn misplaced(&mut self, run: &Run<'_>) -> Result<Option<Report>, End> {
        let delicate = |at: usize| match (run.declared.get(at), run.parameters.get(at)) {
            (Some(&declared), Some(parameter)) => is_delicate(declared, parameter),
            _ => false,
        };
        if !(0..run.declared.len()).any(delicate) {
            return Ok(None);
        }
        let open: Vec<u32> = run
            .declared
            .iter()
            .enumerate()
            .map(|(at, &declared)| if delicate(at) { 0 } else { declared })
            .collect();
        // What cannot be described is refused by the engine for its own reasons.
        let Some(places) = self.infer(run.planned, &open).await? else {
            return Ok(None);
        };
        Ok(places.iter().enumerate().find_map(|(at, &place)| {
            if !delicate(at) {
                return None;
            }
            let number = at + 1;
            match (run.declared.get(at), place) {
                (Some(&oid::TIMESTAMP), oid::TIMESTAMPTZ) => Some(Report::error(
                    "22007",
                    format!("parameter {number}: a timestamp without time zone does not say which instant it is"),
                )),
                (Some(&(oid::FLOAT4 | oid::FLOAT8)), oid::NUMERIC) => Some(Report::error(
                    "22003",
                    format!("parameter {number}: NaN is no number of type numeric"),
                )),
                _ => None,
            }
        }))
    }

    /// Tries a statement again whose parameters do not have the types of their places: as literals, which have none.
    pub(super) async fn attempt_as_literals(
        &mut self,
        run: &Run<'_>,
        outcome: Outcome,
    ) -> Result<Outcome, End> {
        let vector = self.server.types.vector();
        let mut declared = run.declared.to_vec();
        let mut parameters = Cow::Borrowed(run.parameters);
        for (at, (oid, parameter)) in declared.iter_mut().zip(run.parameters).enumerate() {
            if parameter.binary || *oid == 0 {
                continue;
            }
            if *oid == vector {
                // A vector in the place of an array is written as one.
                if let (Some(bytes), Some(slot)) =
                    (&parameter.bytes, parameters.to_mut().get_mut(at))
                {
                    slot.bytes = Some(array_text(bytes));
                }
            }
            *oid = 0;
        }
        if declared == run.declared {
            return Ok(outcome);
        }
        let again = Run {
            parameters: &parameters,
            declared: &declared,
            formats: run.formats.clone(),
            ..*run
        };
        match self.attempt(&again, &declared).await? {
            Outcome::Failed(_) => Ok(outcome),
            better => Ok(better),
        }
    }
}

fn array_text(vector: &Bytes) -> Bytes {
    vector
        .iter()
        .map(|&byte| match byte {
            b'[' => b'{',
            b']' => b'}',
            byte => byte,
        })
        .collect()
}
