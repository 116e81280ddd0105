//! Array BIND: many rows of values for one INSERT, which all go in or none.

use bytes::BytesMut;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use sbwp::message::{
    cell_encoding, feature, kind, ArrayBind, ColumnDescription, DataRowBuilder, RowDescription,
};
use sbwp::type_ref::{modifier, TypeRef};
use sbwp::types::{self, oid};

use super::guard::Prefix;
use super::run::{cancelled, Outcome};
use super::statements::{Bound, Named};
use super::{refusal, End, Session};
use crate::backend::{Event, Report};
use crate::datatype::{decode, Parameter};
use crate::statement::{Planned, Role};

/// Requests to the engine are written in pieces of about this size.
const PIECE: usize = 64 * 1024;

fn invalid(code: &str) -> Report {
    refusal("08P01", code, "invalid array-bind parameter data packet")
}

/// A type reference that is not all zero has to say which descriptor it means, unless that is withheld.
fn names_its_descriptor(type_ref: &TypeRef) -> bool {
    *type_ref == TypeRef::UNKNOWN
        || type_ref.descriptor_id != [0; 16]
        || type_ref.has(modifier::REDACTED)
}

impl Session {
    pub(super) fn array_bind(&mut self, payload: &[u8]) -> Result<(), End> {
        self.statements.close_portal("");
        if !self.agreement.has(feature::ARRAY_BIND) {
            let sentence = "feature ARRAY_BIND was not negotiated";
            return self.error(&refusal("08P01", "SBWP.FEATURE.NOT_NEGOTIATED", sentence));
        }
        let packet = match ArrayBind::decode(payload) {
            Ok(packet) => packet,
            Err(error) => {
                let code = match error.reason {
                    sbwp::message::Reason::Truncated { .. }
                    | sbwp::message::Reason::Count { .. } => "NATIVE_WIRE.DECODE.TRUNCATED",
                    _ => "SBWP.ARRAY_BIND.PACKET_INVALID",
                };
                return self.error(&invalid(code));
            }
        };
        if packet.rows.is_empty() {
            return self.error(&invalid("SBWP.ARRAY_BIND.ROW_COUNT_INVALID"));
        }
        if !packet
            .slots
            .iter()
            .all(|slot| names_its_descriptor(&slot.type_ref))
        {
            return self.error(&invalid("NATIVE_WIRE.TYPE.DESCRIPTOR_UUID_MISSING"));
        }
        let Some(statement) = self.array_statement(packet.slots.len()) else {
            return self.error(&invalid("SBWP.ARRAY_BIND.STATEMENT_AMBIGUOUS"));
        };
        let rows = match rows(&packet, &statement) {
            Ok(rows) => rows,
            Err(report) => return self.error(&report),
        };
        // The values are already in memory, limited by the frame they came in.
        match self.statements.put_portal(
            "",
            0,
            Bound::Array {
                statement,
                rows: rows.into(),
            },
        ) {
            Ok(()) => self.bare(kind::BIND_COMPLETE),
            Err(_) => self.error(&refusal(
                "54000",
                "SBWP.PORTAL.TOO_LARGE",
                "the values are too large to keep",
            )),
        }
    }

    /// The one prepared INSERT with so many placeholders, one a column.
    fn array_statement(&self, parameters: usize) -> Option<std::sync::Arc<Named>> {
        let mut fitting = self.statements.all().filter(|named| {
            let plan = named.plan.as_ref().map(|plan| plan.as_slice());
            matches!(plan, Ok([planned]) if planned.array_parameters == Some(parameters))
        });
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Some(std::sync::Arc::clone(one)),
            _ => None,
        }
    }

    /// Executes an array portal and sends its one result.
    pub(super) async fn execute_array(
        &mut self,
        planned: &Planned,
        declared: &[u32],
        rows: &[Vec<Parameter>],
        autocommit: bool,
    ) -> Result<Outcome, End> {
        if !self.begin_running() {
            self.client.cancels.took_effect();
            return Ok(Outcome::Failed(cancelled()));
        }
        let outcome = self.insert_rows(planned, declared, rows, autocommit).await;
        self.end_running().await;
        Ok(match outcome? {
            Ok(inserted) => {
                self.inserted_in_bulk = true;
                self.bulk_result(rows.len() as u64, inserted)?;
                Outcome::Complete {
                    tag: format!("INSERT {inserted}"),
                    rows: inserted,
                }
            }
            Err(report) => Outcome::Failed(self.reworded(report, planned)),
        })
    }

    async fn insert_rows(
        &mut self,
        planned: &Planned,
        declared: &[u32],
        rows: &[Vec<Parameter>],
        autocommit: bool,
    ) -> Result<Result<u64, Report>, End> {
        let prefix = self
            .transaction
            .prefix(&Role::Ordinary, autocommit, &mut self.backend)
            .map_err(End::Engine)?;
        let parsed = frontend::parse(
            "",
            planned.sql(),
            declared.iter().copied(),
            &mut self.backend.out,
        );
        parsed.map_err(End::Engine)?;
        let mut tally = Tally {
            commands: prefix.commands,
            inserted: 0,
            failure: None,
        };
        let mut unwritable = None;
        for parameters in rows {
            if let Err(report) = self.bind_parameters("", "", parameters, &[], 0) {
                unwritable = Some(report);
                break;
            }
            if self.backend.out.len() >= PIECE {
                self.send_all().await?;
                while let Some(event) = self.ready_event()? {
                    tally.count(event).map_err(End::Engine)?;
                }
                if tally.failure.is_some() {
                    break;
                }
            }
        }
        if unwritable.is_none() && tally.failure.is_none() && autocommit {
            let written = self.transaction.commit_behind(prefix, &mut self.backend);
            written.map_err(End::Engine)?;
        }
        frontend::sync(&mut self.backend.out);
        let status = loop {
            let event = self.event().await?;
            if let Event::Message(Message::ReadyForQuery(body)) = event {
                break body.status();
            }
            tally.count(event).map_err(End::Engine)?;
        };
        match tally.failure.or(unwritable) {
            Some(report) => {
                self.undo_rows(prefix, status).await?;
                Ok(Err(report))
            }
            None => {
                self.statement_done(prefix, &Role::Ordinary, status, autocommit);
                Ok(Ok(tally.inserted))
            }
        }
    }

    /// Takes back the rows of a batch, also where the engine saw nothing wrong with those that were written.
    async fn undo_rows(&mut self, prefix: Prefix, status: u8) -> Result<(), End> {
        self.undo(prefix, if status == b'T' { b'E' } else { status })
            .await
    }

    /// The result of a bulk insert: how many rows were accepted, inserted and rejected.
    pub(super) fn bulk_result(&mut self, accepted: u64, inserted: u64) -> Result<(), End> {
        let columns = ["accepted_rows", "inserted_rows", "rejected_rows"];
        let columns = columns.map(|name| ColumnDescription::new(name, oid::INT8, 0));
        let mut description = RowDescription::new(columns.to_vec());
        description.generation = self.agreement.generation;
        self.client
            .send(kind::ROW_DESCRIPTION, |out| description.encode(out))?;
        let mut payload = BytesMut::new();
        let mut row = DataRowBuilder::new(&mut payload, 3);
        for count in [accepted, inserted, accepted.saturating_sub(inserted)] {
            row.value(count.to_string().as_bytes());
        }
        if let Err(error) = row.finish() {
            return self.error(&Report::error("XX000", error.to_string()));
        }
        Ok(self
            .client
            .send(kind::DATA_ROW, |out| out.extend_from_slice(&payload))?)
    }
}

/// What the engine has answered to the rows so far.
struct Tally {
    commands: usize,
    inserted: u64,
    failure: Option<Report>,
}

impl Tally {
    fn count(&mut self, event: Event) -> std::io::Result<()> {
        match event {
            Event::Message(Message::CommandComplete(_)) if self.commands > 0 => self.commands -= 1,
            Event::Message(Message::CommandComplete(body)) => {
                let count = body
                    .tag()?
                    .rsplit(' ')
                    .next()
                    .and_then(|word| word.parse::<u64>().ok());
                self.inserted += count.unwrap_or(0);
            }
            Event::Message(Message::ErrorResponse(body)) => {
                let report = Report::read(body.fields())?;
                self.failure.get_or_insert(report);
            }
            _ => {}
        }
        Ok(())
    }
}

/// The values of all rows, each row in the order of the placeholders.
fn rows(packet: &ArrayBind, statement: &Named) -> Result<Vec<Vec<Parameter>>, Report> {
    let oids: Vec<u32> = packet
        .slots
        .iter()
        .enumerate()
        .map(|(at, slot)| match statement.types.get(at) {
            Some(&declared) if declared != 0 => declared,
            _ => types::oid_of(&slot.type_ref, None),
        })
        .collect();
    let mut rows = Vec::with_capacity(packet.rows.len());
    for cells in &packet.rows {
        let mut row = vec![Parameter::default(); oids.len()];
        for cell in cells {
            let at = (cell.slot as usize).wrapping_sub(1);
            let (Some(place), Some(&oid)) = (row.get_mut(at), oids.get(at)) else {
                return Err(invalid("SBWP.ARRAY_BIND.SLOT_INVALID"));
            };
            if cell.state > 1 {
                return Err(invalid("SBWP.ARRAY_BIND.CELL_STATE_UNSUPPORTED"));
            }
            if let Some(value) = cell.value() {
                let format = u16::from(cell.encoding == cell_encoding::BINARY);
                *place = decode(at + 1, oid, format, value)
                    .map_err(|error| super::extended::parameter_report(&error))?;
            }
        }
        rows.push(row);
    }
    Ok(rows)
}
