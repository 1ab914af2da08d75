//! A listener with so many connections and no more, each of which ends when it stays silent: a request must have come
//! within a while after the last one was answered, however slowly its bytes trickle in.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

/// A TCP listener with a limit.
pub(super) struct Guarded {
    listener: TcpListener,
    seats: Arc<Semaphore>,
    silence: Duration,
}

impl Guarded {
    pub(super) fn new(listener: TcpListener, connections: usize, silence: Duration) -> Self {
        Self { listener, seats: Arc::new(Semaphore::new(connections)), silence }
    }
}

impl Listener for Guarded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // The semaphore is never closed; without a seat a connection would only not be counted.
        let seat = Arc::clone(&self.seats).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Small answers must not wait for each other; without it they only come later.
        let _ = stream.set_nodelay(true);
        let watch = Watch(Arc::new(Watched { open: AtomicUsize::new(0), quiet_since: Mutex::new(Instant::now()) }));
        let end = Box::pin(sleep_until(Instant::now() + self.silence));
        (Connection { stream, watch, end, silence: self.silence, _seat: seat }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// What a connection and its requests know of each other.
#[derive(Clone)]
pub(super) struct Watch(Arc<Watched>);

struct Watched {
    open: AtomicUsize,
    quiet_since: Mutex<Instant>,
}

impl Watch {
    /// A request is here whole but for its body; until this is dropped the connection may be silent.
    pub(super) fn request(&self) -> Request {
        self.0.open.fetch_add(1, Ordering::AcqRel);
        Request(self.clone())
    }

    /// When the connection ends unless a request comes; `None` while one is worked on.
    fn ends_at(&self, silence: Duration) -> Option<Instant> {
        let since = *self.0.quiet_since.lock().unwrap_or_else(PoisonError::into_inner);
        (self.0.open.load(Ordering::Acquire) == 0).then(|| since + silence)
    }
}

impl Connected<IncomingStream<'_, Guarded>> for Watch {
    fn connect_info(stream: IncomingStream<'_, Guarded>) -> Self {
        stream.io().watch.clone()
    }
}

/// A request that is worked on.
pub(super) struct Request(Watch);

impl Drop for Request {
    fn drop(&mut self) {
        let Watched { open, quiet_since } = &*self.0.0;
        *quiet_since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A connection that ends when it is silent.
pub(super) struct Connection {
    stream: TcpStream,
    watch: Watch,
    end: Pin<Box<Sleep>>,
    silence: Duration,
    _seat: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// What its requests are told to.
    pub(super) fn watch(&self) -> Watch {
        self.watch.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.end.as_mut().poll(cx).is_ready() {
            // Either it is really over, or a request has come meanwhile and the wait begins anew.
            let again = match self.watch.ends_at(self.silence) {
                Some(at) if at <= Instant::now() => return Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Some(at) => at,
                None => Instant::now() + self.silence,
            };
            self.end.as_mut().reset(again);
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
