//! Operators whose meaning or binding differs between SBsql and PostgreSQL, rewritten once their operands are done.

use sqlparser::ast::{BinaryOperator, Expr, Value};

use super::dialect::{call, verbatim};
use super::refusal::{Refusal, Result};

pub(crate) fn after(expr: &mut Expr) -> Result<()> {
    match expr {
        Expr::BinaryOp { left, op, right } => {
            // `->` binds tighter than arithmetic here and looser there.
            for side in [left, right] {
                if is_arrow(side) {
                    nest(side);
                }
            }
            match op {
                BinaryOperator::Divide => {
                    let Expr::BinaryOp { left, right, .. } =
                        std::mem::replace(expr, verbatim("NULL"))
                    else {
                        return Ok(());
                    };
                    // The quotient of two integers is a decimal.
                    *expr = call("sys_fn.divide", vec![*left, *right]);
                    Ok(())
                }
                BinaryOperator::BitwiseXor | BinaryOperator::PGExp => Err(Refusal::rejected(
                    "SBSQL.QUERY.PROJECTION_INVALID",
                    "`^` has no meaning; use power() or bit_xor()",
                )),
                BinaryOperator::Custom(name) if matches!(name.as_str(), "<~>" | "<%>") => {
                    // Hamming and Jaccard distance of bit vectors.
                    *name = if name == "<~>" {
                        "OPERATOR(pg_catalog.<~>)"
                    } else {
                        "<%>"
                    }
                    .to_owned();
                    Ok(())
                }
                _ => Ok(()),
            }
        }
        Expr::UnaryOp { expr: inner, .. }
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::Between { expr: inner, .. }
        | Expr::InList { expr: inner, .. }
            if is_arrow(inner) =>
        {
            nest(inner);
            Ok(())
        }
        Expr::Like {
            expr: inner,
            pattern,
            escape_char,
            ..
        }
        | Expr::ILike {
            expr: inner,
            pattern,
            escape_char,
            ..
        } => {
            if is_arrow(inner) {
                nest(inner);
            }
            // Without ESCAPE a backslash in the pattern is an ordinary character.
            if escape_char.is_none() && !is_free_of_backslash(pattern) {
                *escape_char = Some(Box::new(verbatim("''")));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn is_arrow(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::BinaryOp {
            op: BinaryOperator::Arrow | BinaryOperator::LongArrow,
            ..
        }
    )
}

fn nest(expr: &mut Expr) {
    let inner = std::mem::replace(expr, verbatim("NULL"));
    *expr = Expr::Nested(Box::new(inner));
}

fn is_free_of_backslash(pattern: &Expr) -> bool {
    match pattern {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(text) => text.starts_with('\'') && !text.contains('\\'),
            _ => false,
        },
        _ => false,
    }
}
