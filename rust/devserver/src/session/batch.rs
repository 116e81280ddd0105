//! Writes the parts of a batch for the engine. A part that cannot be written leaves nothing behind.

use postgres_protocol::message::frontend;
use postgres_protocol::IsNull;

use super::guard::Prefix;
use super::run::Run;
use super::{End, Session};
use crate::backend::Report;
use crate::datatype::Parameter;
use crate::statement::Role;

impl Session {
    pub(super) fn parse_and_describe(
        &mut self,
        run: &Run<'_>,
        name: &str,
        declared: &[u32],
    ) -> Result<(), Report> {
        let start = self.backend.out.len();
        frontend::parse(
            name,
            run.planned.sql(),
            declared.iter().copied(),
            &mut self.backend.out,
        )
        .and_then(|()| frontend::describe(b'S', name, &mut self.backend.out))
        .map_err(|error| {
            self.backend.out.truncate(start);
            Report::error("54000", error.to_string())
        })
    }

    pub(super) fn bind_and_execute(
        &mut self,
        run: &Run<'_>,
        name: &str,
        formats: &[i16],
    ) -> Result<(), Report> {
        self.bind_parameters(run.portal, name, run.parameters, formats, run.max_rows)
    }

    /// Writes a bind and the execution of what it binds.
    pub(super) fn bind_parameters(
        &mut self,
        portal: &str,
        statement: &str,
        parameters: &[Parameter],
        formats: &[i16],
        max_rows: u32,
    ) -> Result<(), Report> {
        let start = self.backend.out.len();
        // Without a binary value among them one code would do, but none at all says the same in less.
        let any_binary = parameters.iter().any(|parameter| parameter.binary);
        let codes = parameters
            .iter()
            .filter(|_| any_binary)
            .map(|parameter| i16::from(parameter.binary));
        let bound = frontend::bind(
            portal,
            statement,
            codes,
            parameters,
            |parameter, out| match &parameter.bytes {
                None => Ok(IsNull::Yes),
                Some(bytes) => {
                    out.extend_from_slice(bytes);
                    Ok(IsNull::No)
                }
            },
            formats.iter().copied(),
            &mut self.backend.out,
        );
        let executed = match bound {
            Err(frontend::BindError::Conversion(error)) => Err(error.to_string()),
            Err(frontend::BindError::Serialization(error)) => Err(error.to_string()),
            Ok(()) => {
                let rows = i32::try_from(max_rows).unwrap_or(i32::MAX);
                frontend::execute(portal, rows, &mut self.backend.out)
                    .map_err(|error| error.to_string())
            }
        };
        executed.map_err(|reason| {
            self.backend.out.truncate(start);
            Report::error("54000", reason)
        })
    }

    pub(super) fn finish_batch(&mut self, run: &Run<'_>, prefix: Prefix) -> Result<(), End> {
        if run.autocommit && run.portal.is_empty() && run.planned.role != Role::Pure {
            self.transaction
                .commit_behind(prefix, &mut self.backend)
                .map_err(End::Engine)?;
        }
        frontend::sync(&mut self.backend.out);
        Ok(())
    }

    /// Tells the engine which prepared statements and portals it may forget.
    pub(super) fn close_outdated(&mut self) -> Result<(), End> {
        for name in self
            .prepared
            .outdated
            .drain(..)
            .filter(|name| !name.is_empty())
        {
            frontend::close(b'S', &name, &mut self.backend.out).map_err(End::Engine)?;
        }
        for name in self.statements.dropped.drain(..) {
            frontend::close(b'P', &name, &mut self.backend.out).map_err(End::Engine)?;
        }
        Ok(())
    }
}
