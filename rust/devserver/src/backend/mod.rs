//! A thin asynchronous session with PostgreSQL, the engine behind the development server.
//!
//! It moves messages of PostgreSQL's own protocol and keeps no state beyond its buffers, so that the caller decides
//! what to pipeline and can copy rows without decoding them. It must not know SBWP.

mod cancel;
mod login;
mod report;
mod stream;
mod target;

use std::future::Future;
use std::io;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::{Buf, BytesMut};
use postgres_protocol::message::backend::{Message, DATA_ROW_TAG};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

pub use cancel::CancelHandle;
pub use report::Report;
pub use target::{Address, Target, TargetError};

use stream::Stream;

/// How much one read takes from the socket at most.
const READ_CHUNK: usize = 64 * 1024;

/// Why a session with the engine could not be opened or went away.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    #[error("the connection to the engine failed: {0}")]
    Io(#[from] io::Error),
    #[error("the engine refused the session: {0}")]
    Refused(Report),
    #[error("the engine asks for an authentication method that is not supported: {0}")]
    Authentication(&'static str),
}

/// The next thing the engine said.
pub enum Event {
    /// A row is at the head of the buffer: [`Backend::row`] shows it, [`Backend::pass_row`] drops it.
    Row,
    Message(Message),
}

/// One open session with the engine.
pub struct Backend {
    stream: Stream,
    input: BytesMut,
    /// Requests to write: filled by the caller with `postgres_protocol::message::frontend`.
    pub out: BytesMut,
    process_id: i32,
    secret_key: i32,
    target: Arc<Target>,
    row_length: usize,
}

impl Backend {
    /// Opens a session and leaves it ready for a request.
    pub async fn open(
        target: Arc<Target>,
        settings: &[(&str, &str)],
    ) -> Result<Self, BackendError> {
        let stream = Stream::open(&target.address).await?;
        let mut backend = Self {
            stream,
            input: BytesMut::with_capacity(8 * 1024),
            out: BytesMut::with_capacity(4 * 1024),
            process_id: 0,
            secret_key: 0,
            target,
            row_length: 0,
        };
        backend.login(settings).await?;
        Ok(backend)
    }

    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle::new(Arc::clone(&self.target), self.process_id, self.secret_key)
    }

    /// Takes the next complete message out of the buffer, if one is there.
    pub fn take(&mut self) -> io::Result<Option<Event>> {
        let Some((&tag, rest)) = self.input.split_first() else {
            return Ok(None);
        };
        if tag == DATA_ROW_TAG {
            let Some(length) = rest.first_chunk::<4>() else {
                return Ok(None);
            };
            let total = u32::from_be_bytes(*length) as usize + 1;
            if total < 7 {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a row of the engine is too short",
                ));
            }
            if self.input.len() < total {
                return Ok(None);
            }
            self.row_length = total;
            return Ok(Some(Event::Row));
        }
        Ok(Message::parse(&mut self.input)?.map(Event::Message))
    }

    /// The body of the row at the head of the buffer: a column count and the columns.
    pub fn row(&self) -> &[u8] {
        self.input.get(5..self.row_length).unwrap_or_default()
    }

    pub fn pass_row(&mut self) {
        self.input.advance(self.row_length.min(self.input.len()));
        self.row_length = 0;
    }

    /// Writes what waits in `out`; ready when nothing is left.
    pub fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.out))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads more into the buffer; an end of stream is an error.
    pub fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(poll_read_into(
            &mut self.stream,
            cx,
            &mut self.input,
            READ_CHUNK
        ))? {
            0 => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the engine closed the connection",
            ))),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Sends everything, then waits for one message. For start-up and for sessions without a client.
    pub async fn converse(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.take()? {
                return Ok(event);
            }
            std::future::poll_fn(|cx| {
                if let Poll::Ready(Err(error)) = self.poll_send(cx) {
                    return Poll::Ready(Err(error));
                }
                self.poll_fill(cx)
            })
            .await?;
        }
    }
}

/// Reads once onto the end of `buffer`, at most `chunk` bytes more than it has room for; how many came.
pub fn poll_read_into<S: AsyncRead + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    buffer: &mut BytesMut,
    chunk: usize,
) -> Poll<io::Result<usize>> {
    if buffer.capacity() - buffer.len() < 4096 {
        // Grows with what has really arrived, never with a length that the peer claims.
        buffer.reserve(buffer.len().clamp(8 * 1024, chunk));
    }
    // The future keeps nothing between polls, so a fresh one each time loses no data.
    pin!(stream.read_buf(buffer)).poll(cx)
}
