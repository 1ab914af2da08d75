use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::cli::Code;
use crate::events::Called;
use crate::settings::Secret;

/// A buffer that a test can look into while a printer writes to it; or a pipe that nobody reads.
#[derive(Clone, Default)]
struct Buffer {
    bytes: Arc<Mutex<Vec<u8>>>,
    fails: Option<io::ErrorKind>,
}

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.fails {
            Some(kind) => Err(kind.into()),
            None => self.bytes.lock().unwrap().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Bench {
    printer: Printer,
    out: Buffer,
    err: Buffer,
    clock: Clock,
    redactor: Redactor,
}

fn bench(format: Format, level: Level, out: Buffer) -> Bench {
    let (err, clock, redactor) = (Buffer::default(), Clock::fixed(Timestamp::UNIX_EPOCH), Redactor::default());
    let state = State {
        out: Stream::new(Box::new(out.clone())),
        err: Stream::new(Box::new(err.clone())),
        progress: Progress::in_a_pipe(clock.now_ms()),
    };
    let printer = Printer {
        look: Look { format, colour: Colour::Never, level },
        coloured: false,
        redactor: redactor.clone(),
        clock: clock.clone(),
        state: Mutex::new(state),
    };
    Bench { printer, out, err, clock, redactor }
}

fn text() -> Bench {
    bench(Format::Text, Level::Info, Buffer::default())
}

#[test]
fn data_goes_to_stdout_and_talk_to_stderr() {
    let bench = text();
    bench.printer.note(&Event::Print("42".into()));
    bench.printer.note(&Event::Say(Level::Info, "reading".into()));
    bench.printer.note(&Event::Say(Level::Warn, "slow".into()));
    bench.printer.note(&Event::Say(Level::Debug, "only with -v".into()));
    assert_eq!(bench.out.text(), "42\n");
    assert_eq!(bench.err.text(), "reading\nwarning: slow\n");
}

#[test]
fn a_secret_reaches_neither_stdout_nor_stderr() {
    for format in [Format::Text, Format::Json] {
        let bench = bench(format, Level::Debug, Buffer::default());
        bench.redactor.learn(&Secret::new("hush \"hush\""));
        bench.printer.note(&Event::Print("it is hush \"hush\"!".into()));
        bench.printer.note(&Event::Say(Level::Error, "it was hush \"hush\"!".into()));
        bench.printer.failure(&Failure::failed("hush \"hush\"").hint("hush \"hush\""));
        bench.printer.note(&Event::Progress { what: "hush \"hush\"".into(), done: 1, of: 2 });
        bench.printer.end();
        let all = bench.out.text() + bench.err.text().as_str();
        assert!(!all.contains("hush"), "{all}");
        assert!(bench.err.text().contains("[secret]") && bench.out.text().contains("it is [secret]!"), "{all}");
    }
}

#[test]
fn with_json_stdout_is_one_object_a_line() {
    let bench = bench(Format::Json, Level::Info, Buffer::default());
    bench.printer.note(&Event::Print("two\nlines".into()));
    bench.printer.note(&Event::Say(Level::Info, "talk".into()));
    bench.printer.failure(&Failure::with(Code::Held, "13 removals").hint("look at them"));
    let lines: Vec<Value> = bench.out.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines,
        [
            json!({ "type": "print", "text": "two\nlines" }),
            json!({ "type": "failure", "exit": 4, "message": "13 removals", "next": "look at them" }),
        ]
    );
    assert_eq!(bench.err.text(), "talk\nerror: 13 removals\n  next: look at them\n");
}

#[test]
fn a_closed_pipe_ends_quietly_and_a_full_disk_does_not() {
    let closed = Buffer { fails: Some(io::ErrorKind::BrokenPipe), ..Buffer::default() };
    let bench = bench(Format::Text, Level::Info, closed);
    bench.printer.data("one\n");
    bench.printer.data("two\n");
    assert_eq!(bench.printer.trouble(), None);
    let full = Buffer { fails: Some(io::ErrorKind::StorageFull), ..Buffer::default() };
    let bench = self::bench(Format::Text, Level::Info, full);
    bench.printer.data("one\n");
    assert!(bench.printer.trouble().unwrap().starts_with("failed to write to stdout: "));
}

#[test]
fn in_a_pipe_progress_is_a_line_every_few_seconds_and_one_at_the_end() {
    let bench = text();
    for row in 1..=250 {
        if row % 10 == 0 {
            let called = Event::Called(Called {
                connection: "main".into(),
                operation: "members.list".into(),
                write: false,
                status: Some(200),
                took: Duration::from_millis(7),
                waited: Duration::ZERO,
                rate: None,
                ceiling: None,
                budget: None,
            });
            bench.printer.note(&called);
        }
        bench.clock.advance_ms(50);
        bench.printer.note(&Event::Progress { what: "members read".into(), done: row, of: 250 });
    }
    bench.printer.end();
    bench.printer.end();
    assert_eq!(
        bench.err.text(),
        "members read 100 of 250, 10 calls (2.0 a second)\nmembers read 200 of 250, 20 calls (2.0 a second)\n\
         members read 250 of 250, 25 calls (2.0 a second)\n"
    );
    assert_eq!(bench.out.text(), "");
}

#[test]
fn what_a_platform_says_cannot_move_the_terminal() {
    let bench = text();
    bench.printer.say(Level::Error, "\x1b[2Jgone\r\n\tand \u{9b}more");
    assert_eq!(bench.err.text(), "error: [2Jgone\n\tand more\n");
}
