//! `setinputsizes`: types that a user gives to the parameters of the next statement.

use std::collections::HashMap;

use pyo3::prelude::*;
use scratchbird::sql::ParsedQuery;
use scratchbird::{Error, Parameters};

/// The type for one parameter.
#[derive(Debug, Clone, FromPyObject)]
pub struct InputSize {
    /// What it is sent as, where the value's own type is none of `group`.
    #[pyo3(item(0))]
    oid: u32,
    #[pyo3(item(1))]
    group: Vec<u32>,
}

/// Types by position, or by name.
#[derive(Debug, FromPyObject)]
pub enum InputSizes {
    Positional(Vec<Option<InputSize>>),
    Named(HashMap<String, Option<InputSize>>),
}

impl InputSizes {
    pub fn apply(&self, query: &ParsedQuery, parameters: &mut Parameters) -> Result<(), Error> {
        match self {
            InputSizes::Positional(sizes) => {
                if sizes.len() > parameters.len() {
                    return Err(Error::Parameters(format!(
                        "setinputsizes was given {} types, but the statement has {} parameters",
                        sizes.len(),
                        parameters.len()
                    )));
                }
                for (position, size) in sizes.iter().enumerate() {
                    apply(size.as_ref(), position, parameters)?;
                }
            }
            InputSizes::Named(sizes) => {
                let names = query.names().unwrap_or_default();
                for (name, size) in sizes {
                    let Some(position) = names.iter().position(|known| known == name) else {
                        return Err(Error::Parameters(format!(
                            "setinputsizes was given a type for {name:?}, which is no parameter of the statement"
                        )));
                    };
                    apply(size.as_ref(), position, parameters)?;
                }
            }
        }
        Ok(())
    }
}

fn apply(
    size: Option<&InputSize>,
    position: usize,
    parameters: &mut Parameters,
) -> Result<(), Error> {
    match size {
        Some(size) if !parameters.is_one_of(position, &size.group) => {
            parameters.retype(position, size.oid)
        }
        _ => Ok(()),
    }
}
