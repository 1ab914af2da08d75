//! Lists, page by page, the next page on its way while the current one is worked on. Each id is handed out once. A list
//! that shifted while it was read is read again for what slipped through.

mod next;
mod numbered;
mod open_lists;
mod page;

use std::collections::HashSet;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::JoinHandle;

use self::next::{next_page, query};
pub(super) use self::open_lists::OpenLists;
use tracing::Instrument as _;

use super::plan::unknown_yet;
use super::planned::Planned;
use super::{Client, Error};
use crate::catalog::{Anchor, Answer, Call, Page};
use crate::events::Level;
use crate::wire::{self, Row};

/// Most times that a shifting list is read from its beginning.
const PASSES: u32 = 3;

/// Pages overlap by a row only where that row costs little.
const SMALLEST_OVERLAP: u64 = 5;

type Rows = Result<Vec<Row>, Error>;

/// A list being read. Nothing is asked before the first page is wanted.
pub struct Pager {
    shared: Arc<Mutex<Shared>>,
}

/// What reader and writer of the same run share: a write may have to read the list to its end first.
struct Shared {
    source: Source,
    ahead: VecDeque<Rows>,
    /// In plan mode: the list as it would be.
    planned: Option<Planned>,
}

/// Whether a list shows what a plan makes of it.
enum Planning {
    Shown,
    LeftOut,
}

/// Whether the next page is fetched while one is worked on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ahead {
    One,
    None,
}

enum Source {
    NotStarted(Client, Call, u32, Ahead),
    Running(Option<Arc<Semaphore>>, mpsc::Receiver<Rows>, #[expect(dead_code, reason = "held for its drop")] Task),
    Failed(Option<Error>),
    Ended,
}

/// Ends the reading with the list.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Pager {
    /// A list that cannot be asked for.
    fn failed(error: Error) -> Self {
        let source = Source::Failed(Some(error));
        Self { shared: Arc::new(Mutex::new(Shared { source, ahead: VecDeque::new(), planned: None })) }
    }

    /// The next page's rows; `None` at the end, and after an error.
    pub async fn next_page(&self) -> Option<Rows> {
        let mut shared = self.shared.lock().await;
        if let Some(page) = shared.ahead.pop_front() {
            return Some(page);
        }
        shared.next().await
    }
}

impl Shared {
    async fn next(&mut self) -> Option<Rows> {
        let page = self.next_of_platform().await;
        match (&mut self.planned, page) {
            (Some(planned), Some(Ok(rows))) => Some(Ok(planned.page(rows))),
            (Some(planned), None) => planned.rest(),
            (_, page) => page,
        }
    }

    async fn next_of_platform(&mut self) -> Option<Rows> {
        if let Source::NotStarted(client, call, passes, ahead) = &self.source {
            let (pages, receiver) = mpsc::channel(1);
            let asked = (*ahead == Ahead::None).then(|| Arc::new(Semaphore::new(0)));
            let reading =
                Reading { asked: asked.clone(), ..Reading::new(client.clone(), call.clone(), *passes, pages) };
            self.source = Source::Running(asked, receiver, Task(tokio::spawn(reading.run().in_current_span())));
        }
        if let Source::Failed(error) = &mut self.source {
            return error.take().map(Err);
        }
        let Source::Running(asked, receiver, _) = &mut self.source else { return None };
        if let Some(asked) = asked {
            asked.add_permits(1);
        }
        let page = receiver.recv().await;
        if !matches!(page, Some(Ok(_))) {
            self.source = Source::Ended;
        }
        page
    }
}

impl Client {
    /// A list, read as it is needed, and read again where it shifted meanwhile.
    pub fn list(&self, call: &Call) -> Pager {
        self.pager(call, PASSES, Planning::Shown, Ahead::One)
    }

    /// The same, where each page is fetched only when it is wanted: for callers who most often need few of them.
    pub fn list_as_needed(&self, call: &Call) -> Pager {
        self.pager(call, PASSES, Planning::Shown, Ahead::None)
    }

    /// A list, read once: for callers who compare several readings themselves.
    pub fn list_once(&self, call: &Call) -> Pager {
        self.pager(call, 1, Planning::Shown, Ahead::One)
    }

    /// A list as the platform has it, also in plan mode.
    pub(super) fn list_as_is(&self, call: &Call) -> Pager {
        self.pager(call, PASSES, Planning::LeftOut, Ahead::One)
    }

    fn pager(&self, call: &Call, passes: u32, planning: Planning, ahead: Ahead) -> Pager {
        let call = match self.preset(call) {
            Ok(call) => call,
            Err(error) => return Pager::failed(error),
        };
        let planned = match planning {
            Planning::Shown => self.planned(&call),
            Planning::LeftOut => None,
        };
        let source = match self.draft().and_then(|_| unknown_yet(&call)) {
            None => Source::NotStarted(self.clone(), call.clone().into_owned(), passes, ahead),
            // What is not there yet holds only what the plan puts there.
            Some(_) if planned.is_some() => Source::Ended,
            Some(error) => Source::Failed(Some(error)),
        };
        let shared = Arc::new(Mutex::new(Shared { source, ahead: VecDeque::new(), planned }));
        if matches!(call.op.page, Page::Offset { .. } | Page::Numbered { .. } | Page::After { anchor: Anchor::Row, .. })
        {
            self.open_lists().add(&shared);
        }
        Pager { shared }
    }
}

/// What one page gave.
struct Fetched {
    rows: Vec<Row>,
    body: Bytes,
}

/// The task behind a pager.
struct Reading {
    client: Client,
    call: Call,
    passes: u32,
    pages: mpsc::Sender<Rows>,
    /// Pages that were wanted; `None` where the next one is fetched ahead.
    asked: Option<Arc<Semaphore>>,
    /// A page was wanted, and is not handed out yet.
    owed: bool,
    seen: HashSet<u64>,
    /// For lists by cursor only the last page's ids matter: the list may be longer than memory.
    last: HashSet<u64>,
    handed: u64,
}

/// Nobody wants the rest.
struct Dropped;

impl Reading {
    fn new(client: Client, call: Call, passes: u32, pages: mpsc::Sender<Rows>) -> Self {
        Self {
            client,
            call,
            passes,
            pages,
            asked: None,
            owed: false,
            seen: HashSet::new(),
            last: HashSet::new(),
            handed: 0,
        }
    }

    async fn run(mut self) {
        let end = match self.call.op.page {
            Page::Single => self.single().await,
            Page::Offset { offset, size, documented, .. } => self.by_offset(offset, size, documented).await,
            Page::Numbered { page, size, .. } => self.by_number(page, size).await,
            Page::After { cursor, size, .. } => self.by_cursor(cursor, size).await,
        };
        if let Err(Some(error)) = end {
            // Nobody listening is no error: the list was dropped.
            let _ = self.pages.send(Err(error)).await;
        }
    }

    async fn single(&mut self) -> Result<(), Option<Error>> {
        let page = self.fetch(&self.call).await?;
        self.hand(page.rows).await.map_err(|Dropped| None)
    }

    /// Walks down by the id of the last row received; ends at a page that brings nothing new.
    async fn by_cursor(&mut self, cursor: &str, size: u32) -> Result<(), Option<Error>> {
        let mut call = self.sized(size);
        loop {
            self.wanted().await?;
            let page = self.fetch(&call).await?;
            let next = wire::last_id(&page.rows).or_else(|| query(&next_page(&page.body)?, cursor));
            let ids: Vec<u64> = page.rows.iter().map(fingerprint).collect();
            let new = page.rows.into_iter().zip(&ids).filter(|(_, id)| !self.last.contains(id));
            let rows: Vec<Row> = new.map(|(row, _)| row).collect();
            let Some(next) = next.filter(|_| !rows.is_empty()) else { return Ok(()) };
            self.last = ids.into_iter().collect();
            self.hand(rows).await.map_err(|Dropped| None)?;
            call.args.set(cursor, next);
        }
    }

    /// Advances by the rows received and ends at an empty page; a list that shifted meanwhile is read again.
    async fn by_offset(&mut self, offset: &str, size: u32, documented: u32) -> Result<(), Option<Error>> {
        let start = self.call.args.get(offset).and_then(serde_json::Value::as_u64).unwrap_or(0);
        let mut call = self.sized(size);
        // Counted before the first page: whoever leaves while pages are read hides somebody, and takes the count along.
        let expected = match start == 0 && self.passes > 1 {
            true => self.client.count(&self.call).await?,
            false => None,
        };
        for pass in 1..=self.passes {
            let before = self.handed;
            let doubled = self.pass(&mut call, (offset, start), documented).await?;
            let added = self.handed - before;
            if pass > 1 && added == 0 {
                return Ok(());
            }
            let slipped = doubled || expected.is_some_and(|count| count > self.handed);
            if self.passes == 1 || !slipped {
                return Ok(());
            }
            tracing::debug!(operation = call.op.name(), pass, "the list shifted while it was read; reading it again");
        }
        let message = format!(
            "the list kept changing while it was read {PASSES} times; each id was handed out once, some may be missing"
        );
        self.client.events().say(Level::Warn, format!("{}: {message}", self.call.op.name()));
        Ok(())
    }

    /// Reads from the beginning to an empty page; says whether the list shifted: an id came twice, or the row that two
    /// pages share was another one.
    async fn pass(
        &mut self,
        call: &mut Call,
        (name, start): (&str, u64),
        documented: u32,
    ) -> Result<bool, Option<Error>> {
        let mut offset = start;
        let mut doubled = false;
        let (mut last, mut received) = (None, 0);
        let mut walked: HashSet<u64> = HashSet::new();
        loop {
            // Each page begins with the last row of the one before: if that is another one, the list has shifted, also
            // where the count did not change since somebody else came.
            let overlap = u64::from(received >= SMALLEST_OVERLAP && self.passes > 1);
            call.args.set(name, offset - overlap);
            self.wanted().await?;
            let mut page = match self.fetch(call).await {
                Err(Some(error)) if self.may_be_smaller(call, &error, documented) => {
                    call.args.set(call.op.limit().unwrap_or("limit"), documented);
                    continue;
                }
                other => other?,
            };
            received = page.rows.len() as u64;
            offset += received - overlap.min(received);
            if overlap == 1 {
                match page.rows.first().map(fingerprint) {
                    first if first == last => drop(page.rows.remove(0)),
                    _ => doubled = true,
                }
            }
            // A page without a new id: the end, or a server that does not know `offset`.
            let known = walked.len();
            let ids: Vec<u64> = page.rows.iter().map(fingerprint).collect();
            last = ids.last().copied();
            walked.extend(&ids);
            if walked.len() == known {
                return Ok(doubled);
            }
            let count = page.rows.len();
            let new = page.rows.into_iter().zip(ids).filter(|(_, id)| self.seen.insert(*id));
            let rows: Vec<Row> = new.map(|(row, _)| row).collect();
            doubled |= rows.len() < count;
            self.handed += rows.len() as u64;
            self.hand(rows).await.map_err(|Dropped| None)?;
        }
    }

    /// Whether the platform may have refused the page's size rather than the request.
    fn may_be_smaller(&self, call: &Call, error: &Error, documented: u32) -> bool {
        let Some(limit) = call.op.limit() else { return false };
        let asked = call.args.get(limit).and_then(serde_json::Value::as_u64).unwrap_or(0);
        matches!(error.status, Some(400 | 422)) && self.call.args.get(limit).is_none() && asked > u64::from(documented)
    }

    fn sized(&self, size: u32) -> Call {
        let mut call = self.call.clone();
        if let Some(limit) = call.op.limit().filter(|limit| call.args.get(limit).is_none()) {
            call.args.set(limit, size);
        }
        call
    }

    async fn fetch(&self, call: &Call) -> Result<Fetched, Option<Error>> {
        let keys = match call.op.answer {
            Answer::Many(_, keys) => keys,
            _ => &[],
        };
        let open = |body: Bytes| {
            let rows = wire::rows(&body, keys).map_err(|error| error.to_string())?;
            Ok(Fetched { rows, body })
        };
        let mut fetched = self.client.read_as(call, open).await.map_err(Some)?;
        let (adapter, all) = (self.client.platform().adapter, fetched.rows.len());
        fetched.rows.retain(|row| adapter.lists(call, row.bytes()));
        if fetched.rows.len() < all {
            // Copies: a row is a part of its page, and would keep all of it.
            fetched.rows = fetched.rows.iter().map(|row| Row::from(Bytes::copy_from_slice(row.bytes()))).collect();
            fetched.body = Bytes::new();
        }
        fetched.rows = self.client.joined(call, fetched.rows).await.map_err(Some)?;
        self.client.remember(call, &fetched.rows);
        Ok(fetched)
    }

    /// Waits until the page before is being worked on: one page ahead is enough. Without that, until one is asked for.
    async fn wanted(&mut self) -> Result<(), Option<Error>> {
        if let Some(asked) = self.asked.as_ref().filter(|_| !self.owed) {
            asked.acquire().await.map_err(|_| None)?.forget();
            self.owed = true;
        }
        self.pages.reserve().await.map(drop).map_err(|_| None)
    }

    async fn hand(&mut self, rows: Vec<Row>) -> Result<(), Dropped> {
        if rows.is_empty() {
            return Ok(());
        }
        self.owed = false;
        self.pages.send(Ok(rows)).await.map_err(|_| Dropped)
    }
}

/// An id's fingerprint; rows without an id are told apart by all they hold.
fn fingerprint(row: &Row) -> u64 {
    let mut hasher = DefaultHasher::new();
    match row.id() {
        Some(id) => id.hash(&mut hasher),
        None => row.bytes().hash(&mut hasher),
    }
    hasher.finish()
}
