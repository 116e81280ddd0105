//! One client's connection: frames in, frames out, in bounded buffers.
//!
//! Reading goes on while answers are written or the engine works, so that a client that writes far ahead is never the
//! cause of a deadlock and a CANCEL is seen at once. It must not know what a statement is.

mod cancels;

use std::io;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use sbwp::frame::{write_frame, FrameError, Header, PayloadOutcome, HEADER_LEN, MAX_PAYLOAD};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::backend::poll_read_into;
pub use cancels::{CancelRequest, Cancels};

/// Answers are written to the socket in pieces of about this size.
pub const FLUSH_SIZE: usize = 64 * 1024;
/// How far requests are read ahead of the one being worked on.
const READ_AHEAD: usize = 256 * 1024;
const READ_CHUNK: usize = 64 * 1024;

/// The byte stream of a client: TCP or Unix-domain socket, with or without TLS.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Transport for T {}

/// One request.
#[derive(Debug)]
pub struct Request {
    pub header: Header,
    pub payload: Bytes,
}

/// Why the client cannot be talked to any longer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("the client closed the connection")]
    Closed,
    #[error("the connection to the client failed: {0}")]
    Io(#[from] io::Error),
    #[error("the client sent something that is not a frame: {0}")]
    Frame(#[from] FrameError),
}

pub struct Client {
    transport: Box<dyn Transport>,
    input: BytesMut,
    out: BytesMut,
    /// Cancellations seen in the requests read ahead.
    pub cancels: Cancels,
    sequence: u32,
    attachment: [u8; 16],
    transaction: u64,
    at_end: bool,
    /// Set when the buffer ends an answer, so that the client waits for it.
    answer_complete: bool,
    written: bool,
}

impl Client {
    pub fn new(transport: Box<dyn Transport>) -> Self {
        Self {
            transport,
            input: BytesMut::with_capacity(4 * 1024),
            out: BytesMut::with_capacity(4 * 1024),
            cancels: Cancels::default(),
            sequence: 0,
            attachment: [0; 16],
            transaction: 0,
            at_end: false,
            answer_complete: false,
            written: false,
        }
    }

    pub fn set_attachment(&mut self, attachment: [u8; 16]) {
        self.attachment = attachment;
    }

    pub fn set_transaction(&mut self, transaction: u64) {
        self.transaction = transaction;
    }

    /// Puts one frame into the output buffer.
    pub fn send<R: PayloadOutcome>(
        &mut self,
        kind: u8,
        payload: impl FnOnce(&mut BytesMut) -> R,
    ) -> Result<(), FrameError> {
        let header = Header {
            kind,
            flags: 0,
            length: 0,
            sequence: self.sequence,
            attachment: self.attachment,
            transaction: self.transaction,
        };
        write_frame(&mut self.out, header, payload)?;
        self.sequence = self.sequence.wrapping_add(1);
        Ok(())
    }

    /// Marks the output buffer as a complete answer: the client may be waiting for nothing but this.
    pub fn answer_ends(&mut self) {
        self.answer_complete = true;
    }

    pub fn pending_output(&self) -> usize {
        self.out.len()
    }

    pub fn should_flush(&self) -> bool {
        self.answer_complete && !self.out.is_empty()
    }

    /// Whether the client has hung up and left nothing to work on.
    pub fn is_gone(&self) -> bool {
        self.at_end && self.input.is_empty()
    }

    /// Takes the next complete request out of the buffer, if one is there.
    pub fn take(&mut self) -> Result<Option<Request>, ClientError> {
        let Some(header) = Header::parse(&self.input, MAX_PAYLOAD)? else {
            return Ok(None);
        };
        let total = HEADER_LEN + header.length as usize;
        if self.input.len() < total {
            return Ok(None);
        }
        let mut frame = self.input.split_to(total);
        frame.advance(HEADER_LEN);
        self.cancels.consumed(total);
        Ok(Some(Request {
            header,
            payload: frame.freeze(),
        }))
    }

    /// Reads ahead if there is room; ready when something was read or the client hung up.
    pub fn poll_read_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        if self.at_end || self.input.len() >= READ_AHEAD {
            return Poll::Pending;
        }
        self.poll_fill(cx)
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        let read = ready!(poll_read_into(
            &mut self.transport,
            cx,
            &mut self.input,
            READ_CHUNK
        ));
        match read {
            Ok(0) => self.at_end = true,
            Ok(_) => self.cancels.scan(&self.input),
            // A client that vanishes without closing TLS properly has closed all the same.
            Err(error) if is_hang_up(&error) => self.at_end = true,
            Err(error) => return Poll::Ready(Err(error.into())),
        }
        Poll::Ready(Ok(()))
    }

    /// Waits for one complete request. Whatever its length claims, memory grows only with what arrives.
    pub fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Result<Request, ClientError>> {
        loop {
            if let Some(request) = self.take()? {
                return Poll::Ready(Ok(request));
            }
            if self.at_end {
                return Poll::Ready(Err(ClientError::Closed));
            }
            ready!(self.poll_fill(cx))?;
        }
    }

    /// Writes the output buffer; ready when all of it has left.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        while !self.out.is_empty() {
            let written = ready!(Pin::new(&mut self.transport).poll_write(cx, &self.out))?;
            if written == 0 {
                return Poll::Ready(Err(ClientError::Closed));
            }
            self.out.advance(written);
            self.written = true;
        }
        if self.written {
            // TLS may still hold records of its own.
            ready!(Pin::new(&mut self.transport).poll_flush(cx))?;
            self.written = false;
        }
        self.answer_complete = false;
        Poll::Ready(Ok(()))
    }

    /// Writes the output buffer, reading ahead meanwhile.
    pub async fn flush(&mut self) -> Result<(), ClientError> {
        std::future::poll_fn(|cx| {
            if let Poll::Ready(result) = self.poll_flush(cx) {
                return Poll::Ready(result);
            }
            while let Poll::Ready(result) = self.poll_read_ahead(cx) {
                result?;
            }
            Poll::Pending
        })
        .await
    }

    /// Flushes and says goodbye on the transport.
    pub async fn close(&mut self) -> Result<(), ClientError> {
        self.flush().await?;
        std::future::poll_fn(|cx| Pin::new(&mut self.transport).poll_shutdown(cx)).await?;
        Ok(())
    }
}

fn is_hang_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}
