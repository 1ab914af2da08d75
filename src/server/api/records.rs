//! What answers hold: the objects of the document, by their names. A test compares them with what is really answered.

use super::record::Kind::{Any, Flag, Int, Ints, Many, Maybe, Object, Objects, One, Perhaps, Text, Texts, Time, Word};
use super::record::{Of, Record};

mod told;

pub(super) use told::{ALARM, ASIDE, DELIVERY, DELIVERY_WHOLE, HOOK, MESSAGE, REPLAY};

pub(super) static PROBLEM: Record = Record {
    name: "Problem",
    doc: "What went wrong (RFC 9457).",
    begins: None,
    fields: &[
        Of("type", Text, "about:blank: the status says which kind it is"),
        Of("title", Text, "The status in words"),
        Of("status", Int, "The status"),
        Of("detail", Text, "What happened and where"),
        Of("next", Maybe(&Text), "What to do next, where that is known"),
    ],
};

pub(super) static JOB: Record = Record {
    name: "Job",
    doc: "A job in force, as its file has it and as the scheduler knows it.",
    begins: None,
    fields: &[
        Of("type", Word("job"), "What it is"),
        Of("job", Text, "By what it is known"),
        Of("file", Text, "Its file below the project's folder"),
        Of("description", Maybe(&Text), "What it is for"),
        Of("script", Text, "Its script below the project's folder"),
        Of("schedule", Texts, "Its crontab lines"),
        Of("words", Texts, "The same in words"),
        Of("zone", Text, "By whose clocks"),
        Of("on", Texts, "The events that start it"),
        Of("next", Maybe(&Time), "When it is due next, jitter included"),
        Of("connection", Maybe(&Text), "Its connection; null is the project's"),
        Of("needs", Texts, "Jobs that must have been done"),
        Of("allow", Texts, "What its runs may delete for good while nobody watches"),
        Of("paused", Maybe(&Text), "Why its file pauses it"),
        Of("pause", Maybe(&One(&PAUSE)), "The pause that somebody ordered, or that followed failures"),
        Of("failures", Int, "Failures in a row"),
        Of("last_done", Maybe(&Time), "When a run of it was last done"),
        Of("unfinished", Maybe(&Text), "A run that has not come to its end"),
        Of("at_work", Texts, "Runs of it that are at work"),
        Of("waiting", Int, "How many of its moments wait"),
    ],
};

pub(super) static PAUSE: Record = Record {
    name: "Pause",
    doc: "Why, and until when, a job does not run.",
    begins: None,
    fields: &[Of("until", Maybe(&Time), "Until when; null is until somebody ends it"), Of("reason", Text, "Why")],
};

pub(super) static PAUSED: Record = Record {
    name: "Paused",
    doc: "A job was paused.",
    begins: None,
    fields: &[
        Of("type", Word("paused"), "What it is"),
        Of("job", Text, "The job"),
        Of("until", Maybe(&Time), "Until when; null is until somebody ends it"),
        Of("reason", Text, "Why"),
        Of("who", Text, "Who ordered it"),
    ],
};

pub(super) static UNPAUSED: Record = Record {
    name: "Unpaused",
    doc: "A job may run again.",
    begins: None,
    fields: &[
        Of("type", Word("unpaused"), "What it is"),
        Of("job", Text, "The job"),
        Of("was_paused", Flag, "Whether it was paused"),
        Of("file_pauses", Maybe(&Text), "Why its file still pauses it: take that out there"),
    ],
};

pub(super) static BEGUN: Record = Record {
    name: "Asked",
    doc: "A run will begin, or go on, as soon as there is a place for it.",
    begins: None,
    fields: &[
        Of("type", Word("asked"), "What it is"),
        Of("job", Text, "The job"),
        Of("run", Text, "The run's id: GET /api/v1/runs/{run} knows it once it has begun"),
    ],
};

pub(super) static BACKFILL: Record = Record {
    name: "Backfill",
    doc: "Moments of the past were asked for; they run one after the other.",
    begins: None,
    fields: &[
        Of("type", Word("backfill"), "What it is"),
        Of("job", Text, "The job"),
        Of("asked", Int, "How many will run"),
        Of("left", Int, "How many are left as they are"),
    ],
};

pub(super) static TICK: Record = Record {
    name: "Tick",
    doc: "A due moment and what became of it.",
    begins: None,
    fields: &[
        Of("type", Word("tick"), "What it is"),
        Of("job", Text, "The job"),
        Of("scheduled_at", Maybe(&Time), "The moment"),
        Of("due_at", Maybe(&Time), "With jitter; of a retry, when it is tried again"),
        Of("cause", Text, "schedule or backfill"),
        Of("made_up", Flag, "Whether nobody was there when it was due"),
        Of("state", Text, "waiting, running, how its run ended, skipped or missed"),
        Of("why", Maybe(&Text), "Why it waits, was skipped or missed"),
        Of("folded", Int, "How many older moments share it"),
        Of("run", Maybe(&Text), "Its run, which may not have begun"),
        Of("tries", Int, "How often the run was begun"),
        Of("decided_at", Maybe(&Time), "When this was decided"),
        Of("begun_at", Maybe(&Time), "When its run began"),
        Of("ended_at", Maybe(&Time), "When it came to its end"),
    ],
};

pub(super) static RUN: Record = Record {
    name: "Run",
    doc: "A run as it is listed.",
    begins: None,
    fields: &[
        Of("type", Word("run"), "What it is"),
        Of("run", Text, "Its id"),
        Of("script", Text, "Its script below the project's folder"),
        Of("connection", Maybe(&Text), "What its bare nouns mean"),
        Of("job", Maybe(&Text), "The job that it belongs to"),
        Of("started", Maybe(&Time), "When it was started"),
        Of("ended", Maybe(&Time), "When its last attempt ended"),
        Of("state", Text, "running, done, failed, held or interrupted"),
        Of("alive", Flag, "Whether a process works on it"),
        Of("attempts", Int, "How many attempts"),
        Of("exit_code", Maybe(&Int), "The exit code of its last attempt"),
        Of("effects", Object, "How many of its effects stand so: done, queued, failed, in_doubt, under_way"),
        Of("next", Maybe(&Text), "The next command to type"),
    ],
};

pub(super) static RUN_WHOLE: Record = Record {
    name: "RunWhole",
    doc: "Everything that is small of a run.",
    begins: None,
    fields: &[
        Of("type", Word("run"), "What it is"),
        Of("run", Text, "Its id"),
        Of("script", Text, "Its script below the project's folder"),
        Of("connection", Maybe(&Text), "What its bare nouns mean"),
        Of("sandbox", Flag, "Whether nothing of it is real"),
        Of("job", Maybe(&Object), "The job that it belongs to: name, cause, scheduled_for"),
        Of("settings", Maybe(&Text), "The settings file, where one was named"),
        Of("planned", Maybe(&Time), "When the plan was made that it does"),
        Of("arguments", Any, "Its arguments, pairs of name and value"),
        Of("started", Maybe(&Time), "When it was started"),
        Of("ended", Maybe(&Time), "When its last attempt ended"),
        Of("state", Text, "running, done, failed, held or interrupted"),
        Of("alive", Flag, "Whether a process works on it"),
        Of("exit_code", Maybe(&Int), "The exit code of its last attempt"),
        Of("error", Maybe(&Text), "Why it did not come to a good end"),
        Of("attempts", Int, "How many attempts"),
        Of("calls", Int, "How many calls could change something"),
        Of("requests", Many(&REQUESTS), "What it asked of platforms, by connection and operation"),
        Of("report", Maybe(&Object), "The account at its end"),
        Of("next", Maybe(&Text), "The next command to type"),
        Of("holds", Many(&HOLD), "What still holds it"),
        Of("each_attempt", Objects, "Its attempts"),
        Of("effects", Objects, "Its effects by operation and state, with the first of each"),
        Of("approvals", Objects, "What persons have allowed it"),
        Of("decisions", Objects, "What persons have said of its doubts"),
        Of("files", Objects, "Files that it left"),
    ],
};

pub(super) static REQUESTS: Record = Record {
    name: "Requests",
    doc: "What was asked of a platform with one operation. Of a run at work, as of some seconds ago.",
    begins: None,
    fields: &[
        Of("connection", Text, "The connection"),
        Of("operation", Text, "noun.verb"),
        Of("statuses", Object, "How many by status: 2xx, 3xx, 4xx, 429, 5xx, none where no answer came"),
        Of("tried_again", Int, "How many had to be tried again"),
        Of("seconds", Any, "How long they took in all"),
        Of("waits", Int, "How many waited because the connection's pace was used up"),
        Of("waited_seconds", Any, "How long these waited in all"),
    ],
};

pub(super) static HOLD: Record = Record {
    name: "Hold",
    doc: "A brake's refusal.",
    begins: None,
    fields: &[
        Of("brake", Text, "Which brake: the name under which its number is approved"),
        Of("number", Int, "The number that a person must name"),
        Of("leave", Text, "exactly: this number; up_to: this number or more"),
        Of("of", Int, "What it is compared with"),
        Of("sentence", Text, "For people"),
        Of("after", Maybe(&Text), "From when on no leave is needed"),
    ],
};

pub(super) static EFFECT: Record = Record {
    name: "Effect",
    doc: "One write to one subject.",
    begins: None,
    fields: &[
        Of("type", Word("effect"), "What it is"),
        Of("effect", Int, "Its number"),
        Of("run", Text, "Its run"),
        Of("attempt", Int, "The attempt that began it"),
        Of("account", Text, "The account behind the connection"),
        Of("operation", Text, "noun.verb"),
        Of("consequence", Text, "adds, removes, …"),
        Of("mails", Text, "no, yes or unknown"),
        Of("subject", Object, "Whom or what it touches: kind and key"),
        Of("address", Maybe(&Text), "The person's address"),
        Of("group", Maybe(&Text), "The group it is about"),
        Of("campaign", Maybe(&Text), "The occasion of a mail"),
        Of("state", Text, "How it stands"),
        Of("under_way", Flag, "Whether a process works on it"),
        Of("begun", Maybe(&Time), "When it was begun"),
        Of("settled", Maybe(&Time), "When it was settled"),
        Of("settled_by", Maybe(&Text), "By what it was settled"),
        Of("error", Maybe(&Text), "What went wrong"),
        Of("job", Maybe(&Text), "The platform's job"),
        Of("superseded_in", Maybe(&Int), "The attempt that asked for something else"),
        Of("asked", Any, "What was asked for"),
    ],
};

pub(super) static CALL: Record = Record {
    name: "Call",
    doc: "A request that could change something.",
    begins: None,
    fields: &[
        Of("type", Word("call"), "What it is"),
        Of("call", Int, "Its number"),
        Of("attempt", Int, "The attempt that began it"),
        Of("operation", Text, "noun.verb"),
        Of("sentence", Text, "What it says to people"),
        Of("state", Text, "How it stands"),
        Of("status", Maybe(&Int), "HTTP status, where it was kept"),
        Of("job", Maybe(&Text), "The platform's job"),
        Of("error", Maybe(&Text), "What went wrong"),
        Of("begun", Maybe(&Time), "When it was begun"),
        Of("settled", Maybe(&Time), "When it was settled"),
    ],
};

pub(super) static LINE: Record = Record {
    name: "LogLine",
    doc: "A line of a run's log.",
    begins: None,
    fields: &[
        Of("type", Word("log"), "What it is"),
        Of("at", Maybe(&Time), "When it was said"),
        Of("level", Text, "print, debug, info, warning or error"),
        Of("text", Text, "The line"),
    ],
};

pub(super) static PLAN: Record = Record {
    name: "Plan",
    doc: "A plan as it is listed.",
    begins: None,
    fields: &[
        Of("type", Word("plan"), "What it is"),
        Of("plan", Text, "Its name, and the name of the one run that it can become"),
        Of("script", Text, "What was planned"),
        Of("connection", Text, "What the script's nouns meant"),
        Of("made", Maybe(&Time), "When it was made"),
        Of("expires", Maybe(&Time), "After this it must be made anew"),
        Of("applied", Flag, "Whether it has become a run"),
    ],
};

pub(super) static PLAN_WHOLE: Record = Record {
    name: "PlanWhole",
    doc: "A plan without the people whom it touches.",
    begins: None,
    fields: &[
        Of("type", Word("plan"), "What it is"),
        Of("beadle_plan", Int, "The version of this form"),
        Of("id", Text, "Its name"),
        Of("script", Text, "What was planned"),
        Of("connection", Text, "What the script's nouns meant"),
        Of("sandbox", Flag, "Whether nothing of it is real"),
        Of("made_at", Int, "When it was made, milliseconds since the epoch"),
        Of("expires_at", Int, "After this it must be made anew, milliseconds since the epoch"),
        Of("accounts", Objects, "The accounts that it touches"),
        Of("groups", Perhaps(&Objects), "The names of the groups that it touches"),
        Of("left_out", Objects, "What would not be done, and why"),
        Of("holds", Objects, "What holds it"),
        Of("notes", Texts, "What else a person should know"),
        Of("effort", Object, "What it costs"),
        Of("digest", Text, "The fingerprint of all but the effort"),
        Of("changes", Flag, "Whether anything would be sent"),
        Of("touches", Int, "How many it touches"),
        Of("text", Texts, "For people"),
        Of("waits", Many(&HOLD), "What nobody has given leave for yet"),
        Of("next", Maybe(&Text), "The next command to type"),
    ],
};

pub(super) static TOUCH: Record = Record {
    name: "Touch",
    doc: "What a plan does to one subject.",
    begins: None,
    fields: &[
        Of("type", Word("touch"), "What it is"),
        Of("kind", Text, "person, group, …"),
        Of("subject", Text, "Its key"),
        Of("group", Perhaps(&Text), "The group it is about"),
        Of("name", Text, "How people know it"),
        Of("sign", Text, "What it is, in one sign"),
        Of("mails", Perhaps(&Text), "Whether a mail goes out"),
        Of("before", Any, "As it is"),
        Of("after", Any, "As it will be"),
        Of("known", Perhaps(&Any), "What the platform's record says"),
        Of("gives", Perhaps(&Text), "The placeholder for the id of what it makes"),
        Of("also", Perhaps(&Texts), "Groups that follow"),
        Of("operation", Text, "noun.verb"),
        Of("connection", Text, "The connection"),
    ],
};

pub(super) static APPROVED: Record = Record {
    name: "Approved",
    doc: "A person's leave was kept.",
    begins: None,
    fields: &[
        Of("type", Word("approved"), "What it is"),
        Of("run", Text, "The run or the plan"),
        Of("left", Many(&HOLD), "What still holds it"),
        Of("next", Text, "The next command to type"),
    ],
};

pub(super) static DOUBT: Record = Record {
    name: "Doubt",
    doc: "An effect of which nobody knows whether it happened, or that was only promised.",
    begins: Some(&EFFECT),
    fields: &[
        Of("type", Text, "doubt, or promised"),
        Of("connection", Text, "The connection's name when it was sent"),
        Of("script", Text, "The script of its run"),
        Of("sentence", Text, "What its call says to people"),
        Of("why", Text, "Why it is not known"),
        Of("look_at", Text, "What to look at in the platform"),
        Of("next", Maybe(&Text), "The next command to type"),
    ],
};

pub(super) static SETTLED: Record = Record {
    name: "Settled",
    doc: "Doubts were settled.",
    begins: None,
    fields: &[
        Of("type", Word("settled"), "What it is"),
        Of("effects", Ints, "Their numbers"),
        Of("state", Text, "applied or not_applied"),
        Of("by", Text, "Who said so, and why"),
        Of("runs", Objects, "How their runs stand: run, in_doubt, next"),
    ],
};

pub(super) static LOOKED: Record = Record {
    name: "Looked",
    doc: "The platforms were asked about what is in doubt.",
    begins: None,
    fields: &[
        Of("type", Word("looked"), "What it is"),
        Of("settled", Ints, "The numbers of those of which somebody knows by now"),
        Of("troubles", Texts, "Connections that could not be asked to the end"),
        Of("in_doubt", Int, "How many are left in doubt"),
        Of("promised", Int, "How many are promised and not seen"),
        Of("left_out", Int, "How many are on sandboxes that are gone"),
    ],
};
