//! The defects of a server that the driver cannot make good: it tells its user of them, once a connection and kind.
//!
//! Must not know: how a warning reaches the user, or where on the way of a statement a defect is found.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::config::ServerDefects;
use crate::error::Error;

/// Something that this server does otherwise than the statement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Defect {
    TextSemicolon,
    TextLineFeed,
    TextNull,
    SavepointRollback,
    NoRowChanged,
    ReturningIgnored,
    UniquenessUnchecked,
    ProjectionIgnored,
    LockingIgnored,
}

use Defect::{
    LockingIgnored, NoRowChanged, ProjectionIgnored, ReturningIgnored, SavepointRollback,
    TextLineFeed, TextNull, TextSemicolon, UniquenessUnchecked,
};

impl Defect {
    /// All of them.
    pub const ALL: [Defect; 9] = [
        TextSemicolon,
        TextLineFeed,
        TextNull,
        SavepointRollback,
        NoRowChanged,
        ReturningIgnored,
        UniquenessUnchecked,
        ProjectionIgnored,
        LockingIgnored,
    ];

    /// The name by which users tell one kind from another.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TextSemicolon => "text-semicolon",
            TextLineFeed => "text-line-feed",
            TextNull => "text-null",
            SavepointRollback => "savepoint-rollback",
            NoRowChanged => "no-row-changed",
            ReturningIgnored => "returning-ignored",
            UniquenessUnchecked => "uniqueness-unchecked",
            ProjectionIgnored => "projection-ignored",
            LockingIgnored => "locking-ignored",
        }
    }

    /// What the server does, and what to do about it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            TextSemicolon => {
                "a text with ';' is stored, but this server returns it cut off there, and what follows may change other \
                 columns of the row; encode such text"
            }
            TextLineFeed => {
                "a text with a line feed is stored, but this server returns neither its rest nor later columns of the \
                 row; encode such text"
            }
            TextNull => {
                "this server writes NULL as <NULL>, or as NULL where no table is read: such a text may be returned as None"
            }
            SavepointRollback => {
                "this server's ROLLBACK TO SAVEPOINT does not undo rows inserted with a column list or parameters; only a \
                 full rollback does"
            }
            NoRowChanged => {
                "no row was changed; this server finds no rows by equality on an indexed column in UPDATE and DELETE \
                 (DELETE … WHERE c IN (v) and UPDATE … WHERE c IN (SELECT c FROM t WHERE c = v) work)"
            }
            ReturningIgnored => {
                "this server accepts RETURNING and returns nothing; read the rows with a SELECT"
            }
            UniquenessUnchecked => {
                "this server does not check PRIMARY KEY and UNIQUE for an INSERT without a column list; write the list"
            }
            ProjectionIgnored => {
                "this server returned other columns than the statement selects: on a table it ignores expressions, \
                 aliases, DISTINCT, most aggregates and the list of columns; select by name, and compute in the program"
            }
            LockingIgnored => "this server returns no row for SELECT … FOR UPDATE",
        }
    }

    fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// Some of the defects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Defects(u32);

impl Defects {
    /// Adds one.
    #[must_use]
    pub fn with(self, defect: Defect) -> Self {
        Self(self.0 | defect.bit())
    }

    /// Adds one if `found`.
    #[must_use]
    pub fn with_if(self, found: bool, defect: Defect) -> Self {
        if found {
            self.with(defect)
        } else {
            self
        }
    }

    /// True where there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// They, in the order of [`Defect::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Defect> {
        Defect::ALL
            .into_iter()
            .filter(move |defect| self.0 & defect.bit() != 0)
    }
}

/// What a connection's user has been told, and is still to be told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    ever: AtomicU32,
    pending: AtomicU32,
}

impl Told {
    /// Takes note of defects that were met, as the configuration says.
    ///
    /// # Errors
    /// `NotSupported` with `server_defects=error`.
    pub(crate) fn met(&self, wanted: ServerDefects, defects: Defects) -> Result<(), Error> {
        let Some(first) = defects.iter().next() else {
            return Ok(());
        };
        match wanted {
            ServerDefects::Ignore => Ok(()),
            ServerDefects::Error => Err(Error::NotSupported(first.text().to_owned())),
            ServerDefects::Warn => {
                let known = self.ever.fetch_or(defects.0, Ordering::Relaxed);
                let new = defects.0 & !known;
                if new != 0 {
                    self.pending.fetch_or(new, Ordering::Relaxed);
                }
                Ok(())
            }
        }
    }

    /// Takes what the user is still to be told.
    pub(crate) fn take(&self) -> Defects {
        if self.pending.load(Ordering::Relaxed) == 0 {
            return Defects::default();
        }
        Defects(self.pending.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_once() {
        let told = Told::default();
        let both = Defects::default().with(TextNull).with(NoRowChanged);
        told.met(ServerDefects::Warn, both).unwrap();
        told.met(ServerDefects::Warn, Defects::default().with(TextNull))
            .unwrap();
        assert_eq!(
            told.take().iter().collect::<Vec<_>>(),
            [TextNull, NoRowChanged]
        );
        told.met(ServerDefects::Warn, both.with(TextSemicolon))
            .unwrap();
        assert_eq!(told.take().iter().collect::<Vec<_>>(), [TextSemicolon]);
        assert_eq!(told.take(), Defects::default());
    }

    #[test]
    fn every_time_an_error_or_never_anything() {
        let told = Told::default();
        let found = Defects::default().with(SavepointRollback);
        for _ in 0..2 {
            let refused = told.met(ServerDefects::Error, found).unwrap_err();
            assert_eq!(refused.sqlstate(), Some("0A000"));
        }
        told.met(ServerDefects::Error, Defects::default()).unwrap();
        told.met(ServerDefects::Ignore, found).unwrap();
        assert_eq!(told.take(), Defects::default());
    }

    #[test]
    fn names_and_bits_differ() {
        for (index, defect) in Defect::ALL.into_iter().enumerate() {
            assert_eq!(defect.bit(), 1 << index);
            let same = |other: &&Defect| other.name() == defect.name();
            assert_eq!(Defect::ALL.iter().filter(same).count(), 1);
            assert!(!defect.text().contains("  "));
        }
    }
}
