//! SEARCH: the nearest rows of a vector collection, as a query ordered by a distance operator.

use sqlparser::tokenizer::Token;

use super::{index, Reader};
use crate::translate::lookup::Lookup;
use crate::translate::names::{fold, quote_ident};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

/// The distance operator of a metric.
pub(crate) fn operator(metric: &str) -> &'static str {
    match metric {
        "COSINE" => "<=>",
        "DOT" | "INNER_PRODUCT" | "IP" => "<#>",
        "L1" => "<+>",
        "HAMMING" => "<~>",
        "JACCARD" => "<%>",
        _ => "<->",
    }
}

/// A search whose column and metric the catalogue still has to name where they are missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Search {
    pub table: String,
    pub alias: Option<String>,
    pub column: Option<String>,
    /// A metric word, or empty.
    pub metric: String,
    /// The operator as written; it goes before the metric.
    pub operator: Option<String>,
    pub query: String,
    pub limit: Option<String>,
    pub offset: Option<String>,
    pub radius: Option<String>,
    pub predicate: Option<String>,
    pub fields: Vec<String>,
}

impl Search {
    pub fn sql(&self, column: &str, metric: &str) -> String {
        let operator = self.operator.as_deref().unwrap_or_else(|| operator(metric));
        let distance = format!("{} {operator} {}", quote_ident(column), self.query);
        let fields = if self.fields.is_empty() {
            "*".to_owned()
        } else {
            self.fields
                .iter()
                .map(|f| quote_ident(f))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let alias = self
            .alias
            .as_ref()
            .map(|a| format!(" AS {a}"))
            .unwrap_or_default();
        let mut sql = format!(
            "SELECT {fields}, {distance} AS distance FROM {}{alias}",
            self.table
        );
        let radius = self.radius.as_ref().map(|r| format!("{distance} <= {r}"));
        let conditions: Vec<String> = self
            .predicate
            .iter()
            .map(|p| format!("({p})"))
            .chain(radius)
            .collect();
        if !conditions.is_empty() {
            sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
        }
        sql.push_str(&format!(" ORDER BY {distance}"));
        if let Some(limit) = &self.limit {
            sql.push_str(&format!(" LIMIT {limit}"));
        }
        if let Some(offset) = &self.offset {
            sql.push_str(&format!(" OFFSET {offset}"));
        }
        sql
    }
}

pub(super) fn search(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("SEARCH")?;
    let mut found = Search {
        table: reader.object_sql()?,
        ..Search::default()
    };
    if reader.take("WITH") {
        return with_options(reader, found);
    }
    let first = reader.ident()?;
    if reader.take("WITH") {
        found.alias = Some(quote_ident(&fold(&first)));
        return with_options(reader, found);
    }
    let column = match &reader.parser.peek_token_ref().token {
        Token::Word(_) => {
            found.alias = Some(quote_ident(&fold(&first)));
            fold(&reader.ident()?)
        }
        _ => fold(&first),
    };
    let token = reader.parser.next_token();
    let operator = match token.token {
        Token::CustomBinaryOperator(op)
            if matches!(op.as_str(), "<->" | "<=>" | "<#>" | "<+>" | "<~>" | "<%>") =>
        {
            op
        }
        _ => {
            reader.parser.prev_token();
            return reader.expected("a distance operator");
        }
    };
    found.operator = Some(operator);
    found.query = operand(reader)?;
    tail(reader, &mut found)?;
    let sql = found.sql(&column, "");
    Ok(Statement::new(Kind::Query, sql))
}

/// The vector searched for, typed so that the operator is chosen by the column.
fn operand(reader: &mut Reader<'_>) -> Result<String> {
    let mut expr = reader.parser.parse_subexpr(71)?;
    crate::translate::rewrite::rewrite(&mut expr)?;
    Ok(match expr {
        sqlparser::ast::Expr::Value(_)
        | sqlparser::ast::Expr::Function(_)
        | sqlparser::ast::Expr::Cast { .. } => expr.to_string(),
        other => format!("({other})"),
    })
}

fn tail(reader: &mut Reader<'_>, found: &mut Search) -> Result<()> {
    loop {
        if reader
            .take_one_of(&["TOP", "KNN", "ANN", "LIMIT"])
            .is_some()
        {
            found.limit = Some(count(reader)?);
        } else if reader.take("WHERE") {
            found.predicate = Some(reader.expr_sql()?);
        } else if reader.take("BATCH") {
            found.limit = Some(count(reader)?);
        } else if reader.take("OFFSET") {
            found.offset = Some(count(reader)?);
        } else if reader.at("ITERATOR") || reader.at("RERANK") {
            return Err(Refusal::unsupported(
                "ITERATOR and RERANK of a SEARCH are not served",
            ));
        } else {
            return Ok(());
        }
    }
}

fn count(reader: &mut Reader<'_>) -> Result<String> {
    match reader.parser.peek_token().token {
        Token::Number(digits, _) => {
            reader.parser.advance_token();
            Ok(digits)
        }
        Token::Placeholder(text) if text.starts_with('$') => {
            reader.parser.advance_token();
            Ok(text)
        }
        _ => reader.expected("a count"),
    }
}

fn with_options(reader: &mut Reader<'_>, mut found: Search) -> Result<Statement> {
    reader.need_symbol(&Token::LParen)?;
    loop {
        let name = reader.ident()?.value.to_ascii_uppercase();
        if name == "OUTPUT_FIELDS" {
            reader.symbol(&Token::Eq);
            found.fields = reader.names()?;
        } else {
            reader.need_symbol(&Token::Eq)?;
            match name.as_str() {
                "VECTOR" => found.query = operand(reader)?,
                "COLUMN" | "FIELD" => found.column = Some(fold(&reader.ident()?)),
                "METRIC" => found.metric = index::metric_word(reader)?,
                "LIMIT" | "TOP" | "K" => found.limit = Some(count(reader)?),
                "OFFSET" => found.offset = Some(count(reader)?),
                "RADIUS" => found.radius = Some(operand(reader)?),
                // How wide an index searches is a hint; the answer is ranked exactly.
                "EF_SEARCH" | "NPROBE" => {
                    count(reader)?;
                }
                other => return Err(Refusal::syntax(format!("unknown option {other} of SEARCH"))),
            }
        }
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    reader.need_symbol(&Token::RParen)?;
    tail(reader, &mut found)?;
    if found.query.is_empty() {
        return Err(Refusal::syntax("SEARCH needs VECTOR = …"));
    }
    let guess = found.sql(
        found.column.as_deref().unwrap_or("embedding"),
        &found.metric,
    );
    let mut statement = Statement::new(Kind::Query, guess);
    if found.column.is_none() || found.metric.is_empty() {
        statement.lookup = Some(Lookup::search(found));
    }
    Ok(statement)
}
