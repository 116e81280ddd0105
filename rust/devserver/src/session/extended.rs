//! PARSE, BIND, DESCRIBE, EXECUTE, CLOSE and SYNC.
//!
//! There is no skipping to SYNC after an error; but a portal whose BIND failed is gone, so that a later EXECUTE never
//! runs something older.

use std::sync::Arc;

use sbwp::message::{
    execute_flag, kind, reason, target, ArrayBind, Bind, Close, Describe, Execute, Generation,
    ParameterDescription, ParameterInfo, Parse,
};

use super::prepared::{Formats, Shape};
use super::query::Step;
use super::run::{Outcome, Run};
use super::statements::{Bound, Named};
use super::{refusal, End, Session};
use crate::backend::Report;
use crate::client::Request;
use crate::datatype::{decode, engine_type, Parameter, ParameterError};
use crate::statement::{Planned, Role};
use crate::translate::{Kind, Output};

/// What a portal holds, taken out of it.
enum Values {
    One(
        Arc<[Parameter]>,
        Formats,
        Option<(String, Option<Arc<Shape>>)>,
    ),
    Many(Arc<[Vec<Parameter>]>),
}

impl Session {
    pub(super) fn parse(&mut self, request: &Request) -> Result<(), End> {
        self.ready_due = true;
        let parse = match Parse::decode(&request.payload) {
            Ok(parse) => parse,
            Err(error) => {
                return self.error(&refusal(
                    "08P01",
                    "invalid PARSE payload",
                    &error.to_string(),
                ))
            }
        };
        // Whatever is wrong with the text is said when it is executed.
        let plan = self.plan(&parse.sql);
        let vector = self.server.types.vector();
        let named = Named {
            plan,
            declared: parse
                .oids
                .iter()
                .map(|&oid| engine_type(oid, vector))
                .collect(),
            types: parse.oids,
        };
        match self
            .statements
            .put_statement(&parse.statement, parse.sql.len(), named)
        {
            Ok(()) => self.bare(kind::PARSE_COMPLETE),
            Err(_) => self.error(&refusal(
                "54000",
                "SBWP.STATEMENT.TOO_LARGE",
                "the statement is too large to keep",
            )),
        }
    }

    pub(super) fn bind(&mut self, request: &Request) -> Result<(), End> {
        self.ready_due = true;
        if ArrayBind::matches(&request.payload) && self.agreement.generation == Generation::P1 {
            return self.array_bind(&request.payload);
        }
        let bind = match Bind::decode(&request.payload) {
            Ok(bind) => bind,
            Err(error) => {
                if !self.is_beta() {
                    self.statements.close_portal("");
                }
                return self.error(&refusal(
                    "08P01",
                    "invalid BIND payload",
                    &error.to_string(),
                ));
            }
        };
        // A failed BIND leaves no portal of that name behind, except in the beta.
        if !self.is_beta() {
            self.statements.close_portal(&bind.portal);
        }
        let Some(statement) = self.statements.statement(&bind.statement) else {
            let sentence = format!("prepared statement \"{}\" does not exist", bind.statement);
            return self.error(&refusal("08P01", "invalid BIND payload", &sentence));
        };
        let parameters = match parameters(&bind, &statement.types) {
            Ok(parameters) => parameters,
            Err(error) => return self.error(&parameter_report(&error)),
        };
        let size = parameters
            .iter()
            .map(|parameter| parameter.bytes.as_ref().map_or(0, bytes::Bytes::len))
            .sum();
        let bound = Bound::One {
            statement,
            parameters: parameters.into(),
            formats: Formats::from_list(&bind.result_formats),
            suspended: None,
        };
        match self.statements.put_portal(&bind.portal, size, bound) {
            Ok(()) => self.bare(kind::BIND_COMPLETE),
            Err(_) => self.error(&refusal(
                "54000",
                "SBWP.PORTAL.TOO_LARGE",
                "the values are too large to keep",
            )),
        }
    }

    pub(super) async fn describe(&mut self, request: &Request) -> Result<(), End> {
        self.ready_due = true;
        let describe = match Describe::decode(&request.payload) {
            Ok(describe) => describe,
            Err(error) => {
                return self.error(&refusal(
                    "08P01",
                    "invalid DESCRIBE payload",
                    &error.to_string(),
                ))
            }
        };
        let (types, outputs) = self.parameter_types(&describe.name).await?;
        let mut description =
            ParameterDescription::new(types.into_iter().map(ParameterInfo::new).collect());
        for output in outputs {
            let at = (output.ordinal as usize).checked_sub(1);
            if let Some(parameter) = at.and_then(|at| description.parameters.get_mut(at)) {
                parameter.direction = output.direction;
            }
        }
        description.generation = self.agreement.generation;
        if description.generation == Generation::P1
            && self.agreement.has(sbwp::message::feature::ARRAY_BIND)
        {
            for parameter in &mut description.parameters {
                parameter.flags |= 0b1000;
            }
        }
        Ok(self
            .client
            .send(kind::PARAMETER_DESCRIPTION, |out| description.encode(out))?)
    }

    /// The parameters of a prepared statement: as the client declared them, else as the engine infers them. A statement
    /// that does not exist has none, and what is wrong with one is said when it is executed. Those of a procedure that
    /// come back are named too.
    async fn parameter_types(&mut self, name: &str) -> Result<(Vec<u32>, Vec<Output>), End> {
        let Some(named) = self.statements.statement(name) else {
            return Ok(Default::default());
        };
        let mut types = named.types.clone();
        let Ok(plan) = &named.plan else {
            return Ok((types, vec![]));
        };
        let [planned] = plan.as_slice() else {
            return Ok((types, vec![]));
        };
        let resolved = match planned.statement.kind {
            Kind::Call => self.resolve(planned).await?.ok().flatten(),
            _ => None,
        };
        let planned = resolved.as_ref().unwrap_or(planned);
        if types.len() < planned.statement.parameters {
            types.resize(planned.statement.parameters, 0);
        }
        let runs = !matches!(planned.role, Role::Empty | Role::CopyIn | Role::CopyOut);
        if runs && planned.statement.lookup.is_none() && types.contains(&0) {
            let inferred = self.infer(planned, &named.declared).await?;
            for (known, engine) in types
                .iter_mut()
                .zip(inferred.iter().flat_map(|types| types.iter()))
            {
                if *known == 0 {
                    *known = self.server.types.describe(*engine).await.oid;
                }
            }
        }
        Ok((types, outputs(planned)))
    }

    pub(super) async fn execute(&mut self, request: &Request) -> Result<(), End> {
        self.ready_due = true;
        if !self.transaction_matches(request)? {
            return Ok(());
        }
        let execute = match Execute::decode(&request.payload) {
            Ok(execute) => execute,
            Err(error) => {
                return self.error(&refusal(
                    "08P01",
                    "invalid EXECUTE payload",
                    &error.to_string(),
                ))
            }
        };
        let autocommit = execute.flags & execute_flag::AUTOCOMMIT != 0;
        let Some(bound) = self.statements.portal(&execute.portal) else {
            return self.error(&refusal("34000", "bound portal not found", ""));
        };
        let (statement, rest) = match bound {
            Bound::One {
                statement,
                parameters,
                formats,
                suspended,
            } => (
                Arc::clone(statement),
                Values::One(Arc::clone(parameters), formats.clone(), suspended.take()),
            ),
            Bound::Array { statement, rows } => {
                (Arc::clone(statement), Values::Many(Arc::clone(rows)))
            }
        };
        let plan = match &statement.plan {
            Ok(plan) => plan.clone(),
            Err(report) => return self.error(report),
        };
        let planned = match plan.as_slice() {
            [planned] => planned,
            _ => {
                let report = Report::error(
                    "42601",
                    "cannot insert multiple commands into a prepared statement",
                );
                return self.error(&report);
            }
        };
        self.pump.set_time_limit(self.statement_timeout());
        let (parameters, formats, suspended) = match rest {
            Values::One(parameters, formats, suspended) => (parameters, formats, suspended),
            Values::Many(rows) => {
                let outcome = self
                    .execute_array(
                        planned,
                        &statement.declared,
                        &rows,
                        autocommit && !self.is_beta(),
                    )
                    .await?;
                return self.executed(outcome);
            }
        };
        match planned.role {
            Role::CopyIn => {
                let step = self.begin_copy(planned, autocommit).await?;
                return self.stepped(step);
            }
            Role::CopyOut => {
                let step = self.copy_out(planned, autocommit).await?;
                return self.stepped(step);
            }
            _ => {}
        }
        match self.control(planned, false).await? {
            Some(Step::Failed(report)) => return self.error(&report),
            Some(_) => return Ok(()),
            None => {}
        }
        let resolved;
        let planned = match self.resolve(planned).await? {
            Ok(None) => planned,
            Ok(Some(found)) => {
                resolved = found;
                &resolved
            }
            Err(report) => return self.error(&report),
        };
        let (portal, resumed) = match suspended {
            Some((portal, shape)) => (portal, Some(shape)),
            None if execute.max_rows > 0 => (self.statements.engine_portal(), None),
            None => (String::new(), None),
        };
        let run = Run {
            planned,
            declared: &statement.declared,
            parameters: &parameters,
            formats,
            max_rows: execute.max_rows,
            portal: &portal,
            autocommit,
            silent: !planned.shows_rows(),
        };
        let outcome = match resumed {
            Some(shape) => self.resume(&run, shape).await?,
            None => self.run(&run).await?,
        };
        match &outcome {
            Outcome::Complete { .. } if !portal.is_empty() => self.statements.dropped.push(portal),
            Outcome::Suspended { shape, .. } => {
                if let Some(Bound::One { suspended, .. }) = self.statements.portal(&execute.portal)
                {
                    *suspended = Some((portal, shape.clone()));
                }
            }
            _ => {}
        }
        self.executed(outcome)
    }

    fn stepped(&mut self, step: Step) -> Result<(), End> {
        match step {
            Step::Failed(report) => self.error(&report),
            Step::Done | Step::Copying => Ok(()),
        }
    }

    /// Answers an EXECUTE.
    fn executed(&mut self, outcome: Outcome) -> Result<(), End> {
        self.pump.set_time_limit(None);
        match outcome {
            Outcome::Complete { tag, rows } => self.complete(&tag, rows),
            Outcome::Suspended { .. } => self.bare(kind::PORTAL_SUSPENDED),
            Outcome::Failed(report) => self.error(&report),
        }
    }

    pub(super) async fn close(&mut self, request: &Request) -> Result<(), End> {
        self.ready_due = true;
        if let Ok(close) = Close::decode(&request.payload) {
            match close.target {
                target::STATEMENT => self.statements.close_statement(&close.name),
                target::PORTAL => self.statements.close_portal(&close.name),
                _ => {}
            }
        }
        self.bare(kind::CLOSE_COMPLETE)
    }

    pub(super) fn sync(&mut self) -> Result<(), End> {
        if self.ready_due {
            self.ready(reason::COMMAND_COMPLETE)?;
        }
        // A READY that a SYNC sends does not make the next SYNC silent.
        self.ready_due = true;
        Ok(())
    }
}

/// The parameters that come back, where the call's arguments are nothing but `$1, $2 …` in their order.
fn outputs(planned: &Planned) -> Vec<Output> {
    let mut arguments = planned
        .sql()
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .into_iter()
        .flat_map(|list| list.split(", "));
    let in_order = (1..=planned.statement.parameters)
        .all(|number| arguments.next() == Some(format!("${number}").as_str()));
    match in_order && arguments.next().is_none() {
        true => planned.statement.outputs.clone(),
        false => vec![],
    }
}

fn parameters(bind: &Bind, types: &[u32]) -> Result<Vec<Parameter>, ParameterError> {
    bind.values
        .iter()
        .enumerate()
        .map(|(at, value)| match value {
            None => Ok(Parameter::default()),
            Some(value) => decode(
                at + 1,
                types.get(at).copied().unwrap_or(0),
                bind.format(at),
                value,
            ),
        })
        .collect()
}

pub(super) fn parameter_report(error: &ParameterError) -> Report {
    let sqlstate = match error {
        ParameterError::Encoding { .. } => "22021",
        ParameterError::Length { .. } | ParameterError::Type { .. } => "22P03",
    };
    Report::error(sqlstate, error.to_string())
}
