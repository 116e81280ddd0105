//! stand-in
use crate::error::Error;
use crate::{Parameters, Statement};
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arguments {
    None,
    Positional,
    Named,
}
#[derive(Debug)]
pub struct ParsedQuery {
    sql: String,
    count: usize,
}
impl ParsedQuery {
    pub fn parse(sql: &str, a: Arguments) -> Result<Self, Error> {
        let mut out = String::new();
        let mut n = 0;
        if a == Arguments::None {
            return Ok(ParsedQuery {
                sql: sql.into(),
                count: 0,
            });
        }
        let mut it = sql.chars().peekable();
        while let Some(c) = it.next() {
            if c == '?' {
                n += 1;
                out.push_str(&format!("${n}"));
            } else if c == '%' && it.peek() == Some(&'s') {
                it.next();
                n += 1;
                out.push_str(&format!("${n}"));
            } else if c == '$' {
                n += 1;
                out.push(c)
            } else {
                out.push(c)
            }
        }
        Ok(ParsedQuery { sql: out, count: n })
    }
    pub fn statement<'a>(&'a self, p: Option<&'a Parameters>, ac: bool) -> Statement<'a> {
        Statement {
            sql: &self.sql,
            parameters: p,
            is_query: self.sql.trim_start().to_lowercase().starts_with("select"),
            is_special_insert: false,
            autocommit: ac,
        }
    }
    pub fn names(&self) -> Option<&[String]> {
        None
    }
    pub fn parameter_count(&self) -> usize {
        self.count
    }
    pub fn missing(&self, n: &str) -> Error {
        Error::Programming(n.into())
    }
    pub fn check_count(&self, n: usize) -> Result<(), Error> {
        if n != self.count {
            return Err(Error::Parameters("count".into()));
        }
        Ok(())
    }
    pub fn original(&self) -> &str {
        &self.sql
    }
}
