//! An address at which somebody answers, until it is stopped.

use std::net::SocketAddr;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server at work.
#[derive(Debug)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    pub(super) stop: CancellationToken,
    pub(super) done: JoinHandle<std::io::Result<()>>,
}

impl Listening {
    /// Stops it and waits until it has answered what came before.
    pub async fn stopped(self) -> std::io::Result<()> {
        self.stop.cancel();
        self.done.await.map_err(std::io::Error::other)?
    }
}
