//! Finds the placeholders that the given parameters are for, and rewrites them to `$1 … $n`.
//!
//! Must not know: the values, or what the statement does.

use std::collections::HashMap;

use super::extent::in_word;
use super::lexer::{Kind, Lexer, Marker, Token};
use crate::error::Error;

/// The most parameters one statement can carry on the wire.
pub const MAX_PARAMETERS: usize = u16::MAX as usize;

/// What kind of parameters came with a statement: it decides which placeholder styles count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arguments {
    /// No parameters: the statement is sent untouched.
    None,
    /// A sequence, for `?`, `$1` or `%s`.
    Positional,
    /// A mapping, for `:name` or `%(name)s`.
    Named,
}

/// The styles, as they are named in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Question,
    Numbered,
    Format,
    Colon,
    PyFormat,
}

impl Style {
    fn of(marker: Marker) -> Self {
        match marker {
            Marker::Question => Self::Question,
            Marker::Numbered(_) => Self::Numbered,
            Marker::Format => Self::Format,
            Marker::Colon => Self::Colon,
            Marker::PyFormat => Self::PyFormat,
        }
    }

    fn takes(self) -> Arguments {
        match self {
            Self::Question | Self::Numbered | Self::Format => Arguments::Positional,
            Self::Colon | Self::PyFormat => Arguments::Named,
        }
    }

    /// Whether `%%` stands for `%` in a statement of this style.
    fn doubles_percent(self) -> bool {
        matches!(self, Self::Format | Self::PyFormat)
    }
}

/// A statement with its placeholders rewritten.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) sql: String,
    pub(super) count: usize,
    /// For a mapping: whose value each of the parameters is.
    pub(super) names: Vec<String>,
    /// A placeholder of a style that the given kind of parameters does not fit, in a statement without any that it
    /// fits: the sign of a mapping where a sequence is needed, or the other way round.
    pub(super) foreign: Option<Box<str>>,
}

pub(super) fn rewrite(sql: &str, arguments: Arguments) -> Result<Rewritten, Error> {
    let untouched = |foreign| Rewritten {
        sql: sql.to_owned(),
        count: 0,
        names: Vec::new(),
        foreign,
    };
    if arguments == Arguments::None {
        return Ok(untouched(None));
    }
    let markers: Vec<(Marker, Token)> = Lexer::new(sql)
        .filter_map(|token| match token.kind {
            Kind::Marker(marker) => Some((marker, token)),
            _ => None,
        })
        .collect();
    let fits = |(marker, _): &&(Marker, Token)| Style::of(*marker).takes() == arguments;
    let Some((first, first_token)) = markers.iter().find(fits) else {
        return Ok(untouched(
            markers
                .first()
                .map(|(_, token)| text_of(sql, *token).into()),
        ));
    };
    let style = Style::of(*first);
    if let Some((_, other)) = markers
        .iter()
        .find(|(marker, _)| Style::of(*marker) != style)
    {
        return Err(Error::Programming(format!(
            "the statement mixes the placeholder styles {:?} and {:?}; use one of them",
            text_of(sql, *first_token),
            text_of(sql, *other)
        )));
    }
    let mut output = Output::new(sql, style.doubles_percent());
    let mut names: Vec<String> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut count = 0;
    for (marker, token) in &markers {
        let number = match marker {
            Marker::Question | Marker::Format => {
                count += 1;
                count
            }
            Marker::Numbered(number) => {
                let number = usize::try_from(*number).unwrap_or(usize::MAX);
                if number == 0 || number > MAX_PARAMETERS {
                    return Err(Error::Programming(format!(
                        "placeholder {:?}: numbers go from $1 to ${MAX_PARAMETERS}",
                        text_of(sql, *token)
                    )));
                }
                count = count.max(number);
                number
            }
            Marker::Colon | Marker::PyFormat => {
                let name = name_of(*marker, text_of(sql, *token));
                *numbers.entry(name).or_insert_with(|| {
                    names.push(name.into());
                    names.len()
                })
            }
        };
        output.placeholder(*token, number);
    }
    let count = count.max(names.len());
    if count > MAX_PARAMETERS {
        return Err(Error::Programming(format!(
            "the statement has {count} placeholders; at most {MAX_PARAMETERS} are possible"
        )));
    }
    Ok(Rewritten {
        sql: output.finish(),
        count,
        names,
        foreign: None,
    })
}

fn text_of(sql: &str, token: Token) -> &str {
    sql.get(token.start..token.end).unwrap_or("")
}

/// The name inside `:name` or `%(name)s`.
fn name_of(marker: Marker, text: &str) -> &str {
    match marker {
        Marker::Colon => text.strip_prefix(':').unwrap_or(text),
        _ => text
            .strip_prefix("%(")
            .and_then(|rest| rest.strip_suffix(")s"))
            .unwrap_or(text),
    }
}

/// Builds the rewritten text: everything between placeholders is copied as it stands.
struct Output<'a> {
    source: &'a str,
    text: String,
    /// How much of the source has been copied.
    done: usize,
    doubled_percent: bool,
}

impl<'a> Output<'a> {
    fn new(source: &'a str, doubled_percent: bool) -> Self {
        Self {
            source,
            text: String::with_capacity(source.len() + 16),
            done: 0,
            doubled_percent,
        }
    }

    fn copy_to(&mut self, end: usize) {
        let part = self.source.get(self.done..end).unwrap_or("");
        if self.doubled_percent {
            self.text.push_str(&part.replace("%%", "%"));
        } else {
            self.text.push_str(part);
        }
        self.done = end;
    }

    /// A placeholder that touches a word or number keeps away from it, so that the two do not become one token.
    fn placeholder(&mut self, token: Token, number: usize) {
        self.copy_to(token.start);
        let source = self.source.as_bytes();
        if self
            .text
            .as_bytes()
            .last()
            .is_some_and(|byte| in_word(*byte))
        {
            self.text.push(' ');
        }
        self.text.push('$');
        self.text.push_str(&number.to_string());
        if source.get(token.end).is_some_and(|byte| in_word(*byte)) {
            self.text.push(' ');
        }
        self.done = token.end;
    }

    fn finish(mut self) -> String {
        self.copy_to(self.source.len());
        self.text
    }
}
