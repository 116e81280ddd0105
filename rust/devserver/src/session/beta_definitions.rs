//! What the beta does with definitions: it answers each with a row about it, and an INSERT without a column list does not
//! look at what is unique.

use bytes::BytesMut;
use sbwp::message::{kind, ColumnDescription, DataRowBuilder, RowDescription};
use sbwp::types::oid;

use super::prepared::Formats;
use super::run::{Outcome, Run};
use super::{End, Session};
use crate::backend::Report;
use crate::statement::Planned;
use crate::translate::Kind;

/// The columns of the answer to a definition, as far as a client can make anything of them.
const COLUMNS: [&str; 7] = [
    "object_uuid",
    "object_kind",
    "state",
    "ddl_operation_id",
    "ddl_result_object_uuid",
    "ddl_result_object_kind",
    "ddl_publish_order",
];

/// The words of a definition that say what it does to what.
fn operation(sql: &str) -> (String, String) {
    let mut words = sql.split_whitespace().map(str::to_ascii_lowercase);
    let verb = words.next().unwrap_or_default();
    let kind = words
        .find(|word| {
            !matches!(
                word.as_str(),
                "or" | "replace" | "unique" | "temporary" | "temp"
            )
        })
        .unwrap_or_default();
    (verb, kind)
}

impl Session {
    /// Sends the row that a definition is answered with.
    pub(super) fn definition_result(&mut self, planned: &Planned) -> Result<(), End> {
        let columns = COLUMNS.map(|name| ColumnDescription::new(name, oid::TEXT, 0));
        let mut description = RowDescription::new(columns.to_vec());
        description.generation = self.agreement.generation;
        self.client
            .send(kind::ROW_DESCRIPTION, |out| description.encode(out))?;
        let (verb, kind_of_object) = operation(&planned.written);
        let object = format!("01a1fbf5-7d52-7a25-93d1-{:012x}", self.transaction.id);
        let operation = format!("ddl.{verb}_{kind_of_object}");
        let mut payload = BytesMut::new();
        let mut row = DataRowBuilder::new(&mut payload, COLUMNS.len() as u16);
        for value in [
            object.as_str(),
            &kind_of_object,
            "published",
            &operation,
            &object,
            &kind_of_object,
            "1",
        ] {
            row.value(value.as_bytes());
        }
        if let Err(error) = row.finish() {
            return self.error(&Report::error("XX000", error.to_string()));
        }
        Ok(self
            .client
            .send(kind::DATA_ROW, |out| out.extend_from_slice(&payload))?)
    }

    /// Has an INSERT without a column list store what is there already, by making the index in its way an ordinary one.
    /// From then on nothing checks it; the real server checks the other roads still.
    pub(super) async fn run_unchecked(
        &mut self,
        run: &Run<'_>,
        outcome: Outcome,
    ) -> Result<Outcome, End> {
        let Outcome::Failed(report) = &outcome else {
            return Ok(outcome);
        };
        let is_unlisted =
            run.planned.statement.kind == Kind::Insert && !run.planned.lists_columns();
        let index = report.message.split('"').nth(1);
        let (true, "23505", Some(index)) = (is_unlisted, report.sqlstate.as_str(), index) else {
            return Ok(outcome);
        };
        let sql = format!(
            "DO $relax$ DECLARE found record; BEGIN \
             SELECT i.indrelid::regclass AS owner, c.conname, pg_get_indexdef(i.indexrelid) AS definition \
             INTO STRICT found FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid \
             WHERE i.indexrelid = to_regclass(quote_ident('{}')); \
             IF found.conname IS NULL THEN EXECUTE format('DROP INDEX %I', '{0}'); \
             ELSE EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.owner, found.conname); END IF; \
             EXECUTE replace(found.definition, 'CREATE UNIQUE INDEX', 'CREATE INDEX'); END $relax$",
            index.replace('\'', "''")
        );
        let relax = Planned::internal(&run.planned.written, Kind::Ddl, sql);
        let relaxing = Run {
            planned: &relax,
            declared: &[],
            parameters: &[],
            formats: Formats::Text,
            max_rows: 0,
            portal: "",
            autocommit: false,
            silent: true,
        };
        match self.run_correctly(&relaxing).await? {
            Outcome::Failed(_) => Ok(outcome),
            _ => self.run_correctly(run).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations() {
        let named = |sql| {
            let (verb, kind) = operation(sql);
            format!("{verb} {kind}")
        };
        assert_eq!(named("CREATE TABLE t (a int)"), "create table");
        assert_eq!(named("create unique index i on t (a)"), "create index");
        assert_eq!(named("DROP"), "drop ");
    }
}
