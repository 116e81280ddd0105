#![forbid(unsafe_code)]
//! The development server as a library: sessions of SBWP clients on one side, PostgreSQL as the engine on the other, and
//! the SBsql translator with the catalogue it relies on in between.

pub mod announcement;
pub mod backend;
pub mod catalog;
pub mod certificate;
pub mod client;
pub mod datatype;
pub mod hub;
pub mod listener;
pub mod lobby;
pub mod options;
pub mod preparation;
pub mod server;
pub mod session;
pub mod statement;
pub mod translate;
pub mod users;
