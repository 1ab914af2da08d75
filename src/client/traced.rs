//! What a client's work looks like as spans. Nothing is decided by whether somebody listens, and while nobody does nothing is
//! made. No query, no body and no value of a path but ids goes into a span: they name people.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tracing::Span;
use tracing::field::Empty;

use super::transport::{Lost, Reply};
use super::{Client, Error};
use crate::catalog::{Call, Piece, Protocol, Ty};
use crate::spans;
use crate::wire::Request;

impl Client {
    /// One request, the so-manieth of its call, after so long a wait for its turn. In HTTP's own words.
    pub(super) fn exchange(&self, call: &Call, request: &Request, resent: u32, waited: Duration) -> Span {
        let method = match call.platform.protocol {
            Protocol::Rest => request.method.as_str(),
            Protocol::Tools { .. } => "POST",
        };
        let span = tracing::info_span!(
            "request",
            otel.name = Empty,
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = method,
            http.request.resend_count = Empty,
            http.response.status_code = Empty,
            url.full = Empty,
            url.path = Empty,
            server.address = Empty,
            server.port = Empty,
            "error.type" = Empty,
            beadle.operation = Empty,
            beadle.connection = call.connection.as_str(),
            beadle.platform = call.platform.name,
            beadle.pace_wait_ms = spans::count(waited.as_millis()),
        );
        if span.is_disabled() {
            return span;
        }
        let operation = call.op.name();
        span.record("otel.name", format!("{method} {operation}"));
        span.record("beadle.operation", operation);
        if resent > 0 {
            span.record("http.request.resend_count", i64::from(resent));
        }
        match self.reads().address() {
            Some(address) => {
                span.record("url.full", format!("{}{}", address.url, path(call)));
                span.record("server.address", &address.host);
                span.record("server.port", i64::from(address.port));
            }
            None => drop(span.record("url.path", path(call))),
        }
        span
    }

    /// A call, with all that it takes.
    pub(super) fn called(&self, call: &Call) -> Span {
        let kind = if call.op.is_read() { "read" } else { "write" };
        let span = tracing::info_span!(
            "call",
            otel.name = Empty,
            otel.status_code = Empty,
            "error.type" = Empty,
            beadle.operation = Empty,
            beadle.connection = call.connection.as_str(),
            beadle.platform = call.platform.name,
            beadle.kind = kind,
        );
        if !span.is_disabled() {
            let operation = call.op.name();
            span.record("otel.name", &operation);
            span.record("beadle.operation", &operation);
        }
        span
    }

    /// Effects that have their permit: from the request to the ledger's word on each of them.
    pub(super) fn effects(&self, part: &Piece) -> Span {
        let span = tracing::info_span!(
            "effects",
            otel.name = Empty,
            otel.status_code = Empty,
            "error.type" = Empty,
            beadle.operation = Empty,
            beadle.effects = spans::count(part.subjects.len()),
            beadle.outcome = Empty,
        );
        if !span.is_disabled() {
            let operation = part.call.op.name();
            span.record("otel.name", format!("effects {operation}"));
            span.record("beadle.operation", operation);
        }
        span
    }

    /// Reads that settle what nobody knows.
    pub(super) fn look_up(&self, doubts: usize) -> Span {
        tracing::info_span!(
            "look up",
            "error.type" = Empty,
            otel.status_code = Empty,
            beadle.doubts = spans::count(doubts)
        )
    }
}

/// Tells a request's span how it was answered.
pub(super) fn answered(span: &Span, sent: &Result<Reply, Lost>) {
    match sent {
        Ok(reply) => {
            span.record("http.response.status_code", i64::from(reply.status));
            if reply.status >= 400 {
                spans::failed(span, reply.status);
            }
        }
        Err(lost) => {
            let kind = match lost {
                Lost::NotSent { .. } => "not_sent",
                Lost::NotSigned { .. } => "not_signed",
                Lost::Unknown(_) => "no_answer",
            };
            spans::failed(span, kind);
        }
    }
}

/// Tells a span that it ended by an error, by the code that scripts see.
pub(super) fn failed<T>(span: &Span, ended: &Result<T, Error>) {
    if let Err(error) = ended {
        spans::failed(span, error.code);
    }
}

/// The path of a call's request, with names in the place of all values but ids.
fn path(call: &Call) -> String {
    if let Protocol::Tools { .. } = call.platform.protocol {
        return String::new();
    }
    let (mut path, mut rest) = (String::new(), call.op.path);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        path.push_str(before);
        match call.op.param(name) {
            Some(param) if matches!(param.ty, Ty::Id(_)) => {
                path.push_str(&utf8_percent_encode(call.args.text(name), NON_ALPHANUMERIC).to_string());
            }
            _ => path.push_str(&format!("{{{name}}}")),
        }
        rest = after;
    }
    path + rest
}
