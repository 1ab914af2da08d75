//! What the spans of all layers have in common. Its one rule: a span that did not end well has the status `ERROR` and says of
//! which kind the error was, never in its words, since those name people.

use std::fmt::Display;

use tracing::Span;
use tracing::field::display;

/// A span ended by an error of this kind: a word from a short list, or a status code. The span has to declare
/// `otel.status_code` and `error.type`; names are those of OpenTelemetry's semantic conventions.
pub fn failed(span: &Span, kind: impl Display) {
    span.record("error.type", display(kind));
    span.record("otel.status_code", "ERROR");
}

/// How many, as spans hold numbers.
pub fn count(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
