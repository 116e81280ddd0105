//! Rewrites a parsed SBsql tree in place until it prints as PostgreSQL: names, literals, operators, functions.
//! One visitor for queries, data changes and the expressions inside definitions.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Ident, LimitClause, ObjectName, Query, Select, TableFactor,
    TopQuantity, Value, ValueWithSpan, VisitMut, VisitorMut,
};

use super::dialect::verbatim;
use super::names;
use super::refusal::{Refusal, Result};
use super::{functions, operators};

/// Rewrites any part of a tree.
pub(crate) fn rewrite<T: VisitMut>(node: &mut T) -> Result<()> {
    match node.visit(&mut Rewriter) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(refusal) => Err(refusal),
    }
}

struct Rewriter;

type Flow = ControlFlow<Refusal>;

fn flow(result: Result<()>) -> Flow {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(refusal) => ControlFlow::Break(refusal),
    }
}

impl VisitorMut for Rewriter {
    type Break = Refusal;

    fn pre_visit_ident(&mut self, ident: &mut Ident) -> Flow {
        names::settle(ident);
        Flow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &mut ObjectName) -> Flow {
        flow(names::map_object(name))
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> Flow {
        flow(settle_value(&mut value.value))
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> Flow {
        flow(settle_query(query))
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> Flow {
        flow(settle_select(select))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> Flow {
        flow(settle_table(factor))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> Flow {
        flow(before(expr))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> Flow {
        flow(operators::after(expr))
    }
}

/// Strings print through a placeholder: the tree's own printing guesses at quotes that look escaped already.
fn settle_value(value: &mut Value) -> Result<()> {
    match value {
        Value::SingleQuotedString(text) => *value = Value::Placeholder(names::quote_literal(text)),
        Value::Placeholder(text) if text.starts_with(':') => {
            return Err(Refusal::rejected(
                "SBSQL.PARAMETER.NAMED_UNBOUND",
                format!("{text} is not substituted; parameters are $1, $2 … or ?"),
            ))
        }
        _ => {}
    }
    Ok(())
}

/// `SELECT TOP n` becomes a limit of the query around it.
fn settle_query(query: &mut Query) -> Result<()> {
    let sqlparser::ast::SetExpr::Select(select) = query.body.as_mut() else {
        return Ok(());
    };
    let Some(top) = select.top.take() else {
        return Ok(());
    };
    if top.percent || top.with_ties {
        return Err(Refusal::unsupported(
            "TOP with PERCENT or WITH TIES is not served",
        ));
    }
    let limit = match top.quantity {
        Some(TopQuantity::Constant(n)) => verbatim(n.to_string()),
        Some(TopQuantity::Expr(expr)) => expr,
        None => return Err(Refusal::syntax("TOP needs a count")),
    };
    match &mut query.limit_clause {
        None => {
            query.limit_clause = Some(LimitClause::LimitOffset {
                limit: Some(limit),
                offset: None,
                limit_by: vec![],
            });
        }
        Some(LimitClause::LimitOffset {
            limit: slot @ None, ..
        }) => *slot = Some(limit),
        Some(_) => return Err(Refusal::syntax("TOP and LIMIT exclude each other")),
    }
    Ok(())
}

fn settle_select(select: &mut Select) -> Result<()> {
    if matches!(select.distinct, Some(sqlparser::ast::Distinct::On(_))) {
        return Err(Refusal::rejected(
            "SBSQL.QUERY.ROW_FAMILY_UNSUPPORTED",
            "DISTINCT ON is not in the language",
        ));
    }
    if let GroupByExpr::All(_) = select.group_by {
        return Err(Refusal::unsupported("GROUP BY ALL is not served"));
    }
    Ok(())
}

fn settle_table(factor: &mut TableFactor) -> Result<()> {
    match factor {
        // A set-returning function: procedures are selectable.
        TableFactor::Table {
            name,
            args: Some(_),
            ..
        }
        | TableFactor::Function { name, .. } => functions::rename_relation(name),
        TableFactor::TableFunction { expr, alias } => {
            // TABLE(f(x)) alias: PostgreSQL calls the function in FROM directly.
            let (expr, alias) = (expr.clone(), alias.take());
            let Expr::Function(function) = expr else {
                return Err(Refusal::syntax("TABLE( … ) in FROM takes a function call"));
            };
            let sqlparser::ast::FunctionArguments::List(list) = function.args else {
                return Err(Refusal::syntax("TABLE( … ) in FROM takes a function call"));
            };
            let mut name = function.name;
            functions::rename_relation(&mut name)?;
            *factor = TableFactor::Function {
                lateral: false,
                name,
                args: list.args,
                with_ordinality: false,
                alias,
            };
            Ok(())
        }
        _ => Ok(()),
    }
}

fn before(expr: &mut Expr) -> Result<()> {
    match expr {
        Expr::CompoundIdentifier(idents) if idents.len() > 2 => qualify_column(idents),
        Expr::QualifiedWildcard(name, _) => names::map_object(name),
        Expr::Function(_) => functions::rewrite(expr),
        Expr::BinaryOp {
            op: BinaryOperator::Xor,
            ..
        } => {
            let Expr::BinaryOp { left, right, .. } = std::mem::replace(expr, verbatim("NULL"))
            else {
                return Ok(());
            };
            // Three-valued: unknown when either side is.
            *expr = Expr::Nested(Box::new(Expr::BinaryOp {
                left: Box::new(Expr::Nested(left)),
                op: BinaryOperator::NotEq,
                right: Box::new(Expr::Nested(right)),
            }));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// `a.b.t.c`: the path before the table becomes one schema.
fn qualify_column(idents: &mut Vec<Ident>) -> Result<()> {
    let tail = idents.split_off(idents.len() - 2);
    let path: Vec<String> = idents.iter().map(names::fold).collect();
    let schema = names::schema_of_path(&path)?;
    *idents = vec![Ident::with_quote('"', schema)];
    idents.extend(tail);
    Ok(())
}
