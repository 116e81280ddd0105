//! A statement that the server keeps under a name, its use in a request, and what a request does to all of them.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicU8, Ordering};
use std::sync::Arc;

/// The server does not have it.
pub(super) const ABSENT: u8 = 0;
/// The server has it, as it is now.
pub(super) const CURRENT: u8 = 1;
/// The server has it under its name, but it may have been prepared for another schema.
pub(super) const OUTDATED: u8 = 2;

/// A statement for certain parameter types, under the name that the server keeps it by.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: Box<str>,
    /// The parameters of an INSERT that an array BIND of as many would take for its own.
    pub(super) array_width: Option<usize>,
    // Both change under the lock of its `Statements` only.
    state: AtomicU8,
    pub(super) used: AtomicU64,
}

impl Named {
    pub(super) fn new(number: u64, label: Option<&str>, array_width: Option<usize>) -> Arc<Self> {
        let name = match label {
            Some(label) => format!("{label}:{number:x}"),
            None => format!("s{number:x}"),
        };
        Arc::new(Named {
            name: name.into(),
            array_width,
            state: AtomicU8::new(ABSENT),
            used: AtomicU64::new(0),
        })
    }

    pub(super) fn state(&self) -> u8 {
        self.state.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, state: u8) {
        self.state.store(state, Ordering::Relaxed);
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether an execution is likely to go without its PARSE.
    pub(crate) fn is_current(&self) -> bool {
        self.state() == CURRENT
    }
}

/// An execution of a named statement in a request, and where the PARSE that goes with it stands.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) named: Arc<Named>,
    pub(crate) parse: Range<usize>,
}

/// What a request does to the statements that the server keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// It may change what names mean: the statements are prepared again.
    Redefines,
    /// It undoes what came before it in the transaction, changes of the schema included.
    RollsBack,
}
