//! A logged-in client: takes its requests in order and answers each as the protocol says.
//!
//! One file per kind of request; `pump` moves the bytes, `run` has the engine execute a statement, `guard` keeps the
//! transaction. How statements are translated and types mapped is decided elsewhere.

mod answer;
mod answers;
mod array;
mod assignment;
mod batch;
mod beta;
mod beta_changes;
mod beta_definitions;
mod cancel;
mod commit;
mod copy;
mod extended;
mod guard;
mod maintenance;
mod notify;
mod plans;
mod prepared;
mod pump;
mod query;
mod run;
mod sblr;
mod statements;
mod transaction;
mod welcome;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use sbwp::message::{kind, Generation, Uuid};

use crate::backend::{Backend, Report};
use crate::client::{Client, ClientError, Request};
use crate::hub::Inbox;
use crate::server::Server;
use commit::Commits;
use copy::Incoming;
use guard::Transaction;
use plans::Plans;
use prepared::Prepared;
use pump::Pump;
use statements::Statements;

pub use answers::{diagnostic, refusal};

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub enum End {
    #[error("the client said goodbye")]
    Terminated,
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the engine is gone: {0}")]
    Engine(#[source] io::Error),
    /// An ERROR was sent that the connection does not survive.
    #[error("the client broke the protocol")]
    Refused,
    #[error("an answer could not be put into a frame: {0}")]
    Answer(#[from] sbwp::frame::FrameError),
    /// The client wants to log in again.
    #[error("the client starts over")]
    Restart(Box<Request>),
}

/// What was agreed at start-up.
#[derive(Clone, Debug)]
pub struct Agreement {
    pub session: Uuid,
    pub generation: Generation,
    pub version: u16,
    pub features: u64,
    pub user: String,
    /// What the authentication exchange leaves to tell the client.
    pub last_word: Vec<u8>,
    pub parameters: HashMap<String, String>,
}

impl Agreement {
    pub fn has(&self, feature: u64) -> bool {
        self.features & feature != 0
    }
}

pub struct Session {
    server: Arc<Server>,
    agreement: Agreement,
    client: Client,
    backend: Backend,
    pump: Pump,
    transaction: Transaction,
    prepared: Prepared,
    statements: Statements,
    plans: Plans,
    /// Whether the open transaction has changed definitions.
    definitions_made: bool,
    /// How many settings were changed.
    settings_made: u64,
    /// The last change of the transaction was an INSERT with a column list, array BIND or COPY.
    inserted_in_bulk: bool,
    options: HashMap<String, String>,
    /// Whether a SYNC has to answer READY: nothing but a SYNC has sent one since the last request of a batch.
    ready_due: bool,
    partial: sbwp::frame::PartialQuery,
    commits: Commits,
    inbox: Option<Inbox>,
    incoming: Option<Box<Incoming>>,
}

impl Session {
    /// Takes over a client that has logged in.
    pub async fn open(
        server: Arc<Server>,
        agreement: Agreement,
        client: Client,
    ) -> Result<Self, (Client, Report)> {
        let mut backend = match Self::open_backend(&server, &agreement).await {
            Ok(backend) => backend,
            Err(report) => return Err((client, report)),
        };
        for command in guard::Command::ALL {
            if let Err(error) = command.prepare(&mut backend) {
                return Err((client, Report::error("XX000", error.to_string())));
            }
        }
        let pump = Pump::new(&backend);
        let transaction = Transaction::new(server.next_transaction());
        let mut session = Self {
            server,
            agreement,
            client,
            backend,
            pump,
            transaction,
            prepared: Prepared::default(),
            statements: Statements::default(),
            plans: Plans::default(),
            definitions_made: false,
            settings_made: 0,
            inserted_in_bulk: false,
            options: HashMap::new(),
            ready_due: false,
            partial: sbwp::frame::PartialQuery::default(),
            commits: Commits::default(),
            inbox: None,
            incoming: None,
        };
        session.client.set_attachment(session.agreement.session);
        session.client.set_transaction(session.transaction.id);
        match session.sync_and_drain().await {
            Ok(None) => Ok(session),
            Ok(Some(report)) => Err((session.client, report)),
            Err(end) => Err((session.client, Report::error("08006", end.to_string()))),
        }
    }

    async fn open_backend(server: &Server, agreement: &Agreement) -> Result<Backend, Report> {
        let parameter = |name: &str| agreement.parameters.get(name).map(String::as_str);
        let zone = parameter("time_zone")
            .or_else(|| parameter("timezone"))
            .unwrap_or("UTC");
        let application = parameter("application_name").unwrap_or("");
        let mut settings = crate::catalog::SESSION_SETTINGS.to_vec();
        // What CURRENT_USER and current_database() answer; the engine's own are not the client's business.
        let identity = uuid_text(&agreement.session);
        settings.push(("scratchbird.user", &agreement.user));
        settings.push(("scratchbird.database", &server.database));
        settings.push(("scratchbird.session_id", &identity));
        if server.profile == crate::server::Profile::Beta {
            settings.push(("scratchbird.profile", "beta"));
        }
        settings.extend([
            ("DateStyle", "ISO, YMD"),
            ("IntervalStyle", "postgres"),
            ("bytea_output", "hex"),
            ("extra_float_digits", "1"),
            ("TimeZone", zone),
            ("application_name", application),
        ]);
        if server.read_only {
            settings.push(("default_transaction_read_only", "on"));
        }
        Backend::open(Arc::clone(&server.target), &settings)
            .await
            .map_err(|error| match error {
                crate::backend::BackendError::Refused(report) => report,
                other => Report::error("08006", other.to_string()),
            })
    }

    /// Serves requests until the session ends; gives the client back for what remains to be said.
    async fn serve(mut self) -> (Client, End) {
        let end = loop {
            let request = match self.next_request().await {
                Ok(request) => request,
                Err(end) => break end,
            };
            if let Err(end) = self.handle(request).await {
                break end;
            }
        };
        if let End::Engine(error) = &end {
            let report = Report::error("57P01", "the engine ended the session")
                .with_detail(error.to_string());
            // The client is told if it can still be told; the session ends either way.
            let _told = self.error(&report);
        }
        (self.client, end)
    }

    async fn handle(&mut self, request: Request) -> Result<(), End> {
        let Some(request) = self.whole(request)? else {
            return Ok(());
        };
        self.pump.working_on(request.header.sequence);
        if self.incoming.is_some() && !goes_with_copy(request.header.kind) {
            return self.refuse_while_copying(&request);
        }
        match request.header.kind {
            kind::COPY_DATA | kind::COPY_DONE | kind::COPY_FAIL => {
                self.copy_message(&request).await
            }
            kind::STARTUP => Err(End::Restart(Box::new(request))),
            kind::QUERY => self.query(&request).await,
            kind::PARSE => self.parse(&request),
            kind::BIND => self.bind(&request),
            kind::DESCRIBE => self.describe(&request).await,
            kind::EXECUTE => self.execute(&request).await,
            kind::CLOSE => self.close(&request).await,
            kind::SYNC => self.sync(),
            kind::TERMINATE => Err(End::Terminated),
            kind::TXN_BEGIN => self.txn_begin(&request),
            kind::TXN_COMMIT => self.txn_commit(&request).await,
            kind::TXN_ROLLBACK => self.txn_rollback(&request).await,
            kind::TXN_SAVEPOINT | kind::TXN_RELEASE | kind::TXN_ROLLBACK_TO => {
                self.txn_savepoint(&request).await
            }
            kind::TXN_STATUS => self.txn_status(&request),
            kind::CANCEL => self.cancel(&request),
            kind::SBLR_EXECUTE => self.sblr_execute(&request).await,
            kind::SUBSCRIBE => self.subscribe(&request).await,
            kind::UNSUBSCRIBE => self.unsubscribe(&request).await,
            kind::PING => self.ping(&request),
            kind::SET_OPTION => self.set_option(&request),
            kind::RESET_SESSION => self.reset(&request).await,
            kind::REAUTH => self.reauthenticate(&request),
            kind::TRACE_CONTEXT => self.trace_context(&request),
            kind::LOB_CLOSE => self.lob_close(),
            kind::STREAM_CONTROL => self.not_negotiated("COPY_BACKPRESSURE"),
            kind::EXTENSION => self.not_negotiated("EXTENSION"),
            kind::AUTH_RESPONSE | kind::HEARTBEAT => {
                self.error(&refusal("08P01", "unsupported SBWP frame", ""))?;
                self.ready(sbwp::message::reason::COMMAND_COMPLETE)
            }
            _ => self.fatal(&refusal(
                "08P01",
                "NATIVE_WIRE.PROTOCOL_FATAL",
                "the message type is not served",
            )),
        }
    }
}

/// What may come between the data of a COPY.
fn goes_with_copy(kind: u8) -> bool {
    matches!(
        kind,
        kind::COPY_DATA
            | kind::COPY_DONE
            | kind::COPY_FAIL
            | kind::PING
            | kind::CANCEL
            | kind::TERMINATE
            | kind::STARTUP
    )
}

/// An identity in its canonical notation.
fn uuid_text(id: &Uuid) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
