//! The figures as a picture: a bar a contender, what is too much in another colour. Plain text stays text.

use std::fmt::Write;

use crate::Account;

const WIDTH: usize = 760;
const LEFT: usize = 24;
const BAR: usize = 22;
const ROW: usize = 66;
const TOP: usize = 76;
const LONGEST: usize = 560;

const STYLE: &str = "\
  text { font-family: system-ui, -apple-system, 'Segoe UI', sans-serif; font-size: 14px; fill: #24292f; }
  .title { font-size: 17px; font-weight: 600; }
  .small { font-size: 12px; fill: #57606a; }
  .once { fill: #4a7fb5; }
  .twice { fill: #c8553d; }
  .none { fill: none; stroke: #8c959f; stroke-dasharray: 3 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #9198a1; }
    .once { fill: #6ea3d8; }
    .twice { fill: #ef8466; }
  }
";

/// The picture.
pub fn drawn(accounts: &[Account], people: usize, kills: usize) -> String {
    let most = accounts.iter().map(|account| account.mails.max(people)).max().unwrap_or(people);
    let wide = |count: usize| count * LONGEST / most;
    let height = TOP + accounts.len() * ROW + 20;
    let title = format!("{people} invitations, {kills} kills: mails that went out");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\n<style>\n{STYLE}</style>\n"
    );
    // Writing to a text cannot fail.
    let _ = writeln!(svg, "<text class=\"title\" x=\"{LEFT}\" y=\"30\">{title}</text>");
    let _ = writeln!(
        svg,
        "<rect class=\"once\" x=\"{LEFT}\" y=\"43\" width=\"11\" height=\"11\"/><text class=\"small\" x=\"{}\" y=\"53\">each person's first mail</text>\n\
         <rect class=\"twice\" x=\"{}\" y=\"43\" width=\"11\" height=\"11\"/><text class=\"small\" x=\"{}\" y=\"53\">mails too many</text>",
        LEFT + 17,
        LEFT + 190,
        LEFT + 207
    );
    for (place, account) in accounts.iter().enumerate() {
        let top = TOP + place * ROW;
        let first = account.mails - account.doubled;
        let (once, twice, none) = (wide(first), wide(account.doubled), wide(people.saturating_sub(first)));
        let bar = top + 20;
        let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"{}\">{}</text>", top + 12, account.name);
        let _ = writeln!(svg, "<rect class=\"once\" x=\"{LEFT}\" y=\"{bar}\" width=\"{once}\" height=\"{BAR}\"/>");
        let mut end = LEFT + once;
        for (class, width) in [("none", none), ("twice", twice)] {
            if width > 0 {
                let _ = writeln!(
                    svg,
                    "<rect class=\"{class}\" x=\"{end}\" y=\"{bar}\" width=\"{width}\" height=\"{BAR}\"/>"
                );
                end += width;
            }
        }
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\">{}</text>", end + 8, bar + 16, words(account));
    }
    svg.push_str("</svg>\n");
    svg
}

fn words(account: &Account) -> String {
    let mut words = format!("{} too many", account.doubled);
    if account.missing > 0 {
        let _ = write!(words, ", {} missing", account.missing);
    }
    if account.held > 0 {
        let _ = write!(words, ", {} for a person", account.held);
    }
    words
}
