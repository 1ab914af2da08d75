use bytes::Bytes;

use super::*;

const DAY: u64 = 86_400;

/// A row by its id and the day of November on which it happened.
fn row(id: u64, day: u32) -> Row {
    Row::from(Bytes::from(format!(r#"{{"id":{id},"created_at":"2026-11-{day:02}T12:00:00Z"}}"#)))
}

/// A list on a server, from its head on.
struct Server(Vec<(u64, u32)>);

/// What an export did.
struct Done {
    ids: Vec<u64>,
    pages: usize,
    late: u64,
    said: Option<String>,
    mark: Mark,
}

impl Server {
    /// Rows 1 to `count`, so many a day, the last ones on the 18th.
    fn by_time(count: u64, a_day: u64) -> Self {
        Self((1..=count).rev().map(|id| (id, u32::try_from(18 - (count - id) / a_day).unwrap())).collect())
    }

    fn export(&self, last: Mark, days: u64, size: usize) -> Done {
        let mut since = Since::last(last, Duration::from_secs(days * DAY));
        let (mut ids, mut pages) = (Vec::new(), 0);
        for page in self.0.chunks(size) {
            pages += 1;
            let new = since.new_of(page.iter().map(|(id, day)| row(*id, *day)).collect());
            ids.extend(new.iter().map(|row| row.id().unwrap().parse::<u64>().unwrap()));
            if since.is_over() {
                break;
            }
        }
        let (late, said) = (since.late(), since.disorder());
        let mark = since.mark();
        assert_eq!(Mark::parse(&mark.text()), Some(mark.clone()));
        Done { ids, pages, late, said, mark }
    }
}

#[test]
fn rows_that_come_late_are_written_once_and_nothing_else_is() {
    let mut server = Server::by_time(160, 10);
    let first = server.export(Mark::default(), 3, 20);
    assert_eq!((first.ids.len(), first.said), (160, None));
    let quiet = server.export(first.mark, 3, 20);
    assert_eq!((quiet.ids.len(), quiet.pages), (0, 3), "the window's 40 rows, and the page that shows where it ends");
    // Three of the 17th: they stand behind the newest one.
    server.0.splice(10..10, [(161, 17), (162, 17), (163, 17)]);
    let late = server.export(quiet.mark, 3, 20);
    assert_eq!((late.ids, late.late, late.said), (vec![161, 162, 163], 3, None));
    server.0.insert(0, (164, 19));
    let next = server.export(late.mark, 3, 20);
    assert_eq!((next.ids, next.late), (vec![164], 0));
    assert_eq!(server.export(next.mark, 3, 20).ids, [0; 0]);
}

#[test]
fn a_row_later_than_the_window_is_found_where_its_number_is_higher_than_all_before() {
    let mut server = Server::by_time(160, 10);
    let mark = server.export(Mark::default(), 1, 10).mark;
    // The 16th is before a window of one day. It is met on the first page behind it.
    server.0.insert(22, (161, 16));
    let done = server.export(mark, 1, 10);
    assert_eq!((done.ids, done.late), (vec![161], 1));
    assert_eq!(server.export(done.mark, 1, 10).ids, [0; 0]);
}

#[test]
fn a_server_that_orders_by_id_loses_nothing_and_is_named() {
    let mut server = Server::by_time(600, 40);
    let first = server.export(Mark::default(), 3, 50);
    // A pile of old ones comes in and stands at the head; behind them what has happened since.
    let pile: Vec<(u64, u32)> = (651..=1_862).rev().map(|id| (id, 2)).collect();
    let fresh: Vec<(u64, u32)> = (601..=650).rev().filter(|id| *id != 620).map(|id| (id, 19)).collect();
    server.0.splice(0..0, pile.into_iter().chain(fresh));
    let done = server.export(first.mark, 3, 50);
    assert_eq!(done.ids.len(), 1_261);
    let said = done.said.unwrap();
    let wanted =
        "row 1213 is of 2026-11-19T12:00:00Z, the one before it of 2026-11-02T12:00:00Z; the highest ids come first";
    assert!(said.contains(wanted), "{said}");
    assert!(done.pages < 32, "{} pages of 38", done.pages);
    // Whole pages of old ones do not hide from the next export what stands behind them, nor is any of them written again.
    let at = server.0.iter().position(|(id, _)| *id == 619).unwrap();
    server.0.insert(at, (620, 19));
    server.0.insert(0, (1_863, 19));
    assert_eq!(server.export(done.mark, 3, 50).ids, [1_863, 620]);
}

#[test]
fn a_list_in_no_order_is_read_to_its_end_and_says_so() {
    let mut server =
        Server((1..=200_u64).map(|n| (n * 7_919 % 1_000, u32::try_from(1 + n * 37 % 18).unwrap())).collect());
    let first = server.export(Mark::default(), 3, 20);
    assert_eq!(first.ids.len(), 200);
    let quiet = server.export(first.mark, 3, 20);
    assert_eq!((quiet.ids.len(), quiet.pages), (0, 10));
    server.0.insert(150, (5_000, 17));
    server.0.insert(50, (4_999, 19));
    let done = server.export(quiet.mark, 3, 20);
    assert_eq!(done.ids, [4_999, 5_000]);
    assert!(done.said.unwrap().ends_with("it was read to its end (202 rows), and will be each time while that is so"));
    // It has come to its senses: seen once, and the next one goes by it.
    let mut server = Server::by_time(160, 10);
    let healed = server.export(done.mark, 3, 20);
    assert_eq!((healed.pages, healed.said), (8, None));
    server.0.insert(0, (6_000, 20));
    let after = server.export(healed.mark, 3, 20);
    assert!(after.ids.contains(&6_000) && after.pages < 8);
}

#[test]
fn a_wider_window_brings_nothing_again_that_was_written_before_it_was_wide() {
    let mut server = Server::by_time(160, 10);
    let narrow = server.export(Mark::default(), 0, 20).mark;
    let wide = server.export(narrow, 7, 20);
    assert_eq!(wide.ids, [0; 0]);
    server.0.insert(0, (161, 19));
    let next = server.export(wide.mark, 7, 20);
    assert_eq!(next.ids, [161]);
    // By now all since the 18th are known.
    server.0.insert(5, (162, 18));
    assert_eq!(server.export(next.mark, 7, 20).ids, [162]);
}

#[test]
fn a_mark_of_the_first_versions_goes_on_where_it_stood() {
    let mut server = Server::by_time(160, 10);
    let newest: Vec<String> = (151..=160).map(|id| format!("\"{id}\"")).collect();
    let old = format!(r#"{{"at":"2026-11-18T12:00:00Z","ids":[{}]}}"#, newest.join(","));
    let quiet = server.export(Mark::parse(&old).unwrap(), 3, 20);
    assert_eq!((quiet.ids.len(), quiet.pages), (0, 2));
    server.0.splice(0..0, [(163, 19), (162, 19)]);
    server.0.insert(6, (161, 18));
    let done = server.export(Mark::parse(&old).unwrap(), 3, 20);
    assert_eq!((done.ids, done.late), (vec![163, 162, 161], 0));
    assert_eq!(server.export(done.mark, 3, 20).ids, [0; 0]);
}

#[test]
fn rows_of_the_same_second_are_neither_lost_nor_written_twice() {
    let server = Server(vec![(8, 2), (7, 2), (6, 1)]);
    let mark = server.export(Mark::default(), 0, 5).mark;
    assert_eq!(Server(vec![(9, 2), (8, 2), (7, 2), (6, 1)]).export(mark, 0, 5).ids, [9]);
}

fn texts(rows: &[&str], since: &mut Since) -> usize {
    since.new_of(rows.iter().map(|row| Row::from(Bytes::copy_from_slice(row.as_bytes()))).collect()).len()
}

#[test]
fn rows_without_an_id_are_known_by_what_they_hold() {
    let lag = Duration::from_secs(DAY);
    let rows =
        [r#"{"created_at":"2026-11-18T12:00:00Z","type":"view"}"#, r#"{"created_at":"2026-11-18T11:00:00Z","a":1}"#];
    let mut first = Since::start(lag);
    assert_eq!(texts(&rows, &mut first), 2);
    let mut second = Since::last(first.mark(), lag);
    let more = [rows[0], r#"{"created_at":"2026-11-18T11:30:00Z","a":2}"#, rows[1]];
    assert_eq!(texts(&more, &mut second), 1);
}

#[test]
fn a_list_without_times_ends_where_the_last_export_began() {
    let lag = Duration::from_secs(DAY);
    let mut first = Since::start(lag);
    assert_eq!(texts(&[r#"{"id":"c"}"#, r#"{"id":"b"}"#, r#"{"id":"a"}"#], &mut first), 3);
    // The newest of them is gone meanwhile.
    let mut second = Since::last(first.mark(), lag);
    assert_eq!(texts(&[r#"{"id":"d"}"#, r#"{"id":"b"}"#, r#"{"id":"a"}"#], &mut second), 1);
    assert!(second.is_over());
    let mut third = Since::last(second.mark(), lag);
    assert_eq!(texts(&[r#"{"id":"d"}"#, r#"{"id":"b"}"#], &mut third), 0);
}

#[test]
fn an_export_that_brought_nothing_leaves_the_mark_where_it_was() {
    let server = Server::by_time(60, 10);
    let mark = server.export(Mark::default(), 3, 20).mark;
    let again = server.export(mark.clone(), 3, 20).mark;
    assert_eq!(again, mark);
    assert_eq!(Server(Vec::new()).export(mark.clone(), 3, 20).mark, mark, "an empty answer forgets nothing");
}
