//! Sequences: CREATE, ALTER, and the option list that identity columns share.

use super::Reader;
use crate::translate::refusal::Result;

/// Sequence options as PostgreSQL writes them; SBsql's ALTER puts SET before some of them.
pub(super) fn options(reader: &mut Reader<'_>) -> Result<String> {
    let mut found: Vec<String> = vec![];
    loop {
        reader.take("SET");
        if reader.take("START") {
            reader.take("WITH");
            found.push(format!("START WITH {}", reader.number()?));
        } else if reader.take("INCREMENT") {
            reader.take("BY");
            found.push(format!("INCREMENT BY {}", reader.number()?));
        } else if reader.take("MINVALUE") {
            found.push(format!("MINVALUE {}", reader.number()?));
        } else if reader.take("MAXVALUE") {
            found.push(format!("MAXVALUE {}", reader.number()?));
        } else if reader.take("CACHE") {
            found.push(format!("CACHE {}", reader.number()?));
        } else if reader.take("CYCLE") {
            found.push("CYCLE".to_owned());
        } else if reader.take("RESTART") {
            found.push(if reader.take("WITH") || !reader.is_end() {
                format!("RESTART WITH {}", reader.number()?)
            } else {
                "RESTART".to_owned()
            });
        } else if reader.take("NO") {
            match reader.take_one_of(&["MINVALUE", "MAXVALUE", "CYCLE", "CACHE"]) {
                Some("CACHE") => found.push("CACHE 1".to_owned()),
                Some(word) => found.push(format!("NO {word}")),
                None => return reader.expected("MINVALUE, MAXVALUE, CYCLE or CACHE"),
            }
        } else {
            return Ok(found.join(" "));
        }
    }
}
