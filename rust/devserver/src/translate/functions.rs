//! SBsql's function names as PostgreSQL's: renamed, or replaced by a function of the schema `sys_fn`.

use sqlparser::ast::{Expr, Ident, ObjectName, ObjectNamePart};

use super::names;
use super::refusal::Result;

pub(crate) fn rewrite(expr: &mut Expr) -> Result<()> {
    let Expr::Function(function) = expr else {
        return Ok(());
    };
    if function.name.0.len() > 1 {
        return rename_relation(&mut function.name);
    }
    Ok(())
}

/// Maps the name of a function called in FROM.
pub(crate) fn rename_relation(name: &mut ObjectName) -> Result<()> {
    names::map_object(name)
}

#[allow(dead_code)]
fn single(name: &str) -> ObjectName {
    ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))])
}
