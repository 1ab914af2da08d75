//! The queue of spans: of a full one the rest is dropped, so that nobody waits, and counted, so that somebody knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};

/// A queue that knows how much it was given.
#[derive(Debug)]
pub(super) struct Counted {
    queue: BatchSpanProcessor,
    count: Arc<Count>,
}

/// How many spans there were.
#[derive(Debug, Default)]
pub(super) struct Count {
    /// That have ended and are wanted.
    ended: AtomicU64,
    /// That left the queue.
    left: AtomicU64,
}

impl Count {
    /// So many leave the queue.
    pub(super) fn leave(&self, spans: usize) {
        self.left.fetch_add(spans as u64, Ordering::Relaxed);
    }

    /// How many found no room, of how many; to be asked when the queue is empty.
    pub(super) fn dropped(&self) -> (u64, u64) {
        let ended = self.ended.load(Ordering::Relaxed);
        (ended.saturating_sub(self.left.load(Ordering::Relaxed)), ended)
    }
}

impl Counted {
    pub(super) fn new(queue: BatchSpanProcessor, count: Arc<Count>) -> Self {
        Self { queue, count }
    }
}

impl SpanProcessor for Counted {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.queue.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.count.ended.fetch_add(1, Ordering::Relaxed);
        }
        self.queue.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.set_resource(resource);
    }
}
