//! A non-blocking TCP or Unix socket that any thread may drive.
//!
//! Reads and writes go straight to the descriptor (try first); only a future that runs on the Tokio runtime and finds
//! nothing there registers with the reactor, and from then on the reactor wakes it.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use tokio::io::Interest;

use super::wait;
use crate::runtime;

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Tcp(socket) => socket.as_fd(),
            Socket::Unix(socket) => socket.as_fd(),
        }
    }
}

/// A connected, non-blocking socket, until it is closed.
#[derive(Debug)]
pub(crate) struct Stream {
    reactor: Option<Reactor>,
    socket: Option<Arc<Socket>>,
    generation: u32,
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The reactor of a forked process is still the parent's: leaving it here would leave it there.
        if self.generation != runtime::generation() {
            std::mem::forget(self.reactor.take());
        }
    }
}

/// Keeps a socket open, though its stream be closed.
#[derive(Debug)]
pub(crate) struct Held {
    _socket: Arc<Socket>,
}

impl Stream {
    pub(crate) fn tcp(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Stream {
            reactor: None,
            socket: Some(Arc::new(Socket::Tcp(socket))),
            generation: runtime::generation(),
        })
    }

    pub(crate) fn unix(socket: UnixStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Stream {
            reactor: None,
            socket: Some(Arc::new(Socket::Unix(socket))),
            generation: runtime::generation(),
        })
    }

    /// See [`Held`].
    pub(crate) fn hold(&self) -> Option<Held> {
        let socket = self.socket.clone()?;
        Some(Held { _socket: socket })
    }

    /// The descriptor, −1 after [`Stream::close`].
    pub(crate) fn descriptor(&self) -> i32 {
        self.socket
            .as_ref()
            .map_or(-1, |socket| socket.as_fd().as_raw_fd())
    }

    /// Reads once into the spare capacity of `buffer`; 0 means the peer closed.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        let socket = self.socket.as_ref().ok_or_else(not_connected)?;
        match read_into(socket, buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Poll::Ready(result),
        }
        if wait::is_external() {
            wait::note(socket.as_fd().as_raw_fd(), true, false);
            return Poll::Pending;
        }
        let reactor = registered(&mut self.reactor, socket)?;
        reactor.poll_io(context, Interest::READABLE, || read_into(socket, buffer))
    }

    /// Writes once.
    pub(crate) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let socket = self.socket.as_ref().ok_or_else(not_connected)?;
        match write_from(socket, bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Poll::Ready(result),
        }
        if wait::is_external() {
            wait::note(socket.as_fd().as_raw_fd(), false, true);
            return Poll::Pending;
        }
        let reactor = registered(&mut self.reactor, socket)?;
        reactor.poll_io(context, Interest::WRITABLE, || write_from(socket, bytes))
    }

    /// Writes what the socket takes at once, without waiting.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_from(self.socket.as_ref().ok_or_else(not_connected)?, bytes)
    }

    /// True where a read would not wait.
    pub(crate) fn has_input(&self) -> bool {
        use rustix::event::{poll, PollFd, PollFlags, Timespec};
        let Some(socket) = &self.socket else {
            return true;
        };
        let mut descriptors = [PollFd::new(&**socket, PollFlags::IN)];
        !matches!(poll(&mut descriptors, Some(&Timespec::default())), Ok(0))
    }

    /// Ends the conversation in both directions; the descriptor stays.
    pub(crate) fn shutdown(&self) -> io::Result<()> {
        match self.socket.as_deref() {
            Some(Socket::Tcp(socket)) => socket.shutdown(Shutdown::Both),
            Some(Socket::Unix(socket)) => socket.shutdown(Shutdown::Both),
            None => Ok(()),
        }
    }

    /// Gives the descriptor back.
    pub(crate) fn close(&mut self) {
        self.reactor = None;
        self.socket = None;
    }

    /// Forgets the reactor, so that later waits from outside the runtime do not wake it for every packet.
    pub(crate) fn leave_reactor(&mut self) {
        self.reactor = None;
    }
}

fn not_connected() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

/// Registered on first need: a connection that is driven from outside never wakes the reactor thread.
fn registered<'a>(
    reactor: &'a mut Option<Reactor>,
    socket: &Socket,
) -> io::Result<&'a mut Reactor> {
    match reactor {
        Some(reactor) => Ok(reactor),
        None => Ok(reactor.insert(Reactor::register(socket)?)),
    }
}

/// The socket's registration with the Tokio reactor, under a second descriptor of the same socket.
#[derive(Debug)]
enum Reactor {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

impl Reactor {
    fn register(socket: &Socket) -> io::Result<Self> {
        Ok(match socket {
            Socket::Tcp(socket) => {
                Reactor::Tcp(tokio::net::TcpStream::from_std(socket.try_clone()?)?)
            }
            Socket::Unix(socket) => {
                Reactor::Unix(tokio::net::UnixStream::from_std(socket.try_clone()?)?)
            }
        })
    }

    fn poll_ready(&self, context: &mut Context<'_>, interest: Interest) -> Poll<io::Result<()>> {
        match self {
            Reactor::Tcp(stream) if interest.is_readable() => stream.poll_read_ready(context),
            Reactor::Tcp(stream) => stream.poll_write_ready(context),
            Reactor::Unix(stream) if interest.is_readable() => stream.poll_read_ready(context),
            Reactor::Unix(stream) => stream.poll_write_ready(context),
        }
    }

    /// Runs `attempt`; when it would block, the readiness seen so far is used up.
    fn try_io<R>(
        &self,
        interest: Interest,
        attempt: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        match self {
            Reactor::Tcp(stream) => stream.try_io(interest, attempt),
            Reactor::Unix(stream) => stream.try_io(interest, attempt),
        }
    }

    /// Waits until `attempt` does not block.
    fn poll_io<R>(
        &self,
        context: &mut Context<'_>,
        interest: Interest,
        mut attempt: impl FnMut() -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            ready!(self.poll_ready(context, interest))?;
            match self.try_io(interest, &mut attempt) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }
}

fn read_into(socket: &Socket, buffer: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        match rustix::io::read(socket, rustix::buffer::spare_capacity(buffer)) {
            Err(rustix::io::Errno::INTR) => continue,
            result => return Ok(result?),
        }
    }
}

fn write_from(socket: &Socket, bytes: &[u8]) -> io::Result<usize> {
    loop {
        // MSG_NOSIGNAL: a peer that closed must give an error, not a SIGPIPE to a process that is not Rust's.
        match rustix::net::send(socket, bytes, rustix::net::SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::INTR) => continue,
            result => return Ok(result?),
        }
    }
}
