//! Traces for OpenTelemetry: what the layers below say of their work as spans (`tracing`) leaves the process here, if the
//! binary was built with it and the standard variables name a collector. Its one rule: whatever becomes of spans, the work
//! goes on as if nobody listened.

#[cfg(feature = "otel")]
mod clean;
#[cfg(feature = "otel")]
mod counted;
#[cfg(feature = "otel")]
mod sent;

use std::sync::Arc;

use super::{Printer, Shell};
use crate::events::Level;
use crate::settings::Environment;

/// The release, and what it was built with.
pub(super) const VERSION: &str =
    if cfg!(feature = "otel") { concat!(env!("CARGO_PKG_VERSION"), "+otel") } else { env!("CARGO_PKG_VERSION") };

/// Where spans go: the first one that is set. Of the first, it is the whole address.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
/// In which form they go: the first one that is set.
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
/// The only form that is built in.
const PROTOCOL: &str = "http/protobuf";

/// Spans leave as long as it lives; at its end those that wait are sent, for a short time.
pub(super) struct Traces {
    #[cfg(feature = "otel")]
    _sending: Option<sent::Sending>,
}

/// Whose child the spans of this process are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    /// That of whoever started it (`TRACEPARENT`), if there is one.
    Starter,
    /// Nobody's: what it does next has to do with what it does now by chance.
    None,
}

impl Traces {
    /// Sends spans from now on, if somebody wants them. What hinders it is said once and hinders nothing else.
    pub(super) fn begin(shell: &Shell, parent: Parent) -> Self {
        let printer = &shell.printer;
        match wanted(&shell.environment, printer) {
            false => Self::nowhere(),
            true => Self::begun(shell, parent).unwrap_or_else(|why| {
                printer.say(Level::Warn, &format!("no traces are sent: {why}"));
                Self::nowhere()
            }),
        }
    }

    #[cfg(feature = "otel")]
    fn nowhere() -> Self {
        Self { _sending: None }
    }

    #[cfg(feature = "otel")]
    fn begun(shell: &Shell, parent: Parent) -> Result<Self, String> {
        let starter = if parent == Parent::Starter { Some(&shell.environment) } else { None };
        let endpoint = ENDPOINTS.iter().find(|name| shell.environment.get(name).is_some());
        let variable = endpoint.copied().unwrap_or_default();
        sent::Sending::begin(&shell.environment, starter, variable, &shell.redactor, &shell.printer)
            .map(|sending| Self { _sending: Some(sending) })
    }

    #[cfg(not(feature = "otel"))]
    fn nowhere() -> Self {
        Self {}
    }

    #[cfg(not(feature = "otel"))]
    fn begun(_shell: &Shell, _parent: Parent) -> Result<Self, String> {
        let what = "this binary was built without OpenTelemetry; to build one that has it: cargo build --release --features otel";
        Err(what.to_owned())
    }
}

/// What a process is told that does part of the current span's work.
pub(super) fn hand_over() -> Vec<(&'static str, String)> {
    #[cfg(feature = "otel")]
    return sent::hand_over();
    #[cfg(not(feature = "otel"))]
    Vec::new()
}

/// Whether the variables ask for traces; what they ask for that there is not is said.
fn wanted(environment: &Environment, printer: &Arc<Printer>) -> bool {
    let is =
        |name: &str, value: &str| environment.get(name).is_some_and(|known| known.trim().eq_ignore_ascii_case(value));
    let named = ENDPOINTS.iter().any(|name| environment.get(name).is_some());
    if !named || is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
        return false;
    }
    let mut refused = Vec::new();
    if let Some(exporter) = environment.get("OTEL_TRACES_EXPORTER").filter(|name| name.trim() != "otlp") {
        refused.push(format!("`OTEL_TRACES_EXPORTER` says `{exporter}`, and only `otlp` or `none` is known"));
    }
    if let Some((name, protocol)) = PROTOCOLS.iter().find_map(|name| Some((name, environment.get(name)?)))
        && protocol.trim() != PROTOCOL
    {
        refused.push(format!("`{name}` says `{protocol}`, and only `{PROTOCOL}` is built in"));
    }
    for why in &refused {
        printer.say(Level::Warn, &format!("no traces are sent: {why}"));
    }
    refused.is_empty()
}
