//! Spans on their way out: without secrets, and a collector that does not take them is told of once.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::Status;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_otlp::SpanExporter as Otlp;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::super::Printer;
use super::counted::Count;
use crate::events::Level;
use crate::settings::Redactor;

/// Sends what is clean.
pub(super) struct Clean {
    to: Otlp,
    redactor: Redactor,
    complaint: Complaint,
    count: Arc<Count>,
}

/// Says once that traces do not arrive.
#[derive(Clone)]
pub(super) struct Complaint {
    printer: Arc<Printer>,
    /// The variable that names the collector; its value may hold a secret.
    variable: &'static str,
    said: Arc<AtomicBool>,
}

impl Complaint {
    pub(super) fn new(printer: &Arc<Printer>, variable: &'static str) -> Self {
        Self { printer: Arc::clone(printer), variable, said: Arc::default() }
    }

    /// Says why, unless something was said before.
    pub(super) fn say(&self, why: &str) {
        if !self.said.swap(true, Ordering::Relaxed) {
            let line = format!("traces do not arrive where `{}` says: {why}; nothing waits for them", self.variable);
            self.printer.say(Level::Warn, &line);
        }
    }
}

impl Clean {
    pub(super) fn new(to: Otlp, redactor: &Redactor, complaint: Complaint, count: Arc<Count>) -> Self {
        Self { to, redactor: redactor.clone(), complaint, count }
    }

    fn clean(&self, span: &mut SpanData) {
        if let Cow::Owned(clean) = self.redactor.redact(&span.name) {
            span.name = clean.into();
        }
        if let Status::Error { description } = &mut span.status
            && let Cow::Owned(clean) = self.redactor.redact(description)
        {
            *description = clean.into();
        }
        span.attributes.iter_mut().for_each(|attribute| self.attribute(attribute));
        for event in &mut span.events.events {
            event.name = self.redactor.redact(&event.name).into_owned().into();
            event.attributes.iter_mut().for_each(|attribute| self.attribute(attribute));
        }
    }

    fn attribute(&self, attribute: &mut KeyValue) {
        match &mut attribute.value {
            Value::String(text) => self.text(text),
            Value::Array(Array::String(texts)) => texts.iter_mut().for_each(|text| self.text(text)),
            _ => {}
        }
    }

    fn text(&self, text: &mut StringValue) {
        if let Cow::Owned(clean) = self.redactor.redact(text.as_str()) {
            *text = clean.into();
        }
    }
}

impl SpanExporter for Clean {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        self.count.leave(batch.len());
        batch.iter_mut().for_each(|span| self.clean(span));
        let sent = self.to.export(batch).await;
        if let Err(error) = &sent {
            self.complaint.say(&error.to_string());
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.to.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.to.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.to.set_resource(resource);
    }
}

impl std::fmt::Debug for Clean {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clean").finish_non_exhaustive()
    }
}
