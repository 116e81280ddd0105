//! Cancelling a running statement of the engine, which takes a second connection.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::stream::Stream;
use super::target::Target;

/// Names one session of the engine to whoever wants to cancel its statement.
#[derive(Clone)]
pub struct CancelHandle {
    target: Arc<Target>,
    process_id: i32,
    secret_key: i32,
}

impl CancelHandle {
    pub(super) fn new(target: Arc<Target>, process_id: i32, secret_key: i32) -> Self {
        Self {
            target,
            process_id,
            secret_key,
        }
    }

    /// Asks for the cancellation and waits until the engine has passed it on, so that it cannot hit a later statement.
    pub async fn cancel(&self) -> io::Result<()> {
        let mut stream = Stream::open(&self.target.address).await?;
        let mut request = BytesMut::with_capacity(16);
        frontend::cancel_request(self.process_id, self.secret_key, &mut request);
        stream.write_all(&request).await?;
        let mut nothing = [0_u8; 1];
        // The engine answers with nothing but the end of the stream.
        while stream.read(&mut nothing).await? > 0 {}
        Ok(())
    }
}
