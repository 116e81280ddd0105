//! Requests: one or more frames, encoded before the session is locked, and how many READYs answer them.
//!
//! Sequence and attachment are filled in when the request is sent; the transaction id stays zero (SBWP 2.3).

use std::sync::Arc;

use bytes::{Buf, BufMut, BytesMut};
use sbwp::frame::{flags, write_frame, FrameError, Header, HEADER_LEN};
use sbwp::message::{
    self, execute_flag, kind, query_flag, target, BindEncoder, CopyFail, EncodeError, Subscribe,
    Unsubscribe,
};

use sbwp::types::oid;

use crate::error::Error;
use crate::prepared::{Effect, Named, Use};

/// BIND format code for text (SBWP 3.3.4).
const TEXT: u16 = 0;
const BINARY: u16 = 1;

/// Encoded values of one execution, in the order of the placeholders.
#[derive(Debug, Default)]
pub struct Parameters {
    oids: Vec<u32>,
    /// Per value: `i32 length` (−1 is NULL) and the bytes, as BIND wants them.
    values: BytesMut,
}

impl Parameters {
    /// No value yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.oids.len()
    }

    /// The encoded length in bytes.
    pub(crate) fn encoded_len(&self) -> usize {
        self.values.len() + 4 * self.oids.len()
    }

    /// The types of the values.
    pub(crate) fn oids(&self) -> &[u32] {
        &self.oids
    }

    /// True when there is no value.
    pub fn is_empty(&self) -> bool {
        self.oids.is_empty()
    }

    /// The type and the bytes of each value, `None` for NULL.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Option<&[u8]>)> + '_ {
        let mut rest: &[u8] = &self.values;
        self.oids.iter().map(move |oid| {
            let (length, after) = rest.split_at_checked(4).unwrap_or((rest, &[]));
            let length = length.try_into().map_or(-1, i32::from_le_bytes);
            let value = usize::try_from(length)
                .ok()
                .and_then(|length| after.split_at_checked(length));
            rest = value.map_or(after, |(_, after)| after);
            (*oid, value.map(|(value, _)| value))
        })
    }

    /// True when these values can be bound to a statement prepared for `oids`.
    fn fit(&self, oids: &[u32]) -> bool {
        self.oids.len() == oids.len()
            && self
                .oids
                .iter()
                .zip(oids)
                .all(|(own, prepared)| *own == 0 || own == prepared)
    }

    /// Whether the type of the value at `position` is one of these.
    pub fn is_one_of(&self, position: usize, types: &[u32]) -> bool {
        let own = self.oids.get(position);
        own.is_some_and(|own| types.contains(own))
    }

    /// Gives the value at `position` another type. Its text stays.
    ///
    /// # Errors
    /// `Data` for a text that is no number or boolean of a type of these: servers may take them for what they are not.
    pub fn retype(&mut self, position: usize, oid: u32) -> Result<(), Error> {
        if let Some((own, Some(text))) = self.iter().nth(position) {
            if is_bare(oid) && !(is_bare(own) && own != oid::BOOL) && !is_bare_text(oid, text) {
                return Err(Error::data(format!(
                    "parameter {}: the value cannot be sent as the type {oid} of setinputsizes",
                    position + 1
                )));
            }
        }
        if let Some(own) = self.oids.get_mut(position) {
            *own = oid;
        }
        Ok(())
    }

    /// Appends NULL.
    pub fn push_null(&mut self, oid: u32) {
        self.oids.push(oid);
        self.values.put_i32_le(-1);
    }

    /// Appends a value in text form, written by `write`.
    pub fn push_text(
        &mut self,
        oid: u32,
        write: impl FnOnce(&mut BytesMut) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let at = self.values.len();
        self.values.put_i32_le(0);
        write(&mut self.values)?;
        let length = self.values.len() - at - 4;
        let length = i32::try_from(length)
            .map_err(|_| Error::data("a parameter value is longer than 2 GiB"))?;
        self.values[at..at + 4].copy_from_slice(&length.to_le_bytes());
        self.oids.push(oid);
        Ok(())
    }
}

/// Types whose text a server may paste into the statement without quotes (SBWP 3.3.4).
pub(crate) fn is_bare(oid: u32) -> bool {
    matches!(
        oid,
        oid::BOOL | oid::INT2 | oid::INT4 | oid::INT8 | oid::FLOAT4 | oid::FLOAT8 | oid::NUMERIC
    )
}

/// Whether a text is a plain boolean or number, which is safe without quotes.
pub(crate) fn is_bare_text(oid: u32, text: &[u8]) -> bool {
    if oid == oid::BOOL {
        return text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false");
    }
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let unsigned = |text: &[u8]| {
        let rest = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+"));
        rest.unwrap_or(text).to_vec()
    };
    let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mantissa = unsigned(mantissa);
    let whole = match mantissa.iter().position(|byte| *byte == b'.') {
        Some(at) => digits(&mantissa[..at]) && digits(&mantissa[at + 1..]),
        None => digits(&mantissa),
    };
    whole && exponent.is_none_or(|exponent| digits(&unsigned(exponent)))
}

/// Frames ready to be sent.
#[derive(Debug, Default)]
pub struct Request {
    pub(crate) bytes: BytesMut,
    pub(crate) readies: u32,
    /// The parameter types of the last PARSE in it.
    parsed_oids: Vec<u32>,
    /// It runs statements, so that a transaction has to be opened for it as the user wants it.
    pub(crate) opens: bool,
    /// Its work stays in the transaction.
    pub(crate) leaves_work: bool,
    /// It commits: without an answer nobody knows whether it has.
    pub(crate) commits: bool,
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
            self.parse("", sql, &parameters.oids)?;
            return self.bind_execute("", parameters, portal, autocommit, binary);
        };
        if !self.has_use_of(&named) {
            let start = self.bytes.len();
            self.parse(&named.name, sql, &parameters.oids)?;
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

    /// One of many executions of a statement; [`Request::sync`] ends them. `first` prepares the statement.
    pub(crate) fn repetition(
        &mut self,
        sql: &str,
        parameters: &Parameters,
        portal: &str,
        first: bool,
        binary: bool,
    ) -> Result<(), Error> {
        // NULL fits the types of the rows before it, so it does not prepare the statement again.
        if first || !parameters.fit(&self.parsed_oids) {
            self.parse("", sql, &parameters.oids)?;
            self.parsed_oids.clone_from(&parameters.oids);
        }
        self.bind_execute("", parameters, portal, false, binary)
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
            bind.encoded(parameters.len(), &parameters.values);
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
    fn parameters_are_read_back_as_they_were_given() {
        let mut parameters = Parameters::new();
        let text = |bytes: &'static [u8]| {
            move |out: &mut BytesMut| {
                out.put_slice(bytes);
                Ok(())
            }
        };
        parameters.push_text(25, text(b"one")).unwrap();
        parameters.push_null(20);
        parameters.push_text(25, text(b"")).unwrap();
        parameters.push_text(1700, text(b"-4.5")).unwrap();
        let read: Vec<_> = parameters.iter().collect();
        assert_eq!(
            read,
            [
                (25, Some(&b"one"[..])),
                (20, None),
                (25, Some(&b""[..])),
                (1700, Some(&b"-4.5"[..]))
            ]
        );
    }

    #[test]
    fn a_text_becomes_a_number_only_if_it_is_one() {
        let retyped = |text: &'static [u8], oid| {
            let mut parameters = Parameters::new();
            let write = |out: &mut BytesMut| {
                out.put_slice(text);
                Ok(())
            };
            parameters.push_text(oid::TEXT, write).unwrap();
            parameters.retype(0, oid)
        };
        for text in [&b"1"[..], b"-1", b"+1.50", b"1e5", b"-1.5E-10"] {
            retyped(text, oid::NUMERIC).unwrap();
        }
        for text in [
            &b""[..],
            b"-",
            b"1.",
            b".5",
            b"1e",
            b"1 or 1=1",
            b"0x1",
            b"1;2",
            b"true",
        ] {
            retyped(text, oid::INT4).unwrap_err();
        }
        retyped(b"TRUE", oid::BOOL).unwrap();
        retyped(b"1", oid::BOOL).unwrap_err();
        retyped(b"anything", oid::VARCHAR).unwrap();
    }

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
