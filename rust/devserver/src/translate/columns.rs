//! The names of result columns that carry no alias: SBsql counts them (`column1`), and a function keeps the name it was
//! called by, whatever the translation makes of it.

use sqlparser::ast::{Expr, Ident, Query, SelectItem, SetExpr};

use super::functions;

pub(crate) fn name_columns(query: &mut Query) {
    let ordered_by = query
        .order_by
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    name_body(&mut query.body, &ordered_by);
}

fn name_body(body: &mut SetExpr, ordered_by: &str) {
    match body {
        SetExpr::Select(select) => {
            for (at, item) in select.projection.iter_mut().enumerate() {
                name_item(item, at + 1, ordered_by);
            }
        }
        // The first branch names the columns of a set operation.
        SetExpr::SetOperation { left, .. } => name_body(left, ordered_by),
        SetExpr::Query(query) => name_body(&mut query.body, ordered_by),
        _ => {}
    }
}

fn name_item(item: &mut SelectItem, position: usize, ordered_by: &str) {
    let SelectItem::UnnamedExpr(expr) = item else {
        return;
    };
    let name = match expr {
        Expr::Function(function) => match functions::shown_name(function) {
            Some(name) => name,
            None => return,
        },
        Expr::BinaryOp { .. }
        | Expr::UnaryOp { .. }
        | Expr::Value(_)
        | Expr::Nested(_)
        | Expr::Tuple(_) => {
            format!("column{position}")
        }
        Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsFalse(_)
        | Expr::InList { .. } => {
            format!("column{position}")
        }
        Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::IsDistinctFrom(..) => {
            format!("column{position}")
        }
        Expr::Cast { expr: inner, .. }
            if !matches!(
                inner.as_ref(),
                Expr::Identifier(_) | Expr::CompoundIdentifier(_)
            ) =>
        {
            format!("column{position}")
        }
        _ => return,
    };
    // A new output name must not capture what ORDER BY means.
    if ordered_by.contains(name.as_str()) {
        return;
    }
    let expr = expr.clone();
    *item = SelectItem::ExprWithAlias {
        expr,
        alias: Ident::with_quote('"', name),
    };
}
