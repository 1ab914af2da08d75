//! A listener with so many connections and no more, each of which ends when it stays silent: a request must have come
//! within a while after the last one was answered, however slowly its bytes trickle in. Where somebody waits for a seat the
//! while is short, so that those who hold connections open and say nothing keep nobody out.

use std::collections::HashMap;
use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// So long a connection may be silent while somebody else waits for its seat: a request takes a round trip.
const CROWDED: Duration = Duration::from_secs(1);

/// A TCP listener with a limit.
pub(super) struct Guarded {
    listener: TcpListener,
    room: Arc<Room>,
    silence: Duration,
}

impl Guarded {
    pub(super) fn new(listener: TcpListener, connections: usize, silence: Duration) -> Self {
        let room = Room { seats: Arc::new(Semaphore::new(connections)), guests: Mutex::default() };
        Self { listener, room: Arc::new(room), silence }
    }
}

impl Listener for Guarded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Small answers must not wait for each other; without it they only come later.
        let _ = stream.set_nodelay(true);
        let seat = self.room.seat().await;
        let leave = Box::pin(seat.watch.0.leave.clone().cancelled_owned());
        let end = Box::pin(sleep_until(Instant::now() + self.silence));
        (Connection { stream, leave, end, silence: self.silence, seat }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The seats, and who sits on them.
struct Room {
    seats: Arc<Semaphore>,
    guests: Mutex<Guests>,
}

#[derive(Default)]
struct Guests {
    next: u64,
    seated: HashMap<u64, Watch>,
}

/// A connection's place among the others.
struct Seat {
    watch: Watch,
    number: u64,
    room: Arc<Room>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// A seat, once there is one.
    async fn seat(self: &Arc<Self>) -> Seat {
        // The semaphore is never closed; without a permit a connection would only not be counted.
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.seats).try_acquire_owned() {
                break Some(permit);
            }
            let again = self.ask_one_to_leave();
            tokio::select! {
                permit = Arc::clone(&self.seats).acquire_owned() => break permit.ok(),
                () = sleep_until(again) => {}
            }
        };
        let (watch, mut guests) = (Watch::new(), self.guests());
        let number = guests.next;
        guests.next += 1;
        guests.seated.insert(number, watch.clone());
        Seat { watch, number, room: Arc::clone(self), _permit: permit }
    }

    /// Ends the connection that has been silent longest, if that was too long; when to look again.
    fn ask_one_to_leave(&self) -> Instant {
        let now = Instant::now();
        let guests = self.guests();
        let idle = guests.seated.values().filter(|watch| !watch.0.leave.is_cancelled());
        let longest = idle.filter_map(|watch| Some((watch.ends_at(CROWDED)?, watch))).min_by_key(|(at, _)| *at);
        match longest {
            Some((at, watch)) if at <= now => watch.0.leave.cancel(),
            Some((at, _)) => return at,
            None => {}
        }
        now + CROWDED
    }

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.guests().seated.remove(&self.number);
    }
}

/// What a connection and its requests know of each other.
#[derive(Clone)]
pub(super) struct Watch(Arc<Watched>);

struct Watched {
    open: AtomicUsize,
    quiet_since: Mutex<Instant>,
    /// Somebody else needs the seat.
    leave: CancellationToken,
}

impl Watch {
    fn new() -> Self {
        let (open, quiet_since) = (AtomicUsize::new(0), Mutex::new(Instant::now()));
        Self(Arc::new(Watched { open, quiet_since, leave: CancellationToken::new() }))
    }

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
        stream.io().watch()
    }
}

/// A request that is worked on.
pub(super) struct Request(Watch);

impl Drop for Request {
    fn drop(&mut self) {
        let Watched { open, quiet_since, .. } = &*self.0.0;
        *quiet_since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A connection that ends when it is silent.
pub(super) struct Connection {
    stream: TcpStream,
    leave: Pin<Box<WaitForCancellationFutureOwned>>,
    end: Pin<Box<Sleep>>,
    silence: Duration,
    seat: Seat,
}

impl Connection {
    /// What its requests are told to.
    pub(super) fn watch(&self) -> Watch {
        self.seat.watch.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.end.as_mut().poll(cx).is_ready() {
            // Either it is really over, or a request has come meanwhile and the wait begins anew.
            let again = match self.seat.watch.ends_at(self.silence) {
                Some(at) if at <= Instant::now() => return Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Some(at) => at,
                None => Instant::now() + self.silence,
            };
            self.end.as_mut().reset(again);
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        // Whoever was asked to leave and has begun to speak meanwhile may stay until that is answered.
        let unwanted = self.leave.as_mut().poll(cx).is_ready() && self.seat.watch.ends_at(CROWDED).is_some();
        if read.is_pending() && unwanted { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { read }
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

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a sender and a receiver of its own")]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);
    const ASKED: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

    /// Two seats; a request is answered when it is told so.
    async fn served() -> (SocketAddr, Arc<Semaphore>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, may) = (listener.local_addr().unwrap(), Arc::new(Semaphore::new(0)));
        let told = Arc::clone(&may);
        let answer = |axum::extract::ConnectInfo(watch): axum::extract::ConnectInfo<Watch>| async move {
            let _open = watch.request();
            told.acquire().await.unwrap().forget();
            "here"
        };
        let app = Router::new().route("/", get(answer)).into_make_service_with_connect_info::<Watch>();
        tokio::spawn(async move { axum::serve(Guarded::new(listener, 2, LONG), app).await });
        (address, may)
    }

    async fn answer(stream: &mut TcpStream) -> String {
        let mut whole = Vec::new();
        while !whole.ends_with(b"here") {
            assert_ne!(stream.read_buf(&mut whole).await.unwrap(), 0, "{}", String::from_utf8_lossy(&whole));
        }
        String::from_utf8(whole).unwrap()
    }

    #[tokio::test]
    async fn the_silent_make_room_for_whoever_waits_and_those_at_work_do_not() {
        let (address, may) = served().await;
        let mut works = TcpStream::connect(address).await.unwrap();
        works.write_all(ASKED).await.unwrap();
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut trickles = TcpStream::connect(address).await.unwrap();
        trickles.write_all(&ASKED[..20]).await.unwrap();
        let mut comes = TcpStream::connect(address).await.unwrap();
        comes.write_all(ASKED).await.unwrap();
        let gone = |read: io::Result<usize>| read.map_or(true, |bytes| bytes == 0);
        assert!(gone(silent.read(&mut [0; 1]).await));
        assert!(gone(trickles.read(&mut [0; 1]).await));
        may.add_permits(2);
        assert!(answer(&mut works).await.starts_with("HTTP/1.1 200"));
        assert!(answer(&mut comes).await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test(start_paused = true)]
    async fn while_nobody_waits_the_silent_stay_and_then_the_longest_silent_leaves() {
        let room = Arc::new(Room { seats: Arc::new(Semaphore::new(2)), guests: Mutex::default() });
        let first = room.seat().await;
        tokio::time::advance(CROWDED / 2).await;
        let second = room.seat().await;
        tokio::time::advance(LONG).await;
        assert!([&first, &second].iter().all(|seat| !seat.watch.0.leave.is_cancelled()));
        let _speaks = first.watch.request();
        let waits = tokio::spawn({
            let room = Arc::clone(&room);
            async move { room.seat().await.number }
        });
        second.watch.0.leave.cancelled().await;
        assert!(!first.watch.0.leave.is_cancelled());
        drop(second);
        assert_eq!(waits.await.unwrap(), 2);
        assert_eq!(room.guests().seated.len(), 1);
    }
}
