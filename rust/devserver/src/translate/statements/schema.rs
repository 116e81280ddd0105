//! Schemas: the tree is flat in PostgreSQL, so creating, dropping and renaming go through procedures that know it.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use super::Reader;
use crate::translate::names::{fold, parts, quote_literal, schema_of_path};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

/// A schema path in a statement: parts, or one quoted name that holds the whole path.
pub(super) fn path(name: &ObjectName) -> Result<String> {
    if let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() {
        return path_of_ident(ident);
    }
    schema_of_path(&parts(name)?)
}

/// `"users.public"` in one pair of quotes is what client libraries send for a path.
pub(super) fn path_of_ident(ident: &Ident) -> Result<String> {
    let folded: Vec<String> = fold(ident).split('.').map(str::to_owned).collect();
    schema_of_path(&folded)
}

/// After `CREATE SCHEMA`.
pub(super) fn create(reader: &mut Reader<'_>) -> Result<Statement> {
    let exists = reader.take_all(&["IF", "NOT", "EXISTS"]);
    let schema = path(&reader.object()?)?;
    // The owner is the session's user in any case.
    if reader.take("AUTHORIZATION") {
        reader.ident()?;
    }
    Ok(Statement::new(
        Kind::Ddl,
        format!(
            "CALL sys_fn.create_schema({}, {exists})",
            quote_literal(&schema)
        ),
    ))
}

/// After `DROP SCHEMA`.
pub(super) fn drop(reader: &mut Reader<'_>) -> Result<Statement> {
    let exists = reader.take_all(&["IF", "EXISTS"]);
    let schema = path(&reader.object()?)?;
    super::drop::restrict(reader)?;
    Ok(Statement::new(
        Kind::Ddl,
        format!(
            "CALL sys_fn.drop_schema({}, {exists})",
            quote_literal(&schema)
        ),
    ))
}

/// After `RENAME SCHEMA`, or from `ALTER SCHEMA p RENAME TO n`.
pub(super) fn rename(reader: &mut Reader<'_>) -> Result<Statement> {
    let schema = path(&reader.object()?)?;
    reader.take("RENAME");
    reader.need("TO")?;
    let new = fold(&reader.ident()?);
    if schema == "public" || schema == "sys" || schema.starts_with("sys.") {
        return Err(Refusal::rejected(
            "SBSQL.RENAME_OBJECT_DDL.UNSUPPORTED_SHAPE",
            "a built-in schema cannot be renamed",
        ));
    }
    Ok(Statement::new(
        Kind::Ddl,
        format!(
            "CALL sys_fn.rename_schema({}, {})",
            quote_literal(&schema),
            quote_literal(&new)
        ),
    ))
}
