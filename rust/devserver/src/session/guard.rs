//! The engine's transaction behind the client's.
//!
//! A client is always inside a transaction; the engine's begins with the first statement that needs one. A failed
//! statement must undo itself alone, so a savepoint stands before every statement that has earlier work to protect.

use postgres_protocol::message::frontend;

use crate::backend::Backend;
use crate::statement::Role;

/// The savepoint that belongs to the server, under a name no client will use.
const SAVEPOINT: &str = "scratchbird_before_statement";

/// A command the server gives on its own account, prepared once per session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Begin,
    Commit,
    Rollback,
    Protect,
    Unprotect,
}

impl Command {
    pub const ALL: [Self; 5] = [
        Self::Begin,
        Self::Commit,
        Self::Rollback,
        Self::Protect,
        Self::Unprotect,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Begin => "sb_begin",
            Self::Commit => "sb_commit",
            Self::Rollback => "sb_rollback",
            Self::Protect => "sb_protect",
            Self::Unprotect => "sb_unprotect",
        }
    }

    fn sql(self) -> String {
        match self {
            Self::Begin => "BEGIN".to_owned(),
            Self::Commit => "COMMIT".to_owned(),
            Self::Rollback => "ROLLBACK".to_owned(),
            Self::Protect => format!("SAVEPOINT {SAVEPOINT}"),
            Self::Unprotect => format!("RELEASE SAVEPOINT {SAVEPOINT}"),
        }
    }

    pub fn prepare(self, backend: &mut Backend) -> std::io::Result<()> {
        frontend::parse(self.name(), &self.sql(), [], &mut backend.out)
    }

    fn give(self, backend: &mut Backend) -> std::io::Result<()> {
        execute_prepared(self.name(), backend)
    }
}

fn execute_prepared(name: &str, backend: &mut Backend) -> std::io::Result<()> {
    let nothing = std::iter::empty::<i16>();
    let values = std::iter::empty::<()>();
    frontend::bind(
        "",
        name,
        nothing,
        values,
        |(), _| Ok(postgres_protocol::IsNull::Yes),
        std::iter::empty::<i16>(),
        &mut backend.out,
    )
    .map_err(|_| std::io::Error::other("a command without parameters could not be bound"))?;
    frontend::execute("", 0, &mut backend.out)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    /// No savepoint of the server's stands.
    None,
    /// The savepoint stands right behind everything done so far.
    Fresh,
    /// Something was changed since the savepoint.
    Stale,
}

/// The transaction of one session.
#[derive(Debug)]
pub struct Transaction {
    /// The number the client sees.
    pub id: u64,
    open: bool,
    protection: Protection,
    /// What `BEGIN` is to say when the engine's transaction begins.
    options: String,
    savepoints: Vec<String>,
}

/// What stands before a statement in its batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prefix {
    /// How many commands of the server's complete before the statement does.
    pub commands: usize,
    protects: bool,
    /// Whether the engine's transaction begins with it.
    pub begins: bool,
}

impl Transaction {
    pub fn new(id: u64) -> Self {
        Self {
            id,
            open: false,
            protection: Protection::None,
            options: String::new(),
            savepoints: Vec::new(),
        }
    }

    /// Whether the engine has a transaction open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The options of the transaction, to take effect if it has not done anything yet.
    pub fn set_options(&mut self, options: String) {
        self.options = options;
    }

    /// The client's transaction ended; the next one has this number.
    pub fn ended(&mut self, next: u64) {
        *self = Self::new(next);
    }

    /// Writes what has to stand before a statement of this role.
    pub fn prefix(
        &mut self,
        role: &Role,
        implicit: bool,
        backend: &mut Backend,
    ) -> std::io::Result<Prefix> {
        if !self.open {
            // A commit at once needs no transaction around it, unless one was asked for.
            if (implicit && self.options.is_empty()) || !self.begins_with(role) {
                return Ok(Prefix::default());
            }
            self.begin(backend)?;
            return Ok(Prefix {
                commands: 1,
                protects: false,
                begins: true,
            });
        }
        let mut commands = 0;
        match self.protection {
            Protection::Fresh => {}
            Protection::None => {
                Command::Protect.give(backend)?;
                commands = 1;
            }
            Protection::Stale => {
                Command::Unprotect.give(backend)?;
                Command::Protect.give(backend)?;
                commands = 2;
            }
        }
        Ok(Prefix {
            commands,
            protects: true,
            begins: false,
        })
    }

    fn begins_with(&self, role: &Role) -> bool {
        match role {
            // A query that leaves no trace needs no transaction, unless it asked for a particular one.
            Role::Pure => !self.options.is_empty(),
            Role::Setting | Role::Standalone => false,
            _ => true,
        }
    }

    fn begin(&self, backend: &mut Backend) -> std::io::Result<()> {
        if self.options.is_empty() {
            return Command::Begin.give(backend);
        }
        frontend::parse("", &format!("BEGIN {}", self.options), [], &mut backend.out)?;
        execute_prepared("", backend)
    }

    /// Writes the commit of an autocommitting statement; whether there was anything to write.
    pub fn commit_behind(&self, prefix: Prefix, backend: &mut Backend) -> std::io::Result<bool> {
        if self.open || prefix.begins {
            Command::Commit.give(backend)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Takes note of a statement that worked. `status` is the engine's.
    pub fn succeeded(&mut self, prefix: Prefix, role: &Role, status: u8) {
        self.open = status != b'I';
        if !self.open {
            self.protection = Protection::None;
            self.savepoints.clear();
        } else if prefix.protects {
            self.protection = match role {
                Role::Pure => Protection::Fresh,
                _ => Protection::Stale,
            };
        }
    }

    /// What undoes a statement that failed, given the engine's status; nothing if the engine has done so itself.
    pub fn remedy(&mut self, prefix: Prefix, status: u8) -> Option<String> {
        match status {
            b'E' if prefix.protects => {
                self.open = true;
                self.protection = Protection::Fresh;
                Some(format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}"))
            }
            b'E' => {
                self.forget_engine();
                Some(Command::Rollback.sql())
            }
            b'I' => {
                self.forget_engine();
                None
            }
            _ => {
                self.open = true;
                if prefix.protects {
                    self.protection = Protection::Stale;
                }
                None
            }
        }
    }

    fn forget_engine(&mut self) {
        self.open = false;
        self.protection = Protection::None;
        self.savepoints.clear();
    }

    /// Removes the server's own savepoint, so that one of the client's does not end up inside it.
    pub fn unprotect(&mut self, backend: &mut Backend) -> std::io::Result<usize> {
        if self.protection == Protection::None {
            return Ok(0);
        }
        self.protection = Protection::None;
        Command::Unprotect.give(backend)?;
        Ok(1)
    }

    /// Begins the engine's transaction if it is not open; how many commands that takes.
    pub fn ensure_open(&mut self, backend: &mut Backend) -> std::io::Result<usize> {
        if self.open {
            return Ok(0);
        }
        self.begin(backend)?;
        self.open = true;
        Ok(1)
    }

    pub fn set_savepoint(&mut self, name: &str) {
        self.savepoints.push(name.to_owned());
    }

    /// Where a savepoint of the client's is, innermost first.
    pub fn find_savepoint(&self, name: &str) -> Option<usize> {
        self.savepoints.iter().rposition(|known| known == name)
    }

    /// Forgets the savepoints from this one on.
    pub fn drop_savepoints(&mut self, from: usize) {
        self.savepoints.truncate(from);
        // The server's savepoint was inside the client's and went with it.
        self.protection = Protection::None;
    }
}
