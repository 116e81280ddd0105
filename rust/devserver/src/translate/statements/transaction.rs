//! Transaction control: boundaries, savepoints, modes, two-phase commit.

use sqlparser::tokenizer::Token;

use super::{unknown_family, Reader};
use crate::translate::names::{fold, quote_ident, quote_literal};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

pub(super) fn transaction(reader: &mut Reader<'_>, first: &str) -> Result<Statement> {
    reader.parser.advance_token();
    match first {
        "START" => {
            reader.need("TRANSACTION")?;
            begin(reader)
        }
        "BEGIN" => {
            noise(reader);
            begin(reader)
        }
        "COMMIT" | "END" => commit(reader),
        "ROLLBACK" => rollback(reader),
        "SAVEPOINT" => {
            let name = fold(&reader.ident()?);
            Ok(Statement::new(
                Kind::Savepoint(name.clone()),
                format!("SAVEPOINT {}", quote_ident(&name)),
            ))
        }
        "RELEASE" => {
            reader.take("SAVEPOINT");
            let name = fold(&reader.ident()?);
            Ok(Statement::new(
                Kind::Release(name.clone()),
                format!("RELEASE SAVEPOINT {}", quote_ident(&name)),
            ))
        }
        "PREPARE" => {
            reader.need("TRANSACTION")?;
            let gid = quote_literal(&reader.text()?);
            Ok(Statement::new(
                Kind::PrepareTransaction,
                format!("PREPARE TRANSACTION {gid}"),
            ))
        }
        _ => Err(unknown_family()),
    }
}

fn noise(reader: &mut Reader<'_>) {
    reader.take_one_of(&["TRANSACTION", "WORK"]);
}

fn begin(reader: &mut Reader<'_>) -> Result<Statement> {
    let modes = modes(reader)?;
    Ok(Statement::new(Kind::Begin, joined("BEGIN", &modes)))
}

fn joined(head: &str, modes: &[String]) -> String {
    if modes.is_empty() {
        head.to_owned()
    } else {
        format!("{head} {}", modes.join(", "))
    }
}

fn chain(reader: &mut Reader<'_>) -> Result<()> {
    // The next transaction begins at once in any case; only its modes could be inherited.
    if reader.take("AND") {
        let keep = !reader.take("NO");
        reader.need("CHAIN")?;
        if keep {
            return Err(Refusal::unsupported("AND CHAIN is not served"));
        }
    }
    Ok(())
}

fn commit(reader: &mut Reader<'_>) -> Result<Statement> {
    if reader.take("PREPARED") {
        let gid = quote_literal(&reader.text()?);
        return Ok(Statement::new(
            Kind::CommitPrepared,
            format!("COMMIT PREPARED {gid}"),
        ));
    }
    noise(reader);
    chain(reader)?;
    Ok(Statement::new(Kind::Commit, "COMMIT"))
}

fn rollback(reader: &mut Reader<'_>) -> Result<Statement> {
    if reader.take("PREPARED") {
        let gid = quote_literal(&reader.text()?);
        return Ok(Statement::new(
            Kind::RollbackPrepared,
            format!("ROLLBACK PREPARED {gid}"),
        ));
    }
    noise(reader);
    if reader.take("TO") {
        reader.take("SAVEPOINT");
        let name = fold(&reader.ident()?);
        return Ok(Statement::new(
            Kind::RollbackTo(name.clone()),
            format!("ROLLBACK TO SAVEPOINT {}", quote_ident(&name)),
        ));
    }
    chain(reader)?;
    Ok(Statement::new(Kind::Rollback, "ROLLBACK"))
}

/// Transaction modes, with the engine's own isolation names, separated by commas or blanks.
pub(super) fn modes(reader: &mut Reader<'_>) -> Result<Vec<String>> {
    let mut found = vec![];
    loop {
        reader.symbol(&Token::Comma);
        if reader.take("ISOLATION") {
            reader.need("LEVEL")?;
            found.push(format!("ISOLATION LEVEL {}", level(reader)?));
        } else if reader.at("SNAPSHOT") {
            found.push(format!("ISOLATION LEVEL {}", level(reader)?));
        } else if reader.take_all(&["READ", "ONLY"]) {
            found.push("READ ONLY".to_owned());
        } else if reader.take_all(&["READ", "WRITE"]) {
            found.push("READ WRITE".to_owned());
        } else if reader.at("READ") {
            found.push(format!("ISOLATION LEVEL {}", level(reader)?));
        } else if reader.take_all(&["NOT", "DEFERRABLE"]) {
            found.push("NOT DEFERRABLE".to_owned());
        } else if reader.take("DEFERRABLE") {
            found.push("DEFERRABLE".to_owned());
        } else if reader.take("WAIT") {
            // Waiting for a lock is what PostgreSQL does anyway.
        } else if reader.at("NO") || reader.at("LOCK") {
            return Err(Refusal::unsupported(
                "NO WAIT and LOCK TIMEOUT of a transaction are not served",
            ));
        } else {
            return Ok(found);
        }
    }
}

fn level(reader: &mut Reader<'_>) -> Result<&'static str> {
    if reader.take_all(&["READ", "UNCOMMITTED"]) || reader.take_all(&["READ", "CONSISTENCY"]) {
        return Ok("READ COMMITTED");
    }
    if reader.take_all(&["READ", "COMMITTED"]) {
        if !reader.take_all(&["NO", "RECORD", "VERSION"]) {
            reader.take_all(&["RECORD", "VERSION"]);
        }
        return Ok("READ COMMITTED");
    }
    if reader.take_all(&["SNAPSHOT", "TABLE"]) {
        reader.take("STABILITY");
        return Ok("SERIALIZABLE");
    }
    if reader.take("SNAPSHOT") || reader.take_all(&["REPEATABLE", "READ"]) {
        return Ok("REPEATABLE READ");
    }
    if reader.take("SERIALIZABLE") {
        return Ok("SERIALIZABLE");
    }
    reader.expected("an isolation level")
}
