//! The mail memory in any order of things: several runs at once, kills, lost answers, look-ups, a person's word, campaigns.
//! Beside the ledger stands a model of the memory that knows nothing of how the ledger keeps it.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

use super::{ACCOUNT, DAY, Desk, all, failed, invite, lost};
use crate::catalog::Piece;
use crate::effects::{Begun, Intent, Ledger, Outcome, Permit, Settled, Why, settle_doubts};
use crate::store::Store;

const RUNS: [&str; 3] = ["r1", "r2", "r3"];
/// Ids with their addresses: the first and the third are one person, of the last no address is known.
const PEOPLE: [(&str, Option<&str>); 4] =
    [("7", Some("ada@x.example")), ("8", Some("ben@x.example")), ("9", Some("ada@x.example")), ("10", None)];
const GROUPS: [&str; 2] = ["12", "13"];
const LABELS: [Option<&str>; 3] = [None, Some("Spring"), Some(" spring ")];

/// A call of `members.invite`: places in the tables above.
#[derive(Clone, Debug)]
struct Wish {
    people: Vec<usize>,
    group: usize,
    label: usize,
}

/// What becomes of a call that was begun.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Done,
    Queued,
    Refused,
    /// Whether it had arrived all the same.
    Lost(bool),
    /// The process dies, before it sends or after.
    Killed(bool),
    /// Its answer is still to come while other things happen.
    UnderWay,
}

#[derive(Clone, Debug)]
enum Happening {
    Invite(usize, Wish, Fate),
    /// The answer to one of those under way.
    Land(prop::sample::Index, Fate),
    Kill(usize),
    /// A person says truly what became of one that nobody knows.
    Told(prop::sample::Index),
    Days(i64),
}

/// A mail as the model remembers it.
#[derive(Clone, Debug)]
struct Mail {
    effect: i64,
    run: usize,
    person: usize,
    group: usize,
    campaign: String,
    begun: i64,
    memory: Memory,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Memory {
    /// Its process waits for an answer.
    Flying,
    /// Nobody knows.
    Unknown,
    Happened,
    Not,
}

/// What is to become of one person of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Has,
    Busy,
    Unknown,
    Capped,
    Send,
}

struct Flight {
    run: usize,
    permit: Permit,
    effects: Vec<i64>,
}

struct Game {
    desk: Desk,
    alive: HashMap<usize, Ledger>,
    begun: HashSet<usize>,
    flights: Vec<Flight>,
    mails: Vec<Mail>,
    /// What the platform has sent: by effect.
    sent: HashSet<i64>,
}

fn campaign(label: usize) -> String {
    LABELS[label].unwrap_or_default().trim().to_lowercase()
}

/// Who it is, however they are named.
fn human(person: usize) -> &'static str {
    PEOPLE[person].1.unwrap_or(PEOPLE[person].0)
}

impl Mail {
    /// Whether it stands in the way of others.
    fn blocks(&self) -> bool {
        self.memory != Memory::Not
    }
}

impl Game {
    async fn new() -> Self {
        Self {
            desk: Desk::new().await,
            alive: HashMap::new(),
            begun: HashSet::new(),
            flights: Vec::new(),
            mails: Vec::new(),
            sent: HashSet::new(),
        }
    }

    fn now(&self) -> i64 {
        self.desk.clock.now_ms()
    }

    async fn ledger(&mut self, run: usize) -> Ledger {
        if !self.alive.contains_key(&run) {
            let ledger = match self.begun.insert(run) {
                true => self.desk.run(RUNS[run]).await,
                false => self.desk.resume(RUNS[run]).await,
            };
            self.alive.insert(run, ledger);
        }
        self.alive[&run].clone()
    }

    fn kill(&mut self, run: usize) {
        self.flights.retain(|flight| flight.run != run);
        self.alive.remove(&run);
        for mail in self.mails.iter_mut().filter(|mail| mail.run == run && mail.memory == Memory::Flying) {
            mail.memory = Memory::Unknown;
        }
    }

    /// What the rules say of one person of a wish.
    fn verdict(&self, run: usize, wish: &Wish, person: usize) -> Verdict {
        let theirs = || self.mails.iter().filter(|mail| human(mail.person) == human(person));
        let about_this = || theirs().filter(|mail| mail.group == wish.group);
        let this = |mail: &&Mail| mail.campaign == campaign(wish.label);
        if about_this().filter(this).any(|mail| mail.memory == Memory::Happened) {
            return Verdict::Has;
        }
        let elsewhere = |mail: &Mail| mail.run != run && self.alive.contains_key(&mail.run);
        let open = || about_this().filter(|mail| matches!(mail.memory, Memory::Flying | Memory::Unknown));
        if open().any(|mail| mail.memory == Memory::Flying || elsewhere(mail)) {
            return Verdict::Busy;
        }
        if open().next().is_some() {
            return Verdict::Unknown;
        }
        let within = |mail: &Mail, days: i64| mail.blocks() && mail.begun > self.now() - days * DAY;
        if about_this().any(|mail| within(mail, 14)) || theirs().filter(|mail| within(mail, 30)).count() >= 4 {
            return Verdict::Capped;
        }
        Verdict::Send
    }

    /// Begins it, and holds the ledger's decision against the model's.
    async fn begin(&mut self, run: usize, wish: &Wish) -> Begun {
        let ledger = self.ledger(run).await;
        let verdicts: Vec<Verdict> = wish.people.iter().map(|&person| self.verdict(run, wish, person)).collect();
        let begun = ledger.begin(ACCOUNT, &piece(wish), &intent(wish)).await.unwrap();
        let mut have: BTreeMap<usize, Verdict> = BTreeMap::new();
        for answered in &begun.answered {
            let verdict = match answered.why {
                Why::Elsewhere { .. } => Verdict::Busy,
                Why::MailCap { .. } => Verdict::Capped,
                _ => Verdict::Has,
            };
            have.insert(answered.place, verdict);
        }
        have.extend(begun.doubts.iter().map(|(place, _)| (*place, Verdict::Unknown)));
        let sent = begun.permit.iter().flat_map(|permit| permit.places().to_vec());
        have.extend(sent.chain(begun.held_back.iter().copied()).map(|place| (place, Verdict::Send)));
        let mut in_this_call = HashSet::new();
        for (place, (&person, verdict)) in wish.people.iter().zip(verdicts).enumerate() {
            // Two ids of one person in one call are one mail.
            let wanted = match verdict {
                Verdict::Send if !in_this_call.insert(human(person)) => Verdict::Has,
                verdict => verdict,
            };
            assert_eq!(have.get(&place), Some(&wanted), "{wish:?}, place {place}: {begun:?}\n{:#?}", self.mails);
        }
        assert!(
            begun.permit.is_none() || begun.doubts.is_empty(),
            "nothing is sent while something is to be found out"
        );
        begun
    }

    async fn invite(&mut self, run: usize, wish: &Wish, fate: Fate) {
        let mut begun = self.begin(run, wish).await;
        if !begun.doubts.is_empty() {
            let ledger = self.ledger(run).await;
            let doubts: HashSet<i64> = begun.doubts.iter().map(|(_, doubt)| doubt.effect).collect();
            for effect in doubts {
                // A read can show that it happened, never that it did not.
                match self.sent.contains(&effect) {
                    true => ledger.settle_doubt(effect, Settled::Applied(None), "look-up").await.unwrap(),
                    false => ledger.keep_doubt(effect, "nothing shows it").await.unwrap(),
                }
                self.remember(&[effect], if self.sent.contains(&effect) { Memory::Happened } else { Memory::Unknown });
            }
            begun = self.begin(run, wish).await;
        }
        let Some(permit) = begun.permit else { return };
        let effects: Vec<i64> = permit.places().iter().filter_map(|&place| permit.effect(place)).collect();
        for (&place, &effect) in permit.places().iter().zip(&effects) {
            self.mails.push(Mail {
                effect,
                run,
                person: wish.people[place],
                group: wish.group,
                campaign: campaign(wish.label),
                begun: self.now(),
                memory: Memory::Flying,
            });
        }
        self.land(Flight { run, permit, effects }, fate).await;
    }

    async fn land(&mut self, flight: Flight, fate: Fate) {
        let arrives = matches!(fate, Fate::Done | Fate::Queued | Fate::Lost(true) | Fate::Killed(true));
        if arrives {
            self.sent.extend(&flight.effects);
        }
        let (outcome, memory) = match fate {
            Fate::Done => (all(), Memory::Happened),
            Fate::Queued => (Outcome::Queued, Memory::Happened),
            Fate::Refused => (failed(), Memory::Not),
            Fate::Lost(_) => (lost(), Memory::Unknown),
            Fate::Killed(_) => return self.kill(flight.run),
            Fate::UnderWay => return self.flights.push(flight),
        };
        self.alive[&flight.run].settle(flight.permit, outcome).await.unwrap();
        self.remember(&flight.effects, memory);
    }

    fn remember(&mut self, effects: &[i64], memory: Memory) {
        for mail in self.mails.iter_mut().filter(|mail| effects.contains(&mail.effect)) {
            mail.memory = memory;
        }
    }

    /// A person settles what no process is at work on.
    async fn told(&mut self, which: impl Fn(usize) -> usize) {
        let open = |mail: &&Mail| mail.memory == Memory::Unknown && !self.alive.contains_key(&mail.run);
        let open: Vec<i64> = self.mails.iter().filter(open).map(|mail| mail.effect).collect();
        if open.is_empty() {
            return;
        }
        let effect = open[which(open.len())];
        let (word, memory) = match self.sent.contains(&effect) {
            true => (Settled::Applied(None), Memory::Happened),
            false => (Settled::NotApplied, Memory::Not),
        };
        settle_doubts(&self.desk.store, &self.desk.clock, &[effect], &word, "ada").await.unwrap();
        self.remember(&[effect], memory);
    }

    async fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Invite(run, wish, fate) => self.invite(run, &wish, fate).await,
            Happening::Land(which, fate) if !self.flights.is_empty() => {
                let flight = self.flights.remove(which.index(self.flights.len()));
                self.land(flight, fate).await;
            }
            Happening::Land(..) => {}
            Happening::Kill(run) => self.kill(run),
            Happening::Told(which) => self.told(|open| which.index(open)).await,
            Happening::Days(days) => self.desk.clock.advance_ms(days * DAY),
        }
    }

    /// What people have got, whatever the ledger thinks.
    fn nobody_got_too_much(&self) {
        let mut got: BTreeMap<(&str, usize, &str), usize> = BTreeMap::new();
        for mail in self.mails.iter().filter(|mail| self.sent.contains(&mail.effect)) {
            *got.entry((human(mail.person), mail.group, &mail.campaign)).or_default() += 1;
        }
        assert!(got.values().all(|count| *count == 1), "{got:?}");
    }

    /// Whoever has no mail gets one in the end, when a person has said what nobody knew.
    async fn nobody_is_forgotten(&mut self) {
        (0..RUNS.len()).for_each(|run| self.kill(run));
        for _ in 0..self.mails.len() {
            self.told(|_| 0).await;
        }
        for group in 0..GROUPS.len() {
            for label in [0, 1] {
                self.desk.clock.advance_ms(31 * DAY);
                let wish = Wish { people: vec![0, 1, 3], group, label };
                self.invite(0, &wish, Fate::Done).await;
            }
        }
        let mut got: HashSet<_> = HashSet::new();
        for mail in self.mails.iter().filter(|mail| self.sent.contains(&mail.effect)) {
            got.insert((human(mail.person), mail.group, mail.campaign.clone()));
        }
        assert_eq!(got.len(), 3 * 2 * 2, "three people, two groups, two campaigns: {got:?}");
        self.nobody_got_too_much();
    }
}

fn piece(wish: &Wish) -> Piece {
    let ids: Vec<&str> = wish.people.iter().map(|&person| PEOPLE[person].0).collect();
    invite(GROUPS[wish.group], &ids)
}

fn intent(wish: &Wish) -> Intent {
    let known = |&person: &usize| Some((PEOPLE[person].0.to_owned(), PEOPLE[person].1?.to_owned()));
    Intent {
        addresses: wish.people.iter().filter_map(known).collect(),
        campaign: LABELS[wish.label].map(str::to_owned),
        ..Intent::default()
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Done),
        Just(Fate::Queued),
        Just(Fate::Refused),
        any::<bool>().prop_map(Fate::Lost),
        any::<bool>().prop_map(Fate::Killed),
        Just(Fate::UnderWay),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let people = prop::sample::subsequence((0..PEOPLE.len()).collect::<Vec<_>>(), 1..=3);
    let wish =
        (people, 0..GROUPS.len(), 0..LABELS.len()).prop_map(|(people, group, label)| Wish { people, group, label });
    prop_oneof![
        6 => (0..RUNS.len(), wish, fate()).prop_map(|(run, wish, fate)| Happening::Invite(run, wish, fate)),
        2 => (any::<prop::sample::Index>(), fate()).prop_map(|(which, fate)| Happening::Land(which, fate)),
        1 => (0..RUNS.len()).prop_map(Happening::Kill),
        2 => any::<prop::sample::Index>().prop_map(Happening::Told),
        1 => prop_oneof![Just(1), Just(8), Just(15), Just(31)].prop_map(Happening::Days),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn in_whatever_order_things_happen_no_mail_goes_out_twice_and_nobody_is_forgotten(
        happenings in prop::collection::vec(happening(), 1..24),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut game = Game::new().await;
            for happening in happenings {
                game.happens(happening).await;
                game.nobody_got_too_much();
            }
            game.nobody_is_forgotten().await;
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_begin_the_same_mail_at_once_one_may_send_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("beadle.db");
    // Two processes: each has a store of its own on the same file.
    let (one, two) = (Desk::on(Store::open(&file).await.unwrap()), Desk::on(Store::open(&file).await.unwrap()));
    let ledgers = [one.run("r1").await, two.run("r2").await];
    let before = one.store.commits() + two.store.commits();
    let begun: Vec<_> = (0..40)
        .map(|turn| {
            let ledger = ledgers[turn % 2].clone();
            // Each is asked for by both, and by each of them often.
            let person = ["7", "8", "9", "10"][turn / 2 % 4];
            tokio::spawn(async move { ledger.begin(ACCOUNT, &invite("12", &[person]), &Intent::default()).await })
        })
        .collect();
    let (mut permits, mut busy) = (Vec::new(), 0);
    for begun in begun {
        let begun = begun.await.unwrap().unwrap();
        assert!(begun.doubts.is_empty(), "nobody is dead: {begun:?}");
        busy += begun.answered.iter().filter(|one| matches!(one.why, Why::Elsewhere { .. })).count();
        permits.extend(begun.permit);
    }
    assert_eq!((permits.len(), busy), (4, 36));
    assert!(one.store.commits() + two.store.commits() - before <= 4);
}
