//! Requests: one or more frames, encoded before the session is locked, and how many READYs answer them.
//!
//! Sequence and attachment are filled in when the request is sent; the transaction id stays zero (SBWP 2.3).

mod parameters;
mod repeated;

use std::sync::Arc;

use bytes::{Buf, BufMut, BytesMut};
use sbwp::frame::{flags, write_frame, FrameError, Header, HEADER_LEN};
use sbwp::message::{
    self, execute_flag, kind, query_flag, target, BindEncoder, CopyFail, EncodeError, Subscribe,
    Unsubscribe,
};

pub use self::parameters::Parameters;
pub(crate) use self::parameters::{is_bare, is_bare_text};
pub(crate) use self::repeated::Repeated;
use crate::error::Error;
use crate::prepared::{Effect, Named, Use};

/// BIND format code for text (SBWP 3.3.4).
const TEXT: u16 = 0;
const BINARY: u16 = 1;

/// Frames ready to be sent.
#[derive(Debug, Default)]
pub struct Request {
    pub(crate) bytes: BytesMut,
    pub(crate) readies: u32,
    /// It runs statements, so that a transaction has to be opened for it as the user wants it.
    pub(crate) opens: bool,
    /// Its work stays in the transaction.
    pub(crate) leaves_work: bool,
    /// It commits: without an answer nobody knows whether it has.
    pub(crate) commits: bool,
    /// It ends the transaction in some way: what became of it has to be known before anything else is sent.
    pub(crate) ends: bool,
    /// Who holds the connection and sends it; 0 for everybody else.
    pub(crate) holder: u64,
    /// The named statements that it executes, in the order of their first PARSE.
    pub(crate) uses: Vec<Use>,
    /// The number of parameters of the INSERT that an array BIND in it means.
    pub(crate) array_width: Option<usize>,
    pub(crate) effect: Effect,
}

impl Request {
    /// Nothing to send yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A statement without parameters (SBWP 3.2.1).
    pub fn query(&mut self, sql: &str, flags: u32) -> Result<&mut Self, Error> {
        if sql.as_bytes().contains(&0) {
            return Err(Error::Programming(
                "a statement cannot contain a NUL character".into(),
            ));
        }
        self.frame(kind::QUERY, |out| {
            message::encode_query(out, flags, 0, 0, sql)
        })?;
        self.opens = true;
        self.leaves_work |= flags & query_flag::AUTOCOMMIT == 0;
        self.readies += 1;
        Ok(self)
    }

    /// One execution of a statement with parameters: PARSE, BIND and EXECUTE (SBWP 4.4); [`Request::sync`] ends it. A
    /// named portal is closed after it, a named statement is kept by the server.
    pub(crate) fn execution(
        &mut self,
        sql: &str,
        parameters: &Parameters,
        named: Option<Arc<Named>>,
        portal: &str,
        autocommit: bool,
        binary: bool,
    ) -> Result<(), Error> {
        let Some(named) = named else {
            self.parse("", sql, parameters.oids())?;
            return self.bind_execute("", parameters, portal, autocommit, binary);
        };
        if !self.has_use_of(&named) {
            let start = self.bytes.len();
            self.parse(&named.name, sql, parameters.oids())?;
            self.uses.push(Use {
                named: named.clone(),
                parse: start..self.bytes.len(),
            });
        }
        self.bind_execute(&named.name, parameters, portal, autocommit, binary)
    }

    /// Whether it has the PARSE of this statement already.
    pub(crate) fn has_use_of(&self, named: &Arc<Named>) -> bool {
        let mut uses = self.uses.iter().rev();
        uses.any(|usage| Arc::ptr_eq(&usage.named, named))
    }

    /// One of many executions of a statement; [`Request::sync`] ends them.
    pub(crate) fn repetition(
        &mut self,
        sql: &str,
        parameters: &Parameters,
        repeated: &mut Repeated,
        portal: &str,
        binary: bool,
    ) -> Result<(), Error> {
        if let Some(named) = repeated.named() {
            if !self.has_use_of(named) {
                let start = self.bytes.len();
                self.parse(&named.name, sql, repeated.oids())?;
                self.uses.push(Use {
                    named: named.clone(),
                    parse: start..self.bytes.len(),
                });
            }
        } else if repeated.begin() {
            self.parse("", sql, repeated.oids())?;
        }
        let name = repeated.named().map_or("", |named| &*named.name);
        self.bind_execute(name, parameters, portal, false, binary)
    }

    /// The PARSE and BIND of an INSERT of all `rows` (SBWP 3.3.5), whose columns have these types.
    pub(crate) fn bind_array(
        &mut self,
        sql: &str,
        types: &[u32],
        rows: &[Parameters],
    ) -> Result<(), Error> {
        self.array_width = Some(types.len());
        self.parse("", sql, types)?;
        self.frame(kind::BIND, |out| {
            let values = rows.iter().map(|row| row.iter().map(|(_, value)| value));
            message::encode_array_bind(out, types.len(), values)
        })
    }

    /// The execution that [`Request::bind_array`] has bound.
    pub(crate) fn execute_array(&mut self) -> Result<(), Error> {
        self.frame(kind::EXECUTE, |out| message::encode_execute(out, "", 0, 0))?;
        self.opens = true;
        self.leaves_work = true;
        Ok(())
    }

    /// Leaves out the parts in `cut`, in their order, and puts the CLOSE of these statements in front.
    pub(crate) fn trim(
        &mut self,
        closed: &[Arc<Named>],
        cut: &[std::ops::Range<usize>],
    ) -> Result<(), Error> {
        match cut {
            [] if closed.is_empty() => return Ok(()),
            [only] if closed.is_empty() && only.start == 0 => {
                self.bytes.advance(only.end);
                return Ok(());
            }
            _ => {}
        }
        let whole = std::mem::take(&mut self.bytes);
        self.bytes.reserve(whole.len());
        for named in closed {
            self.frame(kind::CLOSE, |out| {
                message::encode_close(out, target::STATEMENT, &named.name)
            })?;
        }
        let mut from = 0;
        for part in cut {
            self.bytes.put_slice(&whole[from..part.start]);
            from = part.end;
        }
        self.bytes.put_slice(&whole[from..]);
        Ok(())
    }

    fn parse(&mut self, name: &str, sql: &str, types: &[u32]) -> Result<(), Error> {
        if types.len() > usize::from(u16::MAX) {
            return Err(Error::Parameters(format!(
                "{} parameters were given; a statement takes at most {}",
                types.len(),
                u16::MAX
            )));
        }
        self.frame(kind::PARSE, |out| {
            message::encode_parse(out, name, sql, types)
        })
    }

    fn bind_execute(
        &mut self,
        statement: &str,
        parameters: &Parameters,
        portal: &str,
        autocommit: bool,
        binary: bool,
    ) -> Result<(), Error> {
        self.frame(kind::BIND, |out| {
            let mut bind = BindEncoder::new(out, portal, statement, &[TEXT]);
            bind.encoded(parameters.len(), parameters.encoded());
            bind.finish(&[if binary { BINARY } else { TEXT }])
        })?;
        let flags = if autocommit {
            execute_flag::AUTOCOMMIT
        } else {
            0
        };
        self.frame(kind::EXECUTE, |out| {
            message::encode_execute(out, portal, 0, flags)
        })?;
        self.opens = true;
        self.leaves_work |= !autocommit;
        if portal.is_empty() {
            return Ok(());
        }
        self.frame(kind::CLOSE, |out| {
            message::encode_close(out, target::PORTAL, portal)
        })
    }

    /// SYNC, which READY answers (SBWP 3.3.6).
    pub fn sync(&mut self) -> Result<&mut Self, Error> {
        self.frame(kind::SYNC, |_| Ok(()))?;
        self.readies += 1;
        Ok(self)
    }

    /// Where it ends now, for [`Request::cut_back`].
    pub(crate) fn mark(&self) -> (usize, usize, u32) {
        (self.bytes.len(), self.uses.len(), self.readies)
    }

    /// Takes back what was added since.
    pub(crate) fn cut_back(&mut self, (bytes, uses, readies): (usize, usize, u32)) {
        self.bytes.truncate(bytes);
        self.uses.truncate(uses);
        self.readies = readies;
    }

    /// The encoded length in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// True when there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A statement that says how the transaction is to be, before any other in it.
    pub(crate) fn opening(&mut self, sql: &str) -> Result<&mut Self, Error> {
        self.frame(kind::QUERY, |out| message::encode_query(out, 0, 0, 0, sql))?;
        self.readies += 1;
        Ok(self)
    }

    /// Has it run as part of what the holder of the connection does.
    pub fn join(&mut self, holder: u64) -> &mut Self {
        self.holder = holder;
        self
    }

    /// Says that a statement in it commits, so that a lost answer leaves the outcome unknown.
    pub fn expect_commit(&mut self) -> &mut Self {
        self.commits = true;
        self
    }

    /// TXN_COMMIT (SBWP 3.7.2).
    pub fn commit(&mut self) -> Result<&mut Self, Error> {
        self.frame(kind::TXN_COMMIT, zeros)?;
        self.commits = true;
        self.readies += 1;
        Ok(self)
    }

    /// TXN_ROLLBACK (SBWP 3.7.3).
    pub fn rollback(&mut self) -> Result<&mut Self, Error> {
        self.frame(kind::TXN_ROLLBACK, zeros)?;
        self.ends = true;
        self.effect = Effect::RollsBack;
        self.readies += 1;
        Ok(self)
    }

    /// CANCEL of the running statement (SBWP 3.8), whose READY comes after the statement's own.
    pub(crate) fn cancel(&mut self) -> Result<&mut Self, Error> {
        let header = Header {
            flags: flags::URGENT,
            ..Header::new(kind::CANCEL)
        };
        self.frame_with(header, |out| {
            out.put_u64_le(0);
            Ok(())
        })?;
        self.readies += 1;
        Ok(self)
    }

    /// COPY_FAIL, to leave a COPY that was opened by a call that cannot feed it.
    pub(crate) fn copy_fail(&mut self, reason: &str) -> Result<&mut Self, Error> {
        let message = CopyFail {
            reason: reason.to_owned(),
        };
        self.frame(kind::COPY_FAIL, |out| message.encode(out))?;
        Ok(self)
    }

    /// SUBSCRIBE (SBWP 3.6); `kind` is one of [`message::subscription`].
    pub(crate) fn subscribe(
        &mut self,
        kind: u8,
        name: &str,
        filter: &str,
    ) -> Result<&mut Self, Error> {
        let message = Subscribe {
            kind,
            channel: name.to_owned(),
            filter: filter.to_owned(),
        };
        self.frame(kind::SUBSCRIBE, |out| message.encode(out))?;
        self.readies += 1;
        Ok(self)
    }

    /// UNSUBSCRIBE (SBWP 3.6).
    pub(crate) fn unsubscribe(&mut self, name: &str) -> Result<&mut Self, Error> {
        let message = Unsubscribe {
            channel: name.to_owned(),
        };
        self.frame(kind::UNSUBSCRIBE, |out| message.encode(out))?;
        self.readies += 1;
        Ok(self)
    }

    /// A message with an empty payload that has no READY of its own.
    pub(crate) fn empty(&mut self, kind: u8) -> Result<&mut Self, Error> {
        self.frame(kind, |_| Ok(()))?;
        Ok(self)
    }

    /// Any message.
    pub(crate) fn frame(
        &mut self,
        kind: u8,
        payload: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
    ) -> Result<(), Error> {
        self.frame_with(Header::new(kind), payload)
    }

    fn frame_with(
        &mut self,
        header: Header,
        payload: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
    ) -> Result<(), Error> {
        write_frame(&mut self.bytes, header, payload).map_err(|error| match error {
            FrameError::TooLarge { .. } => Error::data_with(
                "54000",
                "the statement and its parameters are longer than a frame may be (64 MiB)",
                Some(Box::new(error)),
            ),
            other => Error::Programming(other.to_string()),
        })
    }

    /// Numbers the frames from `sequence` on and names the attachment; returns the next number.
    pub(crate) fn stamp(&mut self, mut sequence: u32, attachment: &[u8; 16]) -> u32 {
        let mut at = 0;
        while let Some(header) = self.bytes.get_mut(at..at + HEADER_LEN) {
            header[12..16].copy_from_slice(&sequence.to_le_bytes());
            header[16..32].copy_from_slice(attachment);
            let length = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
            sequence = sequence.wrapping_add(1);
            at += HEADER_LEN + length as usize;
        }
        sequence
    }
}

/// The short form of TXN_COMMIT and TXN_ROLLBACK.
fn zeros(out: &mut BytesMut) -> Result<(), EncodeError> {
    out.put_u32_le(0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_numbered_and_named_when_they_are_sent() {
        let mut request = Request::new();
        request.query("select 1", 0).unwrap().commit().unwrap();
        assert_eq!(request.stamp(u32::MAX, &[9; 16]), 1);
        let first = Header::parse(&request.bytes, u32::MAX).unwrap().unwrap();
        assert_eq!((first.kind, first.sequence), (kind::QUERY, u32::MAX));
        let rest = &request.bytes[HEADER_LEN + first.length as usize..];
        let second = Header::parse(rest, u32::MAX).unwrap().unwrap();
        assert_eq!((second.kind, second.sequence), (kind::TXN_COMMIT, 0));
        assert_eq!(second.attachment, [9; 16]);
        assert_eq!(second.transaction, 0);
        assert_eq!(request.readies, 2);
    }
}
