//! A PostgreSQL to run translations on: a database of its own for each test, spoken to by the simple protocol.

#[path = "../backend/mod.rs"]
mod backend;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use percent_encoding::percent_decode_str;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use scratchbird_devserver::catalog;
use scratchbird_devserver::translate::{translate, Kind, Options, Statement};

/// SQLSTATE and message of an error.
pub type Failure = (String, String);
pub type Rows = Vec<Vec<Option<String>>>;

pub struct Engine {
    stream: UnixStream,
    incoming: BytesMut,
    owner: Option<(String, String)>,
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The directory of the engine's socket, from `postgresql://user@/database?host=/directory`.
fn socket() -> (String, String) {
    let url = backend::url();
    let rest = url.split_once("://").expect("a URL").1;
    let user = rest
        .split(['@', ':', '/'])
        .next()
        .filter(|u| !u.is_empty())
        .unwrap_or("postgres")
        .to_owned();
    let (_, host) = rest
        .split_once("host=")
        .expect("host=/directory in the backend's URL");
    let host = host.split('&').next().unwrap_or(host);
    let host = percent_decode_str(host)
        .decode_utf8()
        .expect("UTF-8")
        .into_owned();
    (format!("{host}/.s.PGSQL.5432"), user)
}

impl Engine {
    /// A new database with the bootstrap run in it.
    pub fn new() -> Engine {
        let (path, user) = socket();
        let name = format!(
            "sbsql_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let mut admin = Engine::open(&path, &user, "postgres");
        admin
            .run(&format!("CREATE DATABASE {name}"))
            .expect("CREATE DATABASE");
        let mut engine = Engine::open(&path, &user, &name);
        engine.run(catalog::bootstrap_sql()).expect("bootstrap");
        engine.owner = Some((path, name));
        engine
    }

    fn open(path: &str, user: &str, database: &str) -> Engine {
        let stream = UnixStream::connect(path).expect("the engine's socket");
        let mut engine = Engine {
            stream,
            incoming: BytesMut::new(),
            owner: None,
        };
        let mut settings = vec![
            ("user", user),
            ("database", database),
            ("IntervalStyle", "iso_8601"),
            ("TimeZone", "UTC"),
        ];
        settings.extend(catalog::SESSION_SETTINGS);
        let mut out = BytesMut::new();
        frontend::startup_message(settings, &mut out).expect("startup");
        engine.stream.write_all(&out).expect("write");
        engine.answer().expect("start-up");
        engine
    }

    fn message(&mut self) -> Message {
        loop {
            if let Some(message) = Message::parse(&mut self.incoming).expect("a message") {
                return message;
            }
            let mut chunk = [0u8; 16384];
            let n = self.stream.read(&mut chunk).expect("read");
            assert!(n > 0, "the engine closed the connection");
            self.incoming.extend_from_slice(&chunk[..n]);
        }
    }

    fn answer(&mut self) -> Result<(Vec<String>, Rows), Failure> {
        let (mut names, mut rows, mut failure) = (vec![], vec![], None);
        loop {
            match self.message() {
                Message::RowDescription(body) => {
                    names = body
                        .fields()
                        .map(|f| Ok(f.name().to_owned()))
                        .collect()
                        .expect("fields");
                    rows.clear();
                }
                Message::DataRow(body) => {
                    let buffer = body.buffer();
                    let row = body
                        .ranges()
                        .map(|r| Ok(r.map(|r| String::from_utf8_lossy(&buffer[r]).into_owned())))
                        .collect()
                        .expect("cells");
                    rows.push(row);
                }
                Message::ErrorResponse(body) => {
                    let field = |kind: u8| {
                        body.fields()
                            .find(|f| Ok(f.type_() == kind))
                            .expect("fields")
                            .map(|f| String::from_utf8_lossy(f.value_bytes()).into_owned())
                            .unwrap_or_default()
                    };
                    failure = Some((field(b'C'), field(b'M')));
                }
                Message::ReadyForQuery(_) => return failure.map_or(Ok((names, rows)), Err),
                Message::AuthenticationMd5Password(_)
                | Message::AuthenticationCleartextPassword => {
                    panic!("the test engine must trust its socket")
                }
                _ => {}
            }
        }
    }

    /// PostgreSQL text as it stands.
    pub fn run(&mut self, sql: &str) -> Result<(Vec<String>, Rows), Failure> {
        let mut out = BytesMut::new();
        frontend::query(sql, &mut out).expect("query");
        self.stream.write_all(&out).expect("write");
        self.answer()
    }

    /// SBsql: translated, questions answered, run. The last statement's answer.
    pub fn sbsql(&mut self, sql: &str) -> Result<(Vec<String>, Rows), Failure> {
        let statements = translate(sql, &Options::default())
            .map_err(|r| (r.sqlstate.to_owned(), r.to_string()))?;
        let mut last = (vec![], vec![]);
        for statement in statements {
            if statement.kind == Kind::Empty {
                continue;
            }
            let statement = self.resolved(statement)?;
            last = self.run(&statement.sql)?;
        }
        Ok(last)
    }

    fn resolved(&mut self, statement: Statement) -> Result<Statement, Failure> {
        let Some(lookup) = &statement.lookup else {
            return Ok(statement);
        };
        let (_, rows) = self.run(&lookup.sql.clone())?;
        statement
            .resolve(&rows)
            .map_err(|r| (r.sqlstate.to_owned(), r.to_string()))
    }

    /// Runs SBsql that must succeed.
    pub fn ok(&mut self, sql: &str) -> Rows {
        match self.sbsql(sql) {
            Ok((_, rows)) => rows,
            Err((state, message)) => {
                let translated = translate(sql, &Options::default())
                    .map(|s| s.into_iter().map(|s| s.sql).collect::<Vec<_>>());
                panic!("{sql}\n  gives {state} {message}\n  translated: {translated:?}")
            }
        }
    }

    /// The rows as text: cells by `|`, rows by `;`, NULL as `~`.
    pub fn text(&mut self, sql: &str) -> String {
        let rows = self.ok(sql);
        rows.iter()
            .map(|row| {
                row.iter()
                    .map(|c| c.as_deref().unwrap_or("~"))
                    .collect::<Vec<_>>()
                    .join("|")
            })
            .collect::<Vec<_>>()
            .join(";")
    }

    /// The SQLSTATE SBsql that must fail fails with.
    pub fn fails(&mut self, sql: &str) -> String {
        match self.sbsql(sql) {
            Ok(rows) => panic!("{sql}\n  must fail, gives {rows:?}"),
            Err((state, _)) => state,
        }
    }

    /// Runs pairs of SBsql and expected text.
    pub fn check(&mut self, cases: &[(&str, &str)]) {
        for (sql, expected) in cases {
            assert_eq!(self.text(sql), *expected, "{sql}");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some((path, name)) = self.owner.take() else {
            return;
        };
        let mut admin = Engine::open(&path, "postgres", "postgres");
        let dropped = admin.run(&format!("DROP DATABASE {name} WITH (FORCE)"));
        if !std::thread::panicking() {
            dropped.expect("DROP DATABASE");
        }
    }
}
