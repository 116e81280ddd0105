//! Two servers that answer from memory: one speaks SBWP 1.1, one the PostgreSQL protocol, with the same TLS 1.3, the same
//! SCRAM-SHA-256 login and the same rows.
//!
//! Prints one line `sbwp PORT postgres PORT` and the authority's PEM file into the directory given as argument, and ends
//! when its standard input does.

mod dataset;
mod native;
mod postgres;
mod statement;
mod tls;
mod wire;

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use dataset::Dataset;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The one account.
pub const USER: &str = "bench";
pub const PASSWORD: &str = "bench";

/// What every connection needs.
pub struct Shared {
    pub tls: Arc<rustls::ServerConfig>,
    pub verifier: sbwp::auth::scram::ServerVerifier,
    pub dataset: Dataset,
}

fn main() -> Result<(), Failure> {
    let directory = std::env::args()
        .nth(1)
        .ok_or("usage: bench-servers DIRECTORY")?;
    let (tls, authority) = tls::generate()?;
    std::fs::write(std::path::Path::new(&directory).join("ca.pem"), authority)?;
    let shared = Arc::new(Shared {
        tls,
        verifier: sbwp::auth::scram::ServerVerifier::from_password(
            sbwp::auth::scram::Mechanism::Sha256,
            PASSWORD,
            b"sixteen bytes of",
            4096,
        )?,
        dataset: Dataset::new()?,
    });
    let sbwp = serve(shared.clone(), native::serve)?;
    let postgres = serve(shared, postgres::serve)?;
    println!("sbwp {sbwp} postgres {postgres}");
    // The harness holds the other end of the pipe.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Listens on a free port of the loopback interface, a thread for each connection.
fn serve(
    shared: Arc<Shared>,
    session: fn(TcpStream, &Shared) -> Result<(), Failure>,
) -> Result<u16, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let shared = shared.clone();
            std::thread::spawn(move || {
                let outcome = socket
                    .set_nodelay(true)
                    .map_err(Failure::from)
                    .and_then(|()| session(socket, &shared));
                if let Err(error) = outcome {
                    eprintln!("bench-servers: {error}");
                }
            });
        }
    });
    Ok(port)
}
