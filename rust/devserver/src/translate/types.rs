//! SBsql type names, read from the token stream, as PostgreSQL types. Types PostgreSQL lacks are domains of the schema
//! `sys`, made by the catalogue's bootstrap. Knows nothing of where a type stands except the position it is told.

use sqlparser::ast::{DataType, Ident, ObjectName};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::names;
use super::type_parameters::{arguments, parameters, skip_parameters, with_arguments};

/// A type as PostgreSQL writes it.
#[derive(Debug, Clone)]
pub(crate) struct PgType {
    pub sql: String,
    /// What an array of it is made of: the base type where `sql` is a domain, so that the array has a known OID.
    pub element: String,
    /// A condition on the value that the PostgreSQL type does not carry; `{}` stands for the column.
    pub check: Option<String>,
}

impl PgType {
    pub fn plain(sql: impl Into<String>) -> Self {
        let sql = sql.into();
        PgType {
            element: sql.clone(),
            sql,
            check: None,
        }
    }

    fn domain(name: &str, base: &str) -> Self {
        PgType {
            sql: format!("sys.{name}"),
            element: base.to_owned(),
            check: None,
        }
    }

    fn checked(sql: impl Into<String>, check: String) -> Self {
        PgType {
            check: Some(check),
            ..PgType::plain(sql)
        }
    }

    /// As a node of the syntax tree that prints exactly this text.
    pub fn into_data_type(self) -> DataType {
        DataType::Custom(ObjectName::from(vec![Ident::new(self.sql)]), vec![])
    }
}

/// Where a type is written: a cast takes a parameter of a text type for a hint, a column for a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    Column,
    Cast,
}

pub(super) fn fail<T>(message: impl Into<String>) -> Result<T, ParserError> {
    Err(ParserError::ParserError(message.into()))
}

/// Reads one type, with its parameters and array suffixes.
pub(crate) fn parse(parser: &mut Parser, position: Position) -> Result<PgType, ParserError> {
    let mut closers = 0;
    let found = parse_nested(parser, position, &mut closers)?;
    if closers > 0 {
        return fail("unbalanced `>` in a type");
    }
    Ok(found)
}

/// `closers` counts `>` already consumed by a `>>` token on behalf of the enclosing type.
pub(super) fn parse_nested(
    parser: &mut Parser,
    position: Position,
    closers: &mut usize,
) -> Result<PgType, ParserError> {
    let token = parser.next_token();
    let Token::Word(word) = &token.token else {
        return parser.expected("a type name", token);
    };
    if parser.peek_token_ref().token == Token::Period {
        parser.prev_token();
        let name = parser.parse_object_name(false)?;
        return domain_reference(&name);
    }
    if word.quote_style.is_some() {
        let name = names::quote_always(&word.value);
        return Ok(PgType::plain(name));
    }
    let mut found = named(parser, &word.value.to_ascii_uppercase(), position, closers)?;
    loop {
        if parser.peek_token_ref().token == Token::LBracket {
            parser.advance_token();
            if matches!(parser.peek_token_ref().token, Token::Number(..)) {
                parser.advance_token();
            }
            parser.expect_token(&Token::RBracket)?;
            found = PgType::plain(format!("{}[]", found.element));
        } else if word_is(parser, "ARRAY") {
            parser.advance_token();
            found = PgType::plain(format!("{}[]", found.element));
        } else {
            return Ok(found);
        }
    }
}

fn domain_reference(name: &ObjectName) -> Result<PgType, ParserError> {
    match names::object_sql(name) {
        Ok(sql) => Ok(PgType::plain(sql)),
        Err(refusal) => fail(refusal.message),
    }
}

pub(crate) fn word_is(parser: &Parser, word: &str) -> bool {
    super::lexer::is_word(&parser.peek_token_ref().token, word)
}

fn take(parser: &mut Parser, word: &str) -> bool {
    let found = word_is(parser, word);
    if found {
        parser.advance_token();
    }
    found
}

fn text_type(
    parser: &mut Parser,
    name: &str,
    position: Position,
    bare: &str,
) -> Result<PgType, ParserError> {
    let arguments = arguments(parser)?;
    if take(parser, "CHARACTER") {
        // CHARACTER SET name: the database has one encoding.
        parser.advance_token();
        parser.advance_token();
    }
    // A cast never cuts text silently; its length is a hint.
    Ok(PgType::plain(match position {
        Position::Cast => bare.to_owned(),
        Position::Column => with_arguments(name, &arguments),
    }))
}

fn time_type(parser: &mut Parser, name: &str) -> Result<PgType, ParserError> {
    let precision = arguments(parser)?;
    let zone = if take(parser, "WITH") {
        " with time zone"
    } else if take(parser, "WITHOUT") {
        ""
    } else {
        return Ok(PgType::plain(with_arguments(name, &precision)));
    };
    for word in ["TIME", "ZONE"] {
        if !take(parser, word) {
            return fail(format!("{word} expected in a temporal type"));
        }
    }
    Ok(PgType::plain(format!(
        "{}{zone}",
        with_arguments(name, &precision)
    )))
}

fn interval(parser: &mut Parser) -> Result<PgType, ParserError> {
    const FIELDS: [&str; 6] = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];
    let mut sql = "interval".to_owned();
    if let Some(field) = FIELDS.iter().find(|f| word_is(parser, f)) {
        parser.advance_token();
        sql = format!("{sql} {field}");
        let precision = arguments(parser)?;
        if *field == "SECOND" {
            sql = with_arguments(&sql, &precision);
        }
        if take(parser, "TO") {
            let Some(last) = FIELDS.iter().find(|f| word_is(parser, f)) else {
                return fail("an interval qualifier ends in a field");
            };
            parser.advance_token();
            let precision = arguments(parser)?;
            sql = with_arguments(&format!("{sql} TO {last}"), &precision);
        }
    } else {
        sql = with_arguments(&sql, &arguments(parser)?);
    }
    Ok(PgType::plain(sql))
}

fn range(
    parser: &mut Parser,
    multi: bool,
    position: Position,
    closers: &mut usize,
) -> Result<PgType, ParserError> {
    let of = parameters(parser, position, closers)?;
    let element = of.first().map_or("", |t| t.element.as_str());
    let base = match element.split(['(', ' ']).next().unwrap_or("") {
        "smallint" | "integer" => "int4",
        "bigint" => "int8",
        "numeric" | "double" | "real" => "num",
        "date" => "date",
        "timestamp" if element.contains("with time zone") => "tstz",
        "timestamp" => "ts",
        "timestamptz" => "tstz",
        _ => return fail(format!("a range of {element} is not served")),
    };
    Ok(PgType::plain(format!(
        "{base}{}",
        if multi { "multirange" } else { "range" }
    )))
}

fn vector(
    parser: &mut Parser,
    name: &str,
    position: Position,
    closers: &mut usize,
) -> Result<PgType, ParserError> {
    if parser.peek_token_ref().token == Token::Lt {
        let of = parameters(parser, position, closers)?;
        let dimension = of.last().map_or("", |t| t.sql.as_str());
        return Ok(PgType::plain(format!("{name}({dimension})")));
    }
    Ok(PgType::plain(with_arguments(name, &arguments(parser)?)))
}

fn binary(parser: &mut Parser, position: Position) -> Result<PgType, ParserError> {
    take(parser, "VARYING");
    let arguments = arguments(parser)?;
    // BLOB SUB_TYPE TEXT and the like describe the content only.
    if take(parser, "SUB_TYPE") {
        parser.advance_token();
    }
    Ok(match (arguments.first(), position) {
        (Some(length), Position::Column) => {
            PgType::checked("bytea", format!("octet_length({{}}) <= {length}"))
        }
        _ => PgType::plain("bytea"),
    })
}

fn enumeration(parser: &mut Parser) -> Result<PgType, ParserError> {
    let members = arguments(parser)?;
    Ok(if members.is_empty() {
        PgType::plain("text")
    } else {
        PgType::checked("text", format!("{{}} IN ({})", members.join(", ")))
    })
}

fn named(
    parser: &mut Parser,
    word: &str,
    position: Position,
    closers: &mut usize,
) -> Result<PgType, ParserError> {
    let plain = |sql: &str| Ok(PgType::plain(sql));
    match word {
        "BOOLEAN" | "BOOL" => plain("boolean"),
        "SMALLINT" | "INT16" | "INT2" => plain("smallint"),
        "INTEGER" | "INT" | "INT32" | "INT4" => plain("integer"),
        "BIGINT" | "INT64" => plain("bigint"),
        "INT8" => Ok(PgType::domain("int8", "smallint")),
        "UINT8" => Ok(PgType::domain("uint8", "smallint")),
        "UINT16" => Ok(PgType::domain("uint16", "integer")),
        "UINT32" => Ok(PgType::domain("uint32", "bigint")),
        "UINT64" => Ok(PgType::domain("uint64", "numeric")),
        "INT128" => Ok(PgType::domain("int128", "numeric")),
        "UINT128" => Ok(PgType::domain("uint128", "numeric")),
        "REAL" | "REAL32" | "FLOAT32" | "FLOAT4" => plain("real"),
        "REAL16" => Ok(PgType::domain("real16", "real")),
        "BFLOAT16" => Ok(PgType::domain("bfloat16", "real")),
        "REAL128" => Ok(PgType::domain("real128", "numeric")),
        "DOUBLE" => {
            take(parser, "PRECISION");
            plain("double precision")
        }
        "REAL64" | "FLOAT64" | "FLOAT8" => plain("double precision"),
        "FLOAT" => {
            let precision = arguments(parser)?;
            Ok(PgType::plain(if precision.is_empty() {
                "double precision".to_owned()
            } else {
                with_arguments("float", &precision)
            }))
        }
        "DECIMAL" | "NUMERIC" | "DEC" => Ok(PgType::plain(with_arguments(
            "numeric",
            &arguments(parser)?,
        ))),
        "DECFLOAT" | "DECIMAL_FLOAT" => {
            arguments(parser)?;
            Ok(PgType::domain("decfloat", "numeric"))
        }
        "MONEY" | "SMALLMONEY" => plain("money"),
        "CHAR" | "CHARACTER" | "NCHAR" => {
            if take(parser, "VARYING") {
                text_type(parser, "varchar", position, "varchar")
            } else {
                text_type(parser, "char", position, "text")
            }
        }
        "VARCHAR" | "NVARCHAR" => text_type(parser, "varchar", position, "varchar"),
        "TEXT" | "STRING" | "CLOB" | "NCLOB" => {
            arguments(parser)?;
            plain("text")
        }
        "BINARY" | "VARBINARY" | "BYTEA" | "BLOB" => binary(parser, position),
        "BIT" => {
            let name = if take(parser, "VARYING") {
                "bit varying"
            } else {
                "bit"
            };
            Ok(PgType::plain(with_arguments(name, &arguments(parser)?)))
        }
        "VARBIT" => Ok(PgType::plain(with_arguments(
            "bit varying",
            &arguments(parser)?,
        ))),
        "UUID" => plain("uuid"),
        "DATE" => plain("date"),
        "TIME" => time_type(parser, "time"),
        "TIMESTAMP" => time_type(parser, "timestamp"),
        "TIMETZ" | "TIME_TZ" => Ok(PgType::plain(with_arguments("timetz", &arguments(parser)?))),
        "TIMESTAMPTZ" | "TIMESTAMP_TZ" => Ok(PgType::plain(with_arguments(
            "timestamptz",
            &arguments(parser)?,
        ))),
        "INTERVAL" => interval(parser),
        "JSON" => plain("json"),
        "JSONB" => plain("jsonb"),
        "DOCUMENT" => Ok(PgType::domain("document", "jsonb")),
        "BSON" => Ok(PgType::domain("bson", "bytea")),
        "HSTORE" => Ok(PgType::domain("hstore", "jsonb")),
        "XML" => plain("xml"),
        "ARRAY" | "LIST" | "MULTISET" => {
            let of = parameters(parser, position, closers)?;
            let element = of.first().map_or("text", |t| t.element.as_str());
            Ok(PgType::plain(format!("{element}[]")))
        }
        "NULLABLE" => {
            parser.expect_token(&Token::LParen)?;
            let inner = parse_nested(parser, position, closers)?;
            parser.expect_token(&Token::RParen)?;
            Ok(inner)
        }
        "MAP" | "TUPLE" | "ROW" | "VARIANT" | "NESTED" => {
            skip_parameters(parser)?;
            Ok(PgType::domain(&word.to_ascii_lowercase(), "jsonb"))
        }
        "INT4RANGE" | "INT8RANGE" | "NUMRANGE" | "TSRANGE" | "TSTZRANGE" | "DATERANGE"
        | "INT4MULTIRANGE" | "INT8MULTIRANGE" | "NUMMULTIRANGE" | "TSMULTIRANGE"
        | "TSTZMULTIRANGE" | "DATEMULTIRANGE" => plain(&word.to_ascii_lowercase()),
        "RANGE" => range(parser, false, position, closers),
        "MULTIRANGE" => range(parser, true, position, closers),
        "INET" | "INET6" | "IP_ADDRESS" => plain("inet"),
        "CIDR" | "NETWORK_PREFIX" => plain("cidr"),
        "MACADDR" | "MAC_ADDRESS" => plain("macaddr"),
        "MACADDR8" => plain("macaddr8"),
        "GEOMETRY" | "GEOGRAPHY" | "POINT" | "LINESTRING" | "POLYGON" | "MULTIPOINT"
        | "MULTILINESTRING" | "MULTIPOLYGON" | "GEOMETRYCOLLECTION" | "SHAPE" | "RASTER" => {
            skip_parameters(parser)?;
            Ok(PgType::domain(&word.to_ascii_lowercase(), "bytea"))
        }
        "TSVECTOR" | "TOKEN_STREAM" => plain("tsvector"),
        "TSQUERY" | "SEARCH_QUERY" => plain("tsquery"),
        "ENUM" | "ENUM8" | "ENUM16" => enumeration(parser),
        "VECTOR" | "DENSE_VECTOR" => vector(parser, "vector", position, closers),
        "HALFVEC" | "QUANTIZED_VECTOR" => vector(parser, "halfvec", position, closers),
        "SPARSE_VECTOR" => vector(parser, "sparsevec", position, closers),
        "BINARY_VECTOR" => vector(parser, "bit", position, closers),
        // Any other word is taken for a domain or type of the user's; PostgreSQL says whether it exists.
        other => Ok(PgType::plain(names::quote_ident(
            &other.to_ascii_lowercase(),
        ))),
    }
}
