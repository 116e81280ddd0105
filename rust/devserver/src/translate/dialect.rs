//! The parser's view of SBsql: PostgreSQL's grammar switches, SBsql's operator precedence, and the expression forms that
//! only SBsql has. Its tokens come from our own lexer, so the lexical methods here are never asked.

use std::any::TypeId;

use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, Value,
};
use sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use sqlparser::keywords::{self, Keyword};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::types::{self, Position};
use super::{lexer, names};

#[derive(Debug)]
pub(crate) struct SbSql;

/// Free of other dialects' claims, these words may stand behind a table as its alias.
const TABLE_ALIAS_WORDS: &[Keyword] = &[
    Keyword::CLUSTER,
    Keyword::DISTRIBUTE,
    Keyword::EXPLAIN,
    Keyword::MINUS,
    Keyword::SAMPLE,
    Keyword::SORT,
    Keyword::START,
    Keyword::VIEW,
];

const ARROW_PREC: u8 = 105;
const OTHER_PREC: u8 = 70;

impl Dialect for SbSql {
    fn dialect(&self) -> TypeId {
        // The parser asks by type for most of what it calls PostgreSQL's grammar.
        TypeId::of::<PostgreSqlDialect>()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_ascii_alphabetic() || ch == '_' || !ch.is_ascii()
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.is_identifier_start(ch) || ch.is_ascii_digit() || ch == '$'
    }

    fn is_reserved_for_identifier(&self, kw: Keyword) -> bool {
        kw != Keyword::INTERVAL && keywords::RESERVED_FOR_IDENTIFIER.contains(&kw)
    }

    fn is_table_alias(&self, kw: &Keyword, _parser: &mut Parser) -> bool {
        // `INTO` and `DO` follow a query in a routine body.
        !matches!(kw, Keyword::INTO | Keyword::DO)
            && (!keywords::RESERVED_FOR_TABLE_ALIAS.contains(kw) || TABLE_ALIAS_WORDS.contains(kw))
    }

    fn is_column_alias(&self, kw: &Keyword, _parser: &mut Parser) -> bool {
        // `FOR UPDATE` may follow a list without FROM.
        *kw != Keyword::FOR && !keywords::RESERVED_FOR_COLUMN_ALIAS.contains(kw)
    }

    fn prec_value(&self, prec: Precedence) -> u8 {
        match prec {
            Precedence::Xor => 15,
            other => PostgreSqlDialect {}.prec_value(other),
        }
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match &parser.peek_token_ref().token {
            Token::Arrow | Token::LongArrow => Some(Ok(ARROW_PREC)),
            Token::CustomBinaryOperator(op) if op == "**" => Some(Ok(100)),
            Token::CustomBinaryOperator(_) => Some(Ok(OTHER_PREC)),
            _ => PostgreSqlDialect {}.get_next_precedence(parser),
        }
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let Token::Word(word) = &parser.peek_token_ref().token else {
            return None;
        };
        if word.quote_style.is_some() {
            return None;
        }
        let next = &parser.peek_nth_token_ref(1).token;
        match word.keyword {
            Keyword::CAST if *next == Token::LParen => Some(cast(parser, CastKind::Cast)),
            Keyword::TRY_CAST | Keyword::SAFE_CAST if *next == Token::LParen => {
                Some(cast(parser, CastKind::TryCast))
            }
            Keyword::NEXT | Keyword::CURRENT if lexer::is_word(next, "VALUE") => {
                sequence_value(parser)
            }
            _ => None,
        }
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        expr: &Expr,
        _precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        match &parser.peek_token_ref().token {
            Token::DoubleColon => {
                parser.advance_token();
                Some(
                    types::parse(parser, Position::Cast)
                        .map(|to| cast_expr(CastKind::Cast, expr.clone(), to)),
                )
            }
            Token::CustomBinaryOperator(op) if op == "**" => {
                parser.advance_token();
                Some(
                    parser
                        .parse_subexpr(100)
                        .map(|power| call("power", vec![expr.clone(), power])),
                )
            }
            Token::CustomBinaryOperator(op) => {
                let op = BinaryOperator::Custom(op.clone());
                parser.advance_token();
                Some(
                    parser
                        .parse_subexpr(OTHER_PREC)
                        .map(|right| Expr::BinaryOp {
                            left: Box::new(expr.clone()),
                            op,
                            right: Box::new(right),
                        }),
                )
            }
            _ => None,
        }
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_within_after_array_aggregation(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }

    fn supports_named_fn_args_with_colon_operator(&self) -> bool {
        true
    }

    fn supports_named_fn_args_with_rarrow_operator(&self) -> bool {
        true
    }

    fn supports_named_fn_args_with_assignment_operator(&self) -> bool {
        true
    }

    fn supports_named_fn_args_with_expr_name(&self) -> bool {
        true
    }

    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }

    fn supports_array_typedef_with_brackets(&self) -> bool {
        true
    }

    fn supports_left_associative_joins_without_parens(&self) -> bool {
        false
    }

    fn supports_insert_table_alias(&self) -> bool {
        true
    }

    fn supports_select_wildcard_with_alias(&self) -> bool {
        true
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn supports_xml_expressions(&self) -> bool {
        true
    }

    fn supports_aliased_function_args(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }
}

fn cast_expr(kind: CastKind, expr: Expr, to: types::PgType) -> Expr {
    Expr::Cast {
        kind,
        expr: Box::new(expr),
        data_type: to.into_data_type(),
        format: None,
    }
}

fn cast(parser: &mut Parser, kind: CastKind) -> Result<Expr, ParserError> {
    parser.advance_token();
    parser.expect_token(&Token::LParen)?;
    let expr = parser.parse_expr()?;
    parser.expect_keyword(Keyword::AS)?;
    let to = types::parse(parser, Position::Cast)?;
    parser.expect_token(&Token::RParen)?;
    Ok(match kind {
        CastKind::Cast => cast_expr(CastKind::Cast, expr, to),
        // A cast that may fail yields NULL; the null of the target type tells the function what to try.
        _ => {
            let text = Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(expr),
                data_type: sqlparser::ast::DataType::Text,
                format: None,
            };
            call(
                "sys_fn.try_cast",
                vec![text, cast_expr(CastKind::Cast, verbatim("NULL"), to)],
            )
        }
    })
}

/// `NEXT VALUE FOR s`, `CURRENT VALUE FOR s`.
fn sequence_value(parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
    if !lexer::is_word(&parser.peek_nth_token_ref(2).token, "FOR") {
        return None;
    }
    let function = match &parser.peek_token_ref().token {
        Token::Word(w) if w.keyword == Keyword::NEXT => "nextval",
        _ => "currval",
    };
    for _ in 0..3 {
        parser.advance_token();
    }
    Some(
        parser
            .parse_object_name(false)
            .and_then(|name| match names::object_sql(&name) {
                Ok(sequence) => Ok(verbatim(format!(
                    "{function}({})",
                    names::quote_literal(&sequence)
                ))),
                Err(refusal) => Err(ParserError::ParserError(refusal.message)),
            }),
    )
}

/// An expression that prints as it stands.
pub(crate) fn verbatim(sql: impl Into<String>) -> Expr {
    Expr::value(Value::Placeholder(sql.into()))
}

/// A call of a function known to PostgreSQL by this text.
pub(crate) fn call(function: &str, arguments: Vec<Expr>) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(function)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments
                .into_iter()
                .map(|a| FunctionArg::Unnamed(FunctionArgExpr::Expr(a)))
                .collect(),
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}
