//! What the recorded frames say, compared with what the recorder noted beside each.

#![allow(clippy::unwrap_used, clippy::panic)] // a panic is the failure report

mod recording;
mod spec;

use recording::{Message, Recorded};
use sbwp::message::{
    kind, ClientMessage, Diagnostic, Generation, Ready, Row, RowDescription, ServerMessage,
};

/// Python's `repr` of a text, which the notes use.
fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn note_of_ready(ready: &Ready, payload: &[u8]) -> String {
    match ready.generation {
        Generation::Legacy => format!("legacy {}", hex(payload)),
        Generation::P1 => format!(
            "txn={} state={} reason={} ver={:04x} feat=0x{:x}",
            ready.transaction, ready.state as char, ready.reason, ready.version, ready.features
        ),
    }
}

fn note_of_columns(description: &RowDescription) -> String {
    if description.generation == Generation::Legacy {
        return "legacy".to_owned();
    }
    let columns: Vec<String> = description
        .columns
        .iter()
        .map(|c| format!("{}({},{})", c.name, c.type_ref.family, c.type_ref.code))
        .collect();
    format!("columns: {}", columns.join(", "))
}

fn note_of_row(row: &Row) -> String {
    let values: Vec<String> = row
        .values
        .iter()
        .map(|value| match value {
            None => "NULL".to_owned(),
            Some(value) => repr(&String::from_utf8_lossy(value))
                .chars()
                .take(60)
                .collect(),
        })
        .collect();
    format!("row: {}", values.join(", "))
}

fn note_of_error(error: &Diagnostic) -> String {
    let fields: Vec<String> = error
        .fields
        .iter()
        .map(|(code, text)| format!("{}={text}", *code as char))
        .collect();
    fields.join("; ")
}

/// What the recorder would have noted of a message; `None` where it noted the purpose instead.
fn note_of(message: &ServerMessage, payload: &[u8]) -> Option<String> {
    Some(match message {
        ServerMessage::Ready(ready) => note_of_ready(ready, payload),
        ServerMessage::RowDescription(description) => note_of_columns(description),
        ServerMessage::DataRow(row) => note_of_row(row),
        ServerMessage::CommandComplete(done) => format!(
            "{} rows={} last_id={} type={}",
            done.tag, done.rows, done.last_id, done.command_type
        ),
        ServerMessage::Error(error) => note_of_error(error),
        ServerMessage::ParameterStatus(status) => {
            let entries: Vec<String> = status
                .entries
                .iter()
                .map(|e| format!("{}={}", e.key, e.value))
                .collect();
            entries.join(", ")
        }
        ServerMessage::ParameterDescription(description) => match description.generation {
            Generation::P1 => format!("{} parameters", description.parameters.len()),
            Generation::Legacy => "legacy".to_owned(),
        },
        ServerMessage::CopyInResponse(copy) => {
            format!("format={} window={}", copy.format, copy.window_bytes)
        }
        _ => return None,
    })
}

/// Where the recorder cut a note short, in characters.
fn cut(message: &ServerMessage) -> usize {
    match message {
        ServerMessage::DataRow(_) => 205,
        ServerMessage::ParameterStatus(_) => 400,
        _ => usize::MAX,
    }
}

#[test]
fn every_answer_says_what_was_noted() {
    let Some(recordings) = recording::all() else {
        return;
    };
    let mut compared = 0;
    // One note hides a path of the recording machine.
    let noted =
        |frame: &&Recorded| !frame.note.is_empty() && !frame.note.contains("<database path>");
    for frame in recordings.iter().flat_map(|r| &r.frames).filter(noted) {
        let Some(message) = frame.server() else {
            continue;
        };
        let Some(told) = note_of(&message, &frame.payload) else {
            continue;
        };
        let told: String = told.chars().take(cut(&message)).collect();
        assert_eq!(told, frame.note, "{}", frame.at);
        compared += 1;
    }
    assert!(compared > 3_000, "{compared} notes compared");
}

#[test]
fn most_queries_were_noted_by_their_text() {
    let Some(recordings) = recording::all() else {
        return;
    };
    let (mut by_text, mut all) = (0, 0);
    for frame in recordings
        .iter()
        .flat_map(|r| &r.frames)
        .filter(|f| f.kind == kind::QUERY)
    {
        let Ok(Message::Client(ClientMessage::Query(query))) = frame.decode() else {
            panic!("{}: not a QUERY", frame.at);
        };
        // A long text was noted by its beginning; some notes give the purpose instead.
        let noted = frame.note.split('…').next().unwrap_or_default();
        by_text += usize::from(!noted.trim().is_empty() && query.sql.starts_with(noted.trim_end()));
        all += 1;
    }
    assert!(by_text * 10 >= all * 8 && all > 500, "{by_text} of {all}");
}
