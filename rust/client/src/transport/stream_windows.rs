//! The socket on Windows: there is no readiness on a bare descriptor, so the Tokio reactor always waits.

use std::io;
use std::net::TcpStream;
use std::task::{ready, Context, Poll};

/// A connected, non-blocking socket, registered with the reactor from the start.
#[derive(Debug)]
pub(crate) struct Stream {
    socket: Option<tokio::net::TcpStream>,
}

/// Keeps a socket open, though its stream be closed; not needed here.
#[derive(Debug)]
pub(crate) enum Held {}

impl Stream {
    pub(crate) fn tcp(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Stream {
            socket: Some(tokio::net::TcpStream::from_std(socket)?),
        })
    }

    /// The reactor waits for the socket, which no number stands for.
    pub(crate) fn hold(&self) -> Option<Held> {
        None
    }

    /// No descriptor can be waited on from outside.
    pub(crate) fn descriptor(&self) -> i32 {
        -1
    }

    /// Reads once into the spare capacity of `buffer`; 0 means the peer closed.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        let socket = self.connected()?;
        loop {
            match socket.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(socket.poll_read_ready(context))?;
                }
                result => return Poll::Ready(result),
            }
        }
    }

    /// Writes once.
    pub(crate) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let socket = self.connected()?;
        loop {
            match socket.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(socket.poll_write_ready(context))?;
                }
                result => return Poll::Ready(result),
            }
        }
    }

    /// Writes what the socket takes at once, without waiting.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.connected()?.try_write(bytes)
    }

    /// True where a read would not wait.
    pub(crate) fn has_input(&self) -> bool {
        let Some(socket) = &self.socket else {
            return true;
        };
        let peeked = socket2::SockRef::from(socket).peek(&mut [std::mem::MaybeUninit::uninit()]);
        !matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Ends the conversation in both directions; the socket stays.
    pub(crate) fn shutdown(&self) -> io::Result<()> {
        match &self.socket {
            Some(socket) => socket2::SockRef::from(socket).shutdown(std::net::Shutdown::Both),
            None => Ok(()),
        }
    }

    /// Gives the socket back.
    pub(crate) fn close(&mut self) {
        self.socket = None;
    }

    fn connected(&self) -> io::Result<&tokio::net::TcpStream> {
        self.socket
            .as_ref()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The reactor is the only way to wait here.
    pub(crate) fn leave_reactor(&mut self) {}
}
