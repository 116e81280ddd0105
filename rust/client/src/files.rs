//! Reads small text files of the user, and knows whether others may read them too.
//!
//! Must not know: what is in them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The largest file that is read, in bytes.
const MAX_SIZE: u64 = 1024 * 1024;

/// A file that was read.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) text: String,
    /// Whether group or others have any access to it. Always false where the platform has no such notion.
    pub(crate) is_exposed: bool,
}

/// Reads a whole file.
///
/// # Errors
/// Besides those of the system: it is no regular file, is too large, or is not UTF-8.
pub(crate) fn read(path: &Path) -> io::Result<TextFile> {
    let bad = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
    // Looked at before it is opened: opening a pipe would wait for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(bad("not a regular file"));
    }
    let file = File::open(path)?;
    // What was opened counts, not what the path names meanwhile.
    let is_exposed = is_exposed(&file.metadata()?);
    let mut bytes = Vec::new();
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(bad("larger than 1 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| bad("not UTF-8"))?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(TextFile { text, is_exposed })
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_exposed(_: &fs::Metadata) -> bool {
    false
}
