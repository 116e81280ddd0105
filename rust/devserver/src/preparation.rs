//! Puts into the engine what translated statements rely on, once per start.

use std::sync::Arc;
use std::time::{Duration, Instant};

use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use crate::backend::{Backend, BackendError, Event, Report, Target};
use crate::catalog;

/// Several servers may start on one engine at the same time; they take turns by this lock.
const LOCK: &str = "SELECT pg_advisory_lock(7092); ";

/// How often a starting engine is asked whether it is ready.
const INTERVAL: Duration = Duration::from_millis(5);

/// Waits until the engine accepts sessions; the last refusal if it does not within `limit`.
pub async fn wait(target: &Arc<Target>, limit: Duration) -> Result<(), BackendError> {
    let deadline = Instant::now() + limit;
    loop {
        match Backend::open(Arc::clone(target), &[]).await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() >= deadline || !may_pass(&error) => return Err(error),
            Err(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}

/// Makes the target's database if there is none, waiting for the engine as [`wait`] does.
pub async fn create_database(target: &Arc<Target>, limit: Duration) -> Result<(), BackendError> {
    let maintenance = Arc::new(Target {
        database: "postgres".to_owned(),
        ..(**target).clone()
    });
    wait(&maintenance, limit).await?;
    let mut backend = Backend::open(maintenance, &[]).await?;
    let name = target.database.replace('"', "\"\"");
    // From the template that nobody connects to, and so nobody is in the way.
    let sql = format!("CREATE DATABASE \"{name}\" TEMPLATE template0");
    match run(&mut backend, &sql).await? {
        Some(report) if report.sqlstate != "42P04" => Err(BackendError::Refused(report)),
        _ => Ok(()),
    }
}

/// Whether an engine that is coming up may answer so.
fn may_pass(error: &BackendError) -> bool {
    match error {
        BackendError::Io(_) => true,
        BackendError::Refused(report) => report.sqlstate == "57P03",
        BackendError::Authentication(_) => false,
    }
}

/// Runs the bootstrap script.
pub async fn prepare(target: &Arc<Target>) -> Result<(), BackendError> {
    let mut backend = Backend::open(Arc::clone(target), &[]).await?;
    // An engine without the vector extension serves everything but vectors.
    let extension = run(
        &mut backend,
        &format!("{LOCK}CREATE EXTENSION IF NOT EXISTS vector SCHEMA pg_catalog"),
    )
    .await?;
    if let Some(report) = extension.filter(|report| report.is_fatal()) {
        return Err(BackendError::Refused(report));
    }
    match run(&mut backend, &format!("{LOCK}{}", catalog::bootstrap_sql())).await? {
        None => Ok(()),
        Some(report) => Err(BackendError::Refused(report)),
    }
}

async fn run(backend: &mut Backend, sql: &str) -> Result<Option<Report>, BackendError> {
    frontend::query(sql, &mut backend.out)?;
    let mut failure = None;
    loop {
        match backend.converse().await? {
            Event::Row => backend.pass_row(),
            Event::Message(Message::ErrorResponse(body)) => {
                let report = Report::read(body.fields())?;
                failure.get_or_insert(report);
            }
            Event::Message(Message::ReadyForQuery(_)) => return Ok(failure),
            Event::Message(_) => {}
        }
    }
}
