#![forbid(unsafe_code)]
//! A Tokio client for the ScratchBird database. No Python in it.
//!
//! Every operation is a future. Who polls it decides how it waits: a task on the Tokio runtime is woken by the reactor,
//! a poller that uses [`wait::poll_external`] is told the descriptor and waits itself.

mod boundary;
pub mod config;
mod connect;
mod connection;
pub mod copy;
pub mod credentials;
mod dsn;
mod env;
pub mod error;
mod execution;
mod files;
mod hold;
mod hosts;
mod inbound;
mod mailbox;
mod manager;
mod many;
mod passfile;
mod per_process;
pub mod pipeline;
pub mod pool;
mod prepared;
mod probe;
pub mod profile;
mod progress;
mod request;
mod rows;
pub mod runtime;
mod service;
mod session;
pub mod sql;
mod startup;
mod stream;
pub mod tls;
pub mod trace;
mod transport;

pub use config::Config;
pub use connection::{Connection, Info, Statement};
pub use error::{DatabaseError, Error, ErrorKind, Result};
pub use mailbox::Notification;
pub use many::{Failed, Many, Tally};
pub use prepared::Effect;
pub use probe::{probe, AuthSurface};
pub use request::{Parameters, Request};
pub use rows::{Completion, ResultSet, RowBatch};
pub use sbwp::message::{ColumnDescription, ParameterInfo, RowDescription};
pub use session::{ServerInfo, Session, TransactionStatus};
pub use stream::{Part, RowStream};
pub use transport::{patience, wait};
