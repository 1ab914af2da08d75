//! The way of spans out of the process: the public libraries of OpenTelemetry, with a queue that drops what it cannot hold
//! and a thread of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;

use super::super::Printer;
use super::clean::{Clean, Complaint};
use super::counted::{Count, Counted};
use crate::client::collector;
use crate::settings::{Environment, Redactor};

/// So long the last spans may take; a run that has ended is not held up longer.
const LAST_SPANS: Duration = Duration::from_secs(2);
/// So long a collector may take for an answer, unless a variable says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take, in milliseconds: the first one that is set.
const TIMEOUTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
/// The variables that hand a trace on, by the names that the standard gives to headers.
const HANDED: [(&str, &str); 2] = [("traceparent", "TRACEPARENT"), ("tracestate", "TRACESTATE")];

/// Spans are being sent.
pub(super) struct Sending {
    provider: SdkTracerProvider,
    complaint: Complaint,
    count: Arc<Count>,
    /// Whoever started the process: spans that have no other parent are its children.
    _starter: Option<ContextGuard>,
}

impl Sending {
    /// Sends spans to where the variable says. With `starter`, they are children of the span that its variables name.
    pub(super) fn begin(
        environment: &Environment,
        starter: Option<&Environment>,
        variable: &'static str,
        redactor: &Redactor,
        printer: &Arc<Printer>,
    ) -> Result<Self, String> {
        let complaint = Complaint::new(printer, variable);
        let patience = TIMEOUTS.iter().find_map(|name| environment.get(name)?.trim().parse().ok());
        let client = collector(patience.map_or(PATIENCE, Duration::from_millis))?;
        // The library's words would show the address.
        let exporter = SpanExporter::builder().with_http().with_http_client(client).build();
        let exporter =
            exporter.map_err(|_| format!("the `OTEL_EXPORTER_OTLP_…` variables (`{variable}`) are not understood"))?;
        let count = Arc::<Count>::default();
        let clean = Clean::new(exporter, redactor, complaint.clone(), Arc::clone(&count));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Counted::new(BatchSpanProcessor::builder(clean).build(), Arc::clone(&count)))
            .with_resource(resource(environment))
            .build();
        let spans = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("beadle"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            // Spans of ours alone: those of the libraries say what is sent, with all that is secret in it.
            .with_filter(
                filter_fn(|what| what.is_span() && what.target().split("::").next() == Some("beadle"))
                    .with_max_level_hint(LevelFilter::INFO),
            );
        tracing::subscriber::set_global_default(registry().with(spans)).map_err(|error| error.to_string())?;
        Ok(Self { provider, complaint, count, _starter: starter.map(|starter| joined(starter).attach()) })
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        // What failed while it was sent was said.
        if self.provider.shutdown_with_timeout(LAST_SPANS).is_err() {
            return self.complaint.say(&format!("the last ones were not taken within {} s", LAST_SPANS.as_secs()));
        }
        if let (dropped @ 1.., all) = self.count.dropped() {
            let why = format!("{dropped} of {all} spans found no room; a larger `OTEL_BSP_MAX_QUEUE_SIZE` has more");
            self.complaint.say(&why);
        }
    }
}

/// The current span, as the variables that a child process is given.
pub(super) fn hand_over() -> Vec<(&'static str, String)> {
    let mut headers = HashMap::new();
    TraceContextPropagator::new().inject_context(&tracing::Span::current().context(), &mut headers);
    let value =
        |(header, variable)| Some((variable, headers.remove(header).filter(|value: &String| !value.is_empty())?));
    HANDED.into_iter().filter_map(value).collect()
}

/// The span that the variables name.
fn joined(environment: &Environment) -> Context {
    let value = |(header, variable): (&str, &str)| Some((header.to_owned(), environment.get(variable)?.to_owned()));
    let headers: HashMap<String, String> = HANDED.into_iter().filter_map(value).collect();
    TraceContextPropagator::new().extract(&headers)
}

/// Who sends: the variables' name for it, else ours.
fn resource(environment: &Environment) -> Resource {
    let attributes = environment.get("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let named = environment.get("OTEL_SERVICE_NAME").is_some()
        || attributes.split(',').any(|pair| pair.trim().starts_with("service.name="));
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_attribute(version);
    if named { resource.build() } else { resource.with_service_name("beadle").build() }
}
