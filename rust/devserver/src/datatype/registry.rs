//! Which SBWP type an engine type is: the fixed numbers, and the ones an extension or a user made.

use std::collections::HashMap;
use std::sync::Arc;

use fallible_iterator::FallibleIterator;
use parking_lot::RwLock;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use sbwp::types::{self, oid};

use crate::backend::{Backend, BackendError, Event, Target};

/// An engine type as SBWP describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub oid: u32,
    /// The engine's own name, where SBWP has no number for the type.
    pub name: Option<String>,
}

impl Described {
    const TEXT: Self = Self {
        oid: oid::TEXT,
        name: None,
    };
}

/// What is known of the engine's types so far. Shared by all sessions.
pub struct Registry {
    target: Arc<Target>,
    known: RwLock<HashMap<u32, Described>>,
    session: tokio::sync::Mutex<Option<Backend>>,
    vector: u32,
}

impl Registry {
    /// Opens the registry and learns the number of the vector type, 0 if the engine has none.
    pub async fn open(target: Arc<Target>) -> Result<Self, BackendError> {
        let mut backend = Backend::open(Arc::clone(&target), &[]).await?;
        let rows = query(
            &mut backend,
            "SELECT coalesce((SELECT oid FROM pg_type WHERE typname = 'vector' LIMIT 1), 0)",
        )
        .await?;
        let vector = rows
            .first()
            .and_then(|row| row.first())
            .and_then(|text| text.as_deref()?.parse().ok())
            .unwrap_or(0);
        let mut known = HashMap::new();
        if vector != 0 {
            known.insert(
                vector,
                Described {
                    oid: oid::VECTOR,
                    name: None,
                },
            );
        }
        Ok(Self {
            target,
            known: RwLock::new(known),
            session: tokio::sync::Mutex::new(Some(backend)),
            vector,
        })
    }

    /// The engine's number of the vector type, 0 if it has none.
    pub fn vector(&self) -> u32 {
        self.vector
    }

    /// The type if it needs no question to the engine.
    pub fn known(&self, engine: u32) -> Option<Described> {
        // From this number on the engine's are its own, whatever SBWP means by them.
        const FIRST_OWN: u32 = 16384;
        if engine < FIRST_OWN && types::info(engine).is_some() && !is_engine_geometry(engine) {
            return Some(Described {
                oid: engine,
                name: None,
            });
        }
        self.known.read().get(&engine).cloned()
    }

    /// The type, asking the engine about one that has not been met before. A type that another transaction has not
    /// committed yet is unknown, and then it is text.
    pub async fn describe(&self, engine: u32) -> Described {
        if let Some(described) = self.known(engine) {
            return described;
        }
        match self.ask(engine).await {
            Ok(Some(described)) => {
                self.known.write().insert(engine, described.clone());
                described
            }
            Ok(None) | Err(_) => Described::TEXT,
        }
    }

    async fn ask(&self, engine: u32) -> Result<Option<Described>, BackendError> {
        let mut session = self.session.lock().await;
        let mut backend = match session.take() {
            Some(backend) => backend,
            None => Backend::open(Arc::clone(&self.target), &[]).await?,
        };
        let rows = query(
            &mut backend,
            &format!(
                "WITH RECURSIVE r AS (SELECT * FROM pg_type WHERE oid = {engine} UNION ALL \
                 SELECT b.* FROM r JOIN pg_type b ON b.oid = r.typbasetype) \
                 SELECT r.oid, r.typname, r.typtype, r.typcategory, n.nspname, \
                 (SELECT e.typname FROM pg_type e WHERE e.oid = r.typelem AND e.typtype IN ('c', 'e')) \
                 FROM r JOIN pg_namespace n ON n.oid = r.typnamespace WHERE r.typbasetype = 0"
            ),
        )
        .await?;
        // Kept only when the question was answered: a broken session is opened anew next time.
        *session = Some(backend);
        let Some([Some(base), Some(name), Some(kind), Some(category), Some(space), element]) =
            rows.first().map(Vec::as_slice)
        else {
            return Ok(None);
        };
        // A domain is its base type.
        if let Some(known) = base.parse().ok().and_then(|base| self.known(base)) {
            return Ok(Some(known));
        }
        let oid = match (kind.as_str(), category.as_str()) {
            (_, "A") => oid::TEXT_ARRAY,
            ("c", _) => oid::RECORD,
            // The base types the catalogue makes there are geometry; SBWP has one number for all of it.
            ("b", _) if space == "sys" => oid::POINT,
            _ => oid::TEXT,
        };
        let name = match oid {
            oid::TEXT | oid::RECORD => Some(name.clone()),
            // Of arrays only those of a type with a name of its own say what they are made of.
            _ => element.as_ref().map(|element| format!("{element}[]")),
        };
        Ok(Some(Described { oid, name }))
    }
}

/// The engine's own geometric types have another form than SBWP's geometry of the same numbers.
fn is_engine_geometry(oid: u32) -> bool {
    matches!(oid, 600..=604 | 628 | 718)
}

type Rows = Vec<Vec<Option<String>>>;

async fn query(backend: &mut Backend, sql: &str) -> Result<Rows, BackendError> {
    frontend::query(sql, &mut backend.out)?;
    let mut rows = Rows::new();
    let mut failure = None;
    loop {
        match backend.converse().await? {
            Event::Row => {
                rows.push(text_row(backend.row()));
                backend.pass_row();
            }
            Event::Message(Message::ErrorResponse(body)) => {
                failure = Some(crate::backend::Report::read(body.fields())?);
            }
            Event::Message(Message::RowDescription(body)) => {
                body.fields().count()?;
            }
            Event::Message(Message::ReadyForQuery(_)) => break,
            Event::Message(_) => {}
        }
    }
    match failure {
        Some(report) => Err(BackendError::Refused(report)),
        None => Ok(rows),
    }
}

/// The values of a row as text.
pub fn text_row(body: &[u8]) -> Vec<Option<String>> {
    super::row::values(body)
        .map(|value| value.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
        .collect()
}
