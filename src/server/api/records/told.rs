//! What answers hold about what is told: by platforms to hooks, and by beadle to people.

use super::super::record::Kind::{Any, Flag, Int, Maybe, Objects, Text, Time, Word};
use super::super::record::{Of, Record};

pub(in super::super) static HOOK: Record = Record {
    name: "Hook",
    doc: "An address that a platform sends to; the address itself is a secret and not told.",
    begins: None,
    fields: &[
        Of("type", Word("hook"), "What it is"),
        Of("hook", Text, "Its name"),
        Of("connection", Text, "The connection whose platform sends to it"),
        Of("made_at", Maybe(&Time), "When it was made"),
        Of("removed_at", Maybe(&Time), "When it was removed"),
        Of("old_until", Maybe(&Time), "Until when the secret holds that was replaced last"),
        Of("deliveries", Int, "How many deliveries of it are kept"),
        Of("waiting", Int, "How many of them are not worked off yet"),
        Of("aside", Int, "How many bodies that were no delivery are kept"),
    ],
};

pub(in super::super) static DELIVERY: Record = Record {
    name: "Delivery",
    doc: "What a platform sent in one request.",
    begins: None,
    fields: &[
        Of("type", Word("delivery"), "What it is"),
        Of("delivery", Int, "Its number"),
        Of("hook", Text, "The hook that it came to"),
        Of("connection", Text, "The connection of the hook"),
        Of("received_at", Maybe(&Time), "When it came"),
        Of("state", Text, "waiting or done"),
        Of("replay_of", Maybe(&Int), "The delivery that it works off once more"),
        Of("repeats", Int, "How often it came once more"),
        Of("tries", Int, "How often it was begun to be worked off in vain"),
        Of("next_try_at", Maybe(&Time), "When it is tried next; null when it is done"),
        Of("done_at", Maybe(&Time), "When it was done"),
        Of("trouble", Maybe(&Text), "What went wrong last"),
        Of("partial", Flag, "Whether something of it could not be had"),
        Of("told", Int, "Notifications in it"),
        Of("unknown", Int, "Those whose topic nobody knows"),
        Of("known", Int, "Those that were worked off before"),
        Of("gone", Int, "Those about somebody who is not there any more"),
        Of("own", Int, "Those that tell of what beadle wrote"),
        Of("unread", Int, "Those that could not be read again"),
        Of("runs", Int, "How many runs it asked for"),
        Of("idle", Objects, "Notifications that started nothing: why, topic, told_by, count, people"),
    ],
};

pub(in super::super) static DELIVERY_WHOLE: Record = Record {
    name: "DeliveryWhole",
    doc: "A delivery with its body and the runs that it asked for.",
    begins: Some(&DELIVERY),
    fields: &[
        Of("body", Any, "As it was sent: not to be trusted"),
        Of("asked", Objects, "The runs: run, job, state, ended, events, tries, why (they wait), next_try_at"),
    ],
};

pub(in super::super) static REPLAY: Record = Record {
    name: "Replay",
    doc: "A delivery will be worked off once more.",
    begins: None,
    fields: &[
        Of("type", Word("replay"), "What it is"),
        Of("delivery", Int, "The number of the new delivery"),
        Of("replay_of", Int, "The one that it works off once more"),
    ],
};

pub(in super::super) static ASIDE: Record = Record {
    name: "Aside",
    doc: "A body that was no delivery.",
    begins: None,
    fields: &[
        Of("type", Word("aside"), "What it is"),
        Of("aside", Int, "Its number"),
        Of("hook", Text, "The hook that it came to"),
        Of("at", Maybe(&Time), "When it came"),
        Of("why", Text, "Why it is none"),
        Of("size", Int, "How long it was, in bytes"),
        Of("start", Text, "Its beginning"),
    ],
};

pub(in super::super) static ALARM: Record = Record {
    name: "Alarm",
    doc: "As what a job was told of last.",
    begins: None,
    fields: &[
        Of("type", Word("alarm"), "What it is"),
        Of("job", Text, "The job"),
        Of("state", Text, "fine, failing, paused, held, in_doubt or missed"),
        Of("run", Maybe(&Text), "The run that is held"),
        Of("gave_way", Int, "Moments in a row that gave way to a run or a later moment"),
        Of("at", Maybe(&Time), "Since when"),
        Of("undelivered", Int, "How many messages about it have not arrived yet"),
    ],
};

pub(in super::super) static MESSAGE: Record = Record {
    name: "Message",
    doc: "A message that has not arrived yet. To whom it is meant stands in the job's file.",
    begins: None,
    fields: &[
        Of("type", Word("message"), "What it is"),
        Of("message", Int, "Its number"),
        Of("job", Text, "The job"),
        Of("way", Text, "webhook, command or mail"),
        Of("made_at", Maybe(&Time), "When it was made"),
        Of("what", Maybe(&Text), "What it is about, as in docs/alarms.md"),
        Of("title", Maybe(&Text), "In one line"),
        Of("text", Maybe(&Text), "All of it"),
    ],
};
