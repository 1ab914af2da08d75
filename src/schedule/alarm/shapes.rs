//! What a message looks like where it arrives: as an object, in Slack, in Teams, as a mail. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::message::Message;
use crate::settings::Shape;

/// Bytes of a text that fit into one encoded word of a header.
const WORD: usize = 42;

/// The body of a post.
pub(super) fn posted(message: &Message, shape: Shape) -> Value {
    match shape {
        Shape::Json => message.json(),
        Shape::Slack => slack(message),
        Shape::Teams => teams(message),
    }
}

/// An incoming webhook of Slack takes a text; only these three signs mean something else there.
fn slack(message: &Message) -> Value {
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut lines = vec![format!("*{}*", plain(&message.title()))];
    lines.extend(message.facts().into_iter().map(|(name, fact)| match name {
        "Next" => format!("{name}: `{}`", plain(&fact).replace('`', "'")),
        _ => format!("{name}: {}", plain(&fact)),
    }));
    json!({ "text": lines.join("\n") })
}

/// A webhook of Teams' Workflows takes adaptive cards and nothing else. Texts of others stand in runs, where no sign means
/// anything but itself.
fn teams(message: &Message) -> Value {
    let run = |text: &str, weight: &str| json!({ "type": "TextRun", "text": text, "weight": weight });
    let line = |runs: Vec<Value>| json!({ "type": "RichTextBlock", "inlines": runs });
    let mut body = vec![json!({
        "type": "RichTextBlock",
        "inlines": [{ "type": "TextRun", "text": message.title(), "weight": "bolder", "size": "medium" }],
    })];
    body.extend(message.facts().into_iter().map(|(name, fact)| match name {
        "Next" => {
            line(vec![run("Next: ", "bolder"), json!({ "type": "TextRun", "text": fact, "fontType": "monospace" })])
        }
        _ => line(vec![run(&format!("{name}: "), "bolder"), run(&fact, "default")]),
    }));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
                "msteams": { "width": "Full" },
            },
        }],
    })
}

/// A whole mail, as `sendmail -t` reads it: lines end as on this machine, the body is safe from every relay.
pub(super) fn mail(message: &Message, from: Option<&str>, to: &str, zone: &TimeZone) -> String {
    let date = jiff::fmt::rfc2822::to_string(&message.at.to_zoned(zone.clone())).unwrap_or_default();
    let mut lines: Vec<String> = from.map(|from| format!("From: {from}")).into_iter().collect();
    lines.push(format!("To: {to}"));
    lines.push(format!("Subject: {}", header(&message.title())));
    lines.extend((!date.is_empty()).then(|| format!("Date: {date}")));
    // No holiday answers this.
    lines.push("Auto-Submitted: auto-generated".to_owned());
    lines.push("MIME-Version: 1.0".to_owned());
    lines.push("Content-Type: text/plain; charset=utf-8".to_owned());
    lines.push("Content-Transfer-Encoding: base64".to_owned());
    lines.push(String::new());
    let body = STANDARD.encode(message.text().replace('\n', "\r\n") + "\r\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(76));
        lines.push(line.to_owned());
        rest = more;
    }
    lines.join("\n") + "\n"
}

/// A header's text: as it is where it is ASCII, in encoded words where it is not, and never a second header.
fn header(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.is_ascii() && !text.contains("=?") {
        return text;
    }
    let mut words = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > WORD) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let words: Vec<String> = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join("\n ")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::message::Topic;
    use super::*;

    fn message() -> Message {
        let at: Timestamp = "2026-11-22T01:31:00Z".parse().unwrap();
        Message {
            moment: Some("Sun 2026-11-22 02:30 +01:00 (Europe/Berlin)".into()),
            run: Some("20261122-0131-k3f9".into()),
            outcome: Some("failed".into()),
            why: Some("failed with exit code 1".into()),
            failures: 3,
            error: Some("line 4: <b> & `x` _y_ [z](http://example.org) Grüße".into()),
            next: vec!["beadle runs show 20261122-0131-k3f9".into()],
            ..Message::new(Topic::Failed, Some("nightly"), at)
        }
    }

    #[test]
    fn slack_gets_a_text_in_which_nobody_is_mentioned_by_an_error() {
        assert_eq!(
            posted(&message(), Shape::Slack),
            json!({ "text": "*nightly failed 3 times in a row*\n\
                Moment: Sun 2026-11-22 02:30 +01:00 (Europe/Berlin)\n\
                Run: 20261122-0131-k3f9\n\
                Outcome: failed with exit code 1\n\
                Error: line 4: &lt;b&gt; &amp; `x` _y_ [z](http://example.org) Grüße\n\
                Next: `beadle runs show 20261122-0131-k3f9`" })
        );
    }

    #[test]
    fn teams_gets_an_adaptive_card_in_which_no_sign_means_anything_else() {
        let card = posted(&message(), Shape::Teams);
        let attachment = &card["attachments"][0];
        assert_eq!((&card["type"], card["attachments"].as_array().unwrap().len()), (&json!("message"), 1));
        assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
        let body = attachment["content"]["body"].as_array().unwrap();
        assert!(body.iter().all(|block| block["type"] == "RichTextBlock"));
        assert_eq!(body[0]["inlines"][0]["text"], "nightly failed 3 times in a row");
        assert_eq!(body[4]["inlines"][1]["text"], message().error.unwrap());
    }

    #[test]
    fn an_object_holds_all_that_is_known() {
        let all = posted(&message(), Shape::Json);
        assert_eq!((&all["type"], &all["what"], &all["job"]), (&json!("alarm"), &json!("failed"), &json!("nightly")));
        assert_eq!((&all["failures"], &all["at"]), (&json!(3), &json!("2026-11-22T01:31:00Z")));
        assert_eq!(all["next"], json!(["beadle runs show 20261122-0131-k3f9"]));
        let back: Message = serde_json::from_value(all).unwrap();
        assert_eq!(back, message(), "as it is kept");
    }

    #[test]
    fn a_mail_has_its_headers_and_a_body_that_survives_every_relay() {
        let text = mail(&message(), Some("beadle@example.org"), "ops@example.org", &TimeZone::UTC);
        let (head, body) = text.split_once("\n\n").unwrap();
        assert_eq!(
            head,
            "From: beadle@example.org\nTo: ops@example.org\nSubject: nightly failed 3 times in a row\n\
             Date: Sun, 22 Nov 2026 01:31:00 +0000\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64"
        );
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 78), "{text}");
        let body = STANDARD.decode(body.replace('\n', "")).unwrap();
        assert_eq!(String::from_utf8(body).unwrap().replace("\r\n", "\n"), message().text() + "\n");
    }

    #[test]
    fn a_header_is_one_header_and_ascii() {
        assert_eq!(header("a\r\nBcc: x"), "a  Bcc: x");
        let long = "Gr\u{fc}\u{df}e \u{1f426} ".repeat(12);
        let words = header(&long);
        assert!(words.is_ascii() && words.lines().all(|line| line.len() <= 76), "{words}");
        let decoded: Vec<u8> = words
            .lines()
            .flat_map(|word| {
                STANDARD.decode(word.trim().trim_start_matches("=?utf-8?B?").trim_end_matches("?=")).unwrap()
            })
            .collect();
        assert_eq!(String::from_utf8(decoded).unwrap(), long, "no sign is torn in two");
    }
}
