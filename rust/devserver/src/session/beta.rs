//! What makes this server as limited as the beta that users run today, for testing clients against it.
//!
//! Results are text of guessed types; most select lists on a table are ignored; rows pass through a line of `name=value` pairs and suffer for it; NULL is a word;
//! a prepared INSERT keeps its first row only; errors have one SQLSTATE. Nothing here is worth copying.

use bytes::BytesMut;
use sbwp::message::{kind, ColumnDescription, DataRowBuilder, RowDescription};
use sbwp::types::oid;

use super::answer::Answer;
use super::prepared::Formats;
use super::run::{Outcome, Run};
use super::{End, Session};
use crate::backend::Report;
use crate::server::Profile;
use crate::statement::{Planned, SelectShape};
use crate::translate::Kind;

/// A row as its line is read: names and values, in the order of their first appearance.
type Fields = Vec<(String, String)>;

/// Writes the row as a line and reads it back, as the beta does.
fn through_a_line(names: &[&str], values: &[Option<String>], null: &str) -> Fields {
    let mut line = String::new();
    for (at, (name, value)) in names.iter().zip(values).enumerate() {
        if at > 0 {
            line.push(';');
        }
        line.push_str(name);
        line.push('=');
        line.push_str(value.as_deref().unwrap_or(null));
    }
    // A line feed ends the line, whatever was still to come.
    let line = line.split('\n').next().unwrap_or_default();
    let mut fields = Fields::new();
    for (name, value) in line.split(';').filter_map(|part| part.split_once('=')) {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => fields.push((name.to_owned(), value.to_owned())),
        }
    }
    fields
}

/// The type the beta takes a column for, from the first value it sees.
fn guess(value: &str) -> u32 {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let all_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if ["true", "false", "t", "f"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
    {
        return oid::BOOL;
    }
    if all_digits(digits) {
        return oid::INT8;
    }
    match digits.split_once('.') {
        Some((whole, rest)) if all_digits(whole) && all_digits(rest) => oid::NUMERIC,
        _ => oid::TEXT,
    }
}

/// The diagnostic code of an error of the engine.
fn diagnostic_code(sqlstate: &str) -> &'static str {
    match sqlstate {
        "23505" => "SB-BULK-CONSTRAINT-UNIQUE-PERSISTED-CONFLICT",
        "42P01" | "42704" | "42883" | "3F000" => "SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE",
        "42P07" | "42710" | "42P06" => "CATALOG.OBJECT.DUPLICATE_NAME",
        "23502" | "42703" => "SB_ENGINE_API_INVALID_REQUEST",
        "22012" => "SBLR.DIVIDE_BY_ZERO",
        _ => "SBSQL.EXECUTION.REJECTED",
    }
}

/// An error of the engine as the beta words it. Cancellation and the wire's own errors stay what they are.
fn reworded(report: Report, is_prepared_insert: bool) -> Report {
    if report.sqlstate == "57014" || report.sqlstate.starts_with("08") || report.sqlstate == "42000"
    {
        return report;
    }
    let code = match report.sqlstate.as_str() {
        "23502" if is_prepared_insert => {
            "SB_ENGINE_API_INVALID_REQUEST;dml.direct_physical_bulk_append:not_null_validation_refused"
        }
        sqlstate => diagnostic_code(sqlstate),
    };
    Report::error("42000", report.message.clone()).with_detail(code)
}

impl Session {
    pub(super) fn is_beta(&self) -> bool {
        self.server.profile == Profile::Beta
    }

    pub(super) async fn run_as_beta(&mut self, run: &Run<'_>) -> Result<Outcome, End> {
        let other = run
            .planned
            .first_row_only()
            .or_else(|| run.planned.without_its_list());
        let planned = other.as_ref().unwrap_or(run.planned);
        if self.misses_its_rows(planned).await? {
            let tag = match planned.statement.kind {
                Kind::Update => "UPDATE",
                _ => "DELETE",
            };
            return Ok(Outcome::Complete {
                tag: tag.to_owned(),
                rows: 0,
            });
        }
        let wanted = planned.array_parameters.unwrap_or(usize::MAX);
        let limited = Run {
            planned,
            parameters: run.parameters.get(..wanted).unwrap_or(run.parameters),
            formats: Formats::Text,
            max_rows: 0,
            portal: "",
            autocommit: Self::heeds_autocommit(run),
            // RETURNING is read over.
            silent: run.silent
                || matches!(
                    planned.statement.kind,
                    Kind::Insert | Kind::Update | Kind::Delete
                ),
            ..*run
        };
        let outcome = self.run_correctly(&limited).await?;
        let outcome = self.run_unchecked(&limited, outcome).await?;
        if matches!(outcome, Outcome::Complete { .. }) {
            self.note_change(planned);
        }
        Ok(match outcome {
            Outcome::Complete { tag, rows } if planned.lists_columns() && !run.silent => {
                self.bulk_result(rows, rows)?;
                Outcome::Complete { tag, rows }
            }
            Outcome::Complete { .. } if planned.statement.kind == Kind::Ddl && !run.silent => {
                self.definition_result(planned)?;
                Outcome::Complete {
                    tag: "SELECT 1".to_owned(),
                    rows: 1,
                }
            }
            Outcome::Complete { .. } if planned.select_shape() == SelectShape::Empty => {
                Outcome::Complete {
                    tag: "SELECT 0".to_owned(),
                    rows: 0,
                }
            }
            Outcome::Failed(report) => {
                Outcome::Failed(reworded(report, planned.array_parameters.is_some()))
            }
            outcome => outcome,
        })
    }

    /// Sends the rows of a statement. A result without rows has no description.
    pub(super) fn send_as_beta(&mut self, planned: &Planned, answer: &Answer) -> Result<(), End> {
        let (Some(columns), false) = (&answer.columns, answer.gathered.is_empty()) else {
            return Ok(());
        };
        let numbered: Vec<String>;
        let names: Vec<&str> = match planned.select_shape() {
            SelectShape::Empty => return Ok(()),
            SelectShape::Counted => vec!["count"],
            SelectShape::Numbered => {
                numbered = (0..columns.names().len())
                    .map(|index| format!("c{index}"))
                    .collect();
                numbered.iter().map(String::as_str).collect()
            }
            SelectShape::Plain | SelectShape::Ignored(_) => columns.names(),
        };
        let booleans = columns.are(oid::BOOL);
        let null = if planned.reads_tables() {
            "<NULL>"
        } else {
            "NULL"
        };
        let rows: Vec<Fields> = answer
            .gathered
            .iter()
            .map(|row| {
                let spelled: Vec<Option<String>> = row
                    .iter()
                    .zip(&booleans)
                    .map(|(value, &boolean)| match (boolean, value.as_deref()) {
                        (true, Some("t")) => Some("true".to_owned()),
                        (true, Some("f")) => Some("false".to_owned()),
                        (_, value) => value.map(str::to_owned),
                    })
                    .collect();
                through_a_line(&names, &spelled, null)
            })
            .collect();
        let mut described: Vec<(&str, u32)> = Vec::new();
        for (name, value) in rows.iter().flatten() {
            if !described.iter().any(|(known, _)| known == name) {
                described.push((name, guess(value)));
            }
        }
        let descriptions = described
            .iter()
            .map(|(name, oid)| ColumnDescription {
                nullable: Some(true),
                ..ColumnDescription::new(*name, *oid, 0)
            })
            .collect();
        let mut description = RowDescription::new(descriptions);
        description.generation = self.agreement.generation;
        self.client
            .send(kind::ROW_DESCRIPTION, |out| description.encode(out))?;
        for row in &rows {
            let mut payload = BytesMut::new();
            let mut builder = DataRowBuilder::new(&mut payload, described.len() as u16);
            for (name, _) in &described {
                match row.iter().find(|(known, _)| known == name) {
                    Some((_, value)) => builder.value(value.as_bytes()),
                    None => builder.null(),
                }
            }
            if let Err(error) = builder.finish() {
                return self.error(&Report::error("XX000", error.to_string()));
            }
            self.client
                .send(kind::DATA_ROW, |out| out.extend_from_slice(&payload))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[(&str, Option<&str>)]) -> Vec<(String, String)> {
        let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        let values: Vec<Option<String>> = values
            .iter()
            .map(|(_, value)| value.map(str::to_owned))
            .collect();
        through_a_line(&names, &values, "<NULL>")
    }

    fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn what_becomes_of_text() {
        assert_eq!(
            line(&[("a", Some("1")), ("b", None)]),
            owned(&[("a", "1"), ("b", "<NULL>")])
        );
        assert_eq!(
            line(&[("a", Some("x;y")), ("b", Some("2"))]),
            owned(&[("a", "x"), ("b", "2")])
        );
        assert_eq!(
            line(&[("id", Some("1")), ("s", Some("q;id=999"))]),
            owned(&[("id", "999"), ("s", "q")])
        );
        assert_eq!(
            line(&[("a", Some("x\ny")), ("b", Some("2"))]),
            owned(&[("a", "x")])
        );
        assert_eq!(
            line(&[("a", Some("1")), ("a", Some("2"))]),
            owned(&[("a", "2")])
        );
    }

    #[test]
    fn guessed_types() {
        for (value, expected) in [
            ("T", oid::BOOL),
            ("007", oid::INT8),
            ("-3", oid::INT8),
            ("99999999999999999999", oid::INT8),
            ("1.5", oid::NUMERIC),
            ("1e10", oid::TEXT),
            ("", oid::TEXT),
            ("<NULL>", oid::TEXT),
            ("1.", oid::TEXT),
        ] {
            assert_eq!(guess(value), expected, "{value}");
        }
    }
}
