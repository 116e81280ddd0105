//! The PostgreSQL of the tests: the one that SCRATCHBIRD_TEST_BACKEND names, or the embedded one of the Python package,
//! which is started here and ends with this process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Says where it is once it answers, and waits for the end of whoever started it.
const START: &str = "
import sys, time
from scratchbird.devserver.engine import Engine
engine = Engine(None)
state = engine.cluster / 'postmaster.pid'
while not (state.exists() and 'ready' in state.read_text()):
    assert not engine.ended(), engine.tail()
    time.sleep(0.01)
print(engine.lease(), flush=True)
sys.stdin.read()
engine.release()
";

struct Started {
    url: String,
    /// Its standard input stays open as long as this process lives.
    _process: Child,
}

static STARTED: OnceLock<Started> = OnceLock::new();

/// Its URL.
///
/// # Panics
/// There is none, and none can be started: a test that needs one has not passed without.
pub fn url() -> String {
    match std::env::var("SCRATCHBIRD_TEST_BACKEND") {
        Ok(url) => url,
        Err(_) => STARTED.get_or_init(start).url.clone(),
    }
}

fn start() -> Started {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".venv/bin/python");
    let mut process = Command::new(&python)
        .args(["-c", START])
        .current_dir(&root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "this test needs a PostgreSQL: `make build` brings one, or name one in SCRATCHBIRD_TEST_BACKEND ({}: {error})",
                python.display()
            )
        });
    let mut url = String::new();
    let stdout = process.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut url).expect("UTF-8");
    assert!(url.ends_with('\n'), "the embedded PostgreSQL did not start");
    Started {
        url: url.trim_end().to_owned(),
        _process: process,
    }
}
