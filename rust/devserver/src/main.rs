#![forbid(unsafe_code)]
//! The development server's program: reads the command line, prepares the engine, listens, says where.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use scratchbird_devserver::backend::Target;
use scratchbird_devserver::certificate::{self, Identity};
use scratchbird_devserver::datatype::Registry;
use scratchbird_devserver::listener;
use scratchbird_devserver::options::{Options, Switch};
use scratchbird_devserver::server::Server;
use scratchbird_devserver::users::Users;
use scratchbird_devserver::{announcement, preparation};
use tokio_rustls::TlsAcceptor;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scratchbird-devserver: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(serve(options));
    // A blocking read of standard input may still be under way.
    runtime.shutdown_background();
    served
}

fn identity(options: &Options) -> Result<Option<Identity>, Failure> {
    if options.tls == Switch::Off {
        return Ok(None);
    }
    let identity = match (&options.cert, &options.key) {
        (Some(cert), Some(key)) => certificate::load(cert, key)?,
        _ => certificate::generate(options.certificate)?,
    };
    if let Some(pem) = &identity.authority_pem {
        std::fs::write(&options.ca_file, pem)
            .map_err(|error| format!("{}: {error}", options.ca_file.display()))?;
    }
    Ok(Some(identity))
}

async fn serve(options: &Options) -> Result<(), Failure> {
    let target = Arc::new(Target::parse(&options.backend)?);
    let users = Users::new(options.auth, &options.credentials()?)?;
    let identity = identity(options)?;
    let patience = Duration::from_secs(options.wait_for_backend);
    if options.create_database {
        preparation::create_database(&target, patience).await?;
    } else {
        preparation::wait(&target, patience).await?;
    }
    preparation::prepare(&target).await?;
    let types = Registry::open(Arc::clone(&target)).await?;
    let server = Server::new(
        target,
        users,
        options.database.clone(),
        options.profile,
        options.read_only,
        types,
    );
    let server = Arc::new(server.offering(options.features()));
    let tcp = listener::bind(&options.host, options.port)
        .await
        .map_err(|error| {
            format!(
                "cannot listen on {}:{}: {error}",
                options.host, options.port
            )
        })?;
    let address = tcp.local_addr()?;
    let made = identity
        .as_ref()
        .is_some_and(|identity| identity.authority_pem.is_some());
    let line = announcement::line(options, address.port(), made);
    let acceptor = identity.map(|identity| TlsAcceptor::from(identity.config));
    tokio::spawn(listener::serve_tcp(Arc::clone(&server), tcp, acceptor));
    #[cfg(unix)]
    if let Some(path) = &options.socket {
        let unix = tokio::net::UnixListener::bind(path)
            .map_err(|error| format!("cannot listen on {}: {error}", path.display()))?;
        tokio::spawn(listener::serve_unix(Arc::clone(&server), unix));
    }
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    wait_for_end(options.exit_on_stdin_eof).await?;
    #[cfg(unix)]
    if let Some(path) = &options.socket {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

/// Waits for a signal, or for the end of standard input if that is to count.
async fn wait_for_end(stdin: bool) -> Result<(), Failure> {
    let input_ends = async {
        match stdin {
            false => std::future::pending::<()>().await,
            true => {
                let drained = tokio::task::spawn_blocking(|| {
                    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
                });
                // However reading ended, nothing more will come.
                let _ended = drained.await;
            }
        }
    };
    #[cfg(unix)]
    let terminated = async {
        let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        signal.recv().await;
        Ok::<(), std::io::Error>(())
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Result<(), std::io::Error>>();
    tokio::select! {
        () = input_ends => Ok(()),
        result = tokio::signal::ctrl_c() => Ok(result?),
        result = terminated => Ok(result?),
    }
}
