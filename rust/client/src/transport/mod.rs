//! The byte pipe of one connection: a non-blocking socket and, on top of it, TLS.
//!
//! It knows nothing of SBWP. rustls does no I/O of its own, so whichever thread polls drives the record layer too.

pub mod patience;
pub mod wait;

#[cfg(unix)]
#[path = "stream_unix.rs"]
mod stream;
#[cfg(windows)]
#[path = "stream_windows.rs"]
mod stream;

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::{Buf, BytesMut};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion};

pub(crate) use stream::{Held, Stream};

/// One read from the socket: large enough for four TLS records, so that a bulk fetch costs few system calls.
const CIPHERTEXT_CHUNK: usize = 64 * 1024 + 256;

/// A socket with optional TLS 1.3, and the bytes that wait to be sent.
#[derive(Debug)]
pub(crate) struct Transport {
    stream: Stream,
    tls: Option<Box<Tls>>,
    /// Bytes for the socket: plaintext without TLS, records with it.
    unsent: BytesMut,
}

#[derive(Debug)]
struct Tls {
    session: ClientConnection,
    /// Records read from the socket and not yet given to rustls.
    received: Vec<u8>,
    consumed: usize,
    end_of_stream: bool,
}

impl Transport {
    pub(crate) fn plain(stream: Stream) -> Self {
        Transport {
            stream,
            tls: None,
            unsent: BytesMut::new(),
        }
    }

    /// TLS from the next byte on; [`Transport::poll_handshake`] completes it.
    pub(crate) fn start_tls(
        &mut self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<(), rustls::Error> {
        let mut session = ClientConnection::new(config, name)?;
        session.set_buffer_limit(None);
        self.tls = Some(Box::new(Tls {
            session,
            received: Vec::with_capacity(CIPHERTEXT_CHUNK),
            consumed: 0,
            end_of_stream: false,
        }));
        Ok(())
    }

    pub(crate) fn descriptor(&self) -> i32 {
        self.stream.descriptor()
    }

    pub(crate) fn leave_reactor(&mut self) {
        self.stream.leave_reactor();
    }

    /// Keeps the socket open for somebody who waits for it without the session's lock.
    pub(crate) fn hold(&self) -> Option<Held> {
        self.stream.hold()
    }

    /// True where bytes, or the end, have arrived that nobody has read.
    pub(crate) fn has_input(&self) -> bool {
        self.stream.has_input()
    }

    pub(crate) fn tls_version(&self) -> Option<&'static str> {
        match self.tls.as_ref()?.session.protocol_version()? {
            ProtocolVersion::TLSv1_3 => Some("TLSv1.3"),
            ProtocolVersion::TLSv1_2 => Some("TLSv1.2"),
            _ => Some("unknown"),
        }
    }

    /// Drives the TLS handshake to its end.
    pub(crate) fn poll_handshake(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.encrypt_pending()?;
            let flushed = self.poll_flush(context)?;
            match &self.tls {
                Some(tls) if tls.session.is_handshaking() => {}
                _ => return flushed.map(Ok),
            }
            if ready!(self.poll_ciphertext(context))? == 0 {
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the server closed the connection during the TLS handshake",
                )));
            }
            self.process()?;
        }
    }

    /// Takes all of `plaintext` for sending; [`Transport::poll_flush`] moves it to the socket.
    pub(crate) fn queue(&mut self, plaintext: &mut BytesMut) -> io::Result<()> {
        match &mut self.tls {
            None if self.unsent.is_empty() => std::mem::swap(&mut self.unsent, plaintext),
            None => self.unsent.extend_from_slice(plaintext),
            Some(tls) => {
                tls.session.writer().write_all(plaintext)?;
                self.encrypt_pending()?;
            }
        }
        plaintext.clear();
        Ok(())
    }

    /// Bytes that wait for the socket.
    pub(crate) fn unsent(&self) -> usize {
        self.unsent.len()
    }

    /// Moves queued bytes to the socket until none is left.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.unsent.has_remaining() {
            let count = ready!(self.stream.poll_write(context, &self.unsent))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(count);
        }
        Poll::Ready(Ok(()))
    }

    /// Moves what the socket takes at once; the rest goes with the next flush.
    pub(crate) fn try_flush(&mut self) -> io::Result<()> {
        while self.unsent.has_remaining() {
            match self.stream.try_write(&self.unsent) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.unsent.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Appends what has arrived to `buffer` (within its capacity); 0 means the peer closed.
    pub(crate) fn poll_fill(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        if self.tls.is_none() {
            return self.stream.poll_read(context, buffer);
        }
        loop {
            let taken = self.take_plaintext(buffer)?;
            if taken > 0 {
                return Poll::Ready(Ok(taken));
            }
            let more_records = self
                .tls
                .as_ref()
                .is_some_and(|tls| tls.consumed < tls.received.len());
            if !more_records && ready!(self.poll_ciphertext(context))? == 0 {
                return Poll::Ready(Ok(0));
            }
            self.process()?;
        }
    }

    /// Sends what fits at once and closes; errors do not matter any more.
    pub(crate) fn close(&mut self, last: &mut BytesMut) {
        if self.queue(last).is_ok() {
            if let Some(tls) = &mut self.tls {
                tls.session.send_close_notify();
            }
            let sent = self
                .encrypt_pending()
                .and_then(|()| self.stream.try_write(&self.unsent));
            drop(sent);
        }
        self.shutdown();
        self.stream.close();
    }

    /// Ends the conversation: the peer learns of it at once. The descriptor stays until [`Transport::close`], because an
    /// event loop may still watch it.
    pub(crate) fn shutdown(&mut self) {
        drop(self.stream.shutdown());
    }

    fn encrypt_pending(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            while tls.session.wants_write() {
                tls.session.write_tls(&mut Append(&mut self.unsent))?;
            }
        }
        Ok(())
    }

    /// Reads records from the socket into the ciphertext buffer.
    fn poll_ciphertext(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(tls) = &mut self.tls else {
            return Poll::Ready(Ok(0));
        };
        if tls.end_of_stream {
            return Poll::Ready(Ok(0));
        }
        if tls.consumed == tls.received.len() {
            tls.received.clear();
            tls.consumed = 0;
        }
        let count = ready!(self.stream.poll_read(context, &mut tls.received))?;
        tls.end_of_stream = count == 0;
        Poll::Ready(Ok(count))
    }

    /// Gives received records to rustls and sends what it answers (alerts, key updates).
    fn process(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            return Ok(());
        };
        let mut rest = &tls.received[tls.consumed..];
        let before = rest.len();
        if before > 0 {
            tls.session.read_tls(&mut rest)?;
            tls.consumed += before - rest.len();
        }
        if let Err(error) = tls.session.process_new_packets() {
            // The alert tells the peer why; the connection is lost either way.
            let told = self
                .encrypt_pending()
                .and_then(|()| self.stream.try_write(&self.unsent));
            drop(told);
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        self.encrypt_pending()
    }

    fn take_plaintext(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return Ok(0);
        };
        let mut total = 0;
        let mut reader = tls.session.reader();
        while buffer.len() < buffer.capacity() {
            let available = match reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // A TCP end without close_notify: the frame layer decides whether that cuts a message.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                break;
            }
            let count = available.len().min(buffer.capacity() - buffer.len());
            buffer.extend_from_slice(&available[..count]);
            reader.consume(count);
            total += count;
        }
        Ok(total)
    }
}

struct Append<'a>(&'a mut BytesMut);

impl Write for Append<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
