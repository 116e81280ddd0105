//! SBsql's function names as PostgreSQL's: renamed, replaced by a function of the schema `sys_fn`, or turned into an
//! expression. Names it does not know pass through, and PostgreSQL says whether they exist.

use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, Ident, ObjectName, ObjectNamePart, Value,
};

use super::dialect::{call, verbatim};
use super::function_names::{DISTANCES, OF_VECTORS, OWN, RENAMED, SESSION_WORDS, UNSERVED};
use super::names;
use super::refusal::{Refusal, Result};

/// The name an unaliased call shows as its column, when the translation would change it.
pub(crate) fn shown_name(function: &Function) -> Option<String> {
    let [ObjectNamePart::Identifier(ident)] = function.name.0.as_slice() else {
        return None;
    };
    let name = names::fold(ident);
    let changes = RENAMED.iter().any(|(from, _)| *from == name)
        || matches!(
            name.as_str(),
            "iif" | "vector" | "listagg" | "at_time_zone" | "json_object" | "approx_count_distinct"
        )
        || DISTANCES.iter().any(|(from, _)| *from == name)
        || name.starts_with("approx_");
    changes.then_some(name)
}

pub(crate) fn rewrite(expr: &mut Expr) -> Result<()> {
    let Expr::Function(function) = expr else {
        return Ok(());
    };
    drop_system_prefix(&mut function.name);
    if function.name.0.len() > 1 {
        return names::map_object(&mut function.name);
    }
    let [ObjectNamePart::Identifier(ident)] = function.name.0.as_slice() else {
        return Ok(());
    };
    if ident.quote_style.is_some() {
        return Ok(());
    }
    let name = ident.value.to_ascii_lowercase();
    let arity = arguments(function).map_or(0, <[FunctionArg]>::len);
    if UNSERVED.contains(&name.as_str()) {
        return Err(Refusal::unsupported(format!(
            "the function {name} is not served"
        )));
    }
    if OF_VECTORS.contains(&name.as_str()) {
        type_vectors(function);
    }
    if let Some((_, operator)) = DISTANCES.iter().find(|(from, _)| *from == name) {
        if let Some([left, right]) =
            expressions(function).and_then(|a| <[Expr; 2]>::try_from(a).ok())
        {
            *expr = distance(left, operator, right);
            return Ok(());
        }
    }
    if let Some((_, to)) = RENAMED.iter().find(|(from, _)| *from == name) {
        function.name = single(to);
        return Ok(());
    }
    let own = OWN.contains(&name.as_str())
        || SESSION_WORDS.contains(&name.as_str())
        || (arity == 2 && matches!(name.as_str(), "bit_and" | "bit_or" | "bit_xor" | "round"));
    if own {
        function.name = in_own_schema(&name);
        if matches!(function.args, FunctionArguments::None) {
            // CURRENT_USER and its like: a call, with the column name PostgreSQL would give.
            *expr = verbatim(format!("sys_fn.{name}()"));
        }
        return Ok(());
    }
    special(expr, &name)
}

/// Maps the name of a function called in FROM.
pub(crate) fn rename_relation(name: &mut ObjectName) -> Result<()> {
    drop_system_prefix(name);
    if let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() {
        let folded = names::fold(ident);
        if OWN.contains(&folded.as_str()) {
            *name = in_own_schema(&folded);
        }
        return Ok(());
    }
    names::map_object(name)
}

/// `sb.scalar.lower` is the system name of `lower`.
fn drop_system_prefix(name: &mut ObjectName) {
    let system = name
        .0
        .first()
        .and_then(ObjectNamePart::as_ident)
        .is_some_and(|i| names::fold(i) == "sb");
    if system && name.0.len() > 2 {
        name.0 = name.0.split_off(name.0.len() - 1);
    }
}

fn single(name: &str) -> ObjectName {
    ObjectName::from(vec![Ident::new(name)])
}

fn in_own_schema(name: &str) -> ObjectName {
    ObjectName::from(vec![Ident::new("sys_fn"), Ident::new(name)])
}

fn arguments(function: &Function) -> Option<&[FunctionArg]> {
    match &function.args {
        FunctionArguments::List(list) => Some(&list.args),
        _ => None,
    }
}

fn arguments_mut(function: &mut Function) -> Option<&mut Vec<FunctionArg>> {
    match &mut function.args {
        FunctionArguments::List(list) => Some(&mut list.args),
        _ => None,
    }
}

/// The arguments as plain expressions; None when any is named or a star.
fn expressions(function: &Function) -> Option<Vec<Expr>> {
    arguments(function)?
        .iter()
        .map(|a| match a {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e.clone()),
            _ => None,
        })
        .collect()
}

fn cast(expr: Expr, to: &str) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type: DataType::Custom(single(to), vec![]),
        format: None,
    }
}

/// Whether PostgreSQL would have to guess an argument's type.
fn is_untyped(arg: &FunctionArg) -> bool {
    matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))
    if match &value.value {
        Value::SingleQuotedString(_) => true,
        Value::Placeholder(text) => text.starts_with('$'),
        _ => false,
    })
}

/// With no typed argument a distance function is ambiguous: make the first a vector.
fn type_vectors(function: &mut Function) {
    let Some(list) = arguments_mut(function) else {
        return;
    };
    let vectors = list.len().min(2);
    if !list.iter().take(vectors).all(is_untyped) {
        return;
    }
    if let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = list.first_mut() {
        let inner = std::mem::replace(first, verbatim("NULL"));
        *first = cast(inner, "vector");
    }
}

/// A distance as its operator: PostgreSQL uses an index for that alone.
fn distance(left: Expr, operator: &str, right: Expr) -> Expr {
    let nested = |side| Box::new(Expr::Nested(Box::new(side)));
    Expr::Nested(Box::new(Expr::BinaryOp {
        left: nested(left),
        op: BinaryOperator::Custom(operator.to_owned()),
        right: nested(right),
    }))
}

fn special(expr: &mut Expr, name: &str) -> Result<()> {
    let Expr::Function(function) = expr else {
        return Ok(());
    };
    match name {
        "iif" => {
            let Some([condition, yes, no]) =
                expressions(function).and_then(|a| <[Expr; 3]>::try_from(a).ok())
            else {
                return Err(Refusal::rejected(
                    "SBSQL.QUERY.PROJECTION_INVALID",
                    "iif takes three arguments",
                ));
            };
            *expr = Expr::Case {
                case_token: sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
                end_token: sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
                operand: None,
                conditions: vec![CaseWhen {
                    condition,
                    result: yes,
                }],
                else_result: Some(Box::new(no)),
            };
        }
        "vector" => {
            if let Some([value]) = expressions(function).and_then(|a| <[Expr; 1]>::try_from(a).ok())
            {
                *expr = cast(value, "vector");
            }
        }
        "at_time_zone" => {
            if let Some([value, zone]) =
                expressions(function).and_then(|a| <[Expr; 2]>::try_from(a).ok())
            {
                *expr = call("timezone", vec![zone, value]);
            }
        }
        "json_object" => json_object(function),
        "listagg" => listagg(function),
        "approx_count_distinct" => {
            function.name = single("count");
            if let FunctionArguments::List(list) = &mut function.args {
                list.duplicate_treatment = Some(sqlparser::ast::DuplicateTreatment::Distinct);
            }
        }
        "approx_median" => percentile(expr, "percentile_cont", Some(verbatim("0.5")))?,
        "approx_percentile_cont" | "approx_percentile" => {
            percentile(expr, "percentile_cont", None)?
        }
        "approx_percentile_disc" => percentile(expr, "percentile_disc", None)?,
        _ => {}
    }
    Ok(())
}

/// `json_object('a', 1, 'b', 2)`: PostgreSQL's own form takes colons, its builder takes the list.
fn json_object(function: &mut Function) {
    let positional = arguments(function)
        .is_some_and(|a| a.len() > 1 && a.iter().all(|x| matches!(x, FunctionArg::Unnamed(_))));
    if positional {
        function.name = single("json_build_object");
    }
}

/// `listagg(x, sep) WITHIN GROUP (ORDER BY y)` is `string_agg(x, sep ORDER BY y)`.
fn listagg(function: &mut Function) {
    function.name = single("string_agg");
    let order = std::mem::take(&mut function.within_group);
    let FunctionArguments::List(list) = &mut function.args else {
        return;
    };
    if let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = list.args.first_mut() {
        let inner = std::mem::replace(first, verbatim("NULL"));
        *first = cast(inner, "text");
    }
    if list.args.len() == 1 {
        list.args
            .push(FunctionArg::Unnamed(FunctionArgExpr::Expr(verbatim("''"))));
    }
    if !order.is_empty() {
        list.clauses.push(FunctionArgumentClause::OrderBy(order));
    }
}

/// An approximate percentile is answered exactly: `percentile_cont(p) WITHIN GROUP (ORDER BY x)`.
fn percentile(expr: &mut Expr, to: &str, fraction: Option<Expr>) -> Result<()> {
    let Expr::Function(function) = expr else {
        return Ok(());
    };
    let mut list = expressions(function).unwrap_or_default().into_iter();
    let (Some(value), Some(fraction), None) =
        (list.next(), fraction.or_else(|| list.next()), list.next())
    else {
        return Err(Refusal::rejected(
            "SBSQL.QUERY.PROJECTION_INVALID",
            "an approximate percentile takes the value and the fraction",
        ));
    };
    let mut made = call(to, vec![fraction]);
    if let Expr::Function(made) = &mut made {
        made.within_group = vec![sqlparser::ast::OrderByExpr::from(Ident::new("x"))];
        if let Some(order) = made.within_group.first_mut() {
            order.expr = value;
        }
        made.filter = function.filter.take();
        made.over = function.over.take();
    }
    *expr = made;
    Ok(())
}
