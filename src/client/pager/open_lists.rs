//! Lists that are being read while the same run writes.

use std::sync::{Arc, PoisonError, Weak};

use tokio::sync::Mutex;

use super::{Shared, Source};

/// The open lists of a connection whose pages are counted by offset.
#[derive(Default)]
pub(in crate::client) struct OpenLists(std::sync::Mutex<Vec<Weak<Mutex<Shared>>>>);

impl OpenLists {
    pub(super) fn add(&self, list: &Arc<Mutex<Shared>>) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|known| known.strong_count() > 0);
        lists.push(Arc::downgrade(list));
    }

    /// Reads every list that has begun to its end: after a removal, offsets would skip people.
    pub(in crate::client) async fn finish(&self) {
        let lists: Vec<_> =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect();
        for list in lists {
            let mut list = list.lock().await;
            if matches!(list.source, Source::Running(..)) {
                while let Some(page) = list.next().await {
                    list.ahead.push_back(page);
                }
            }
        }
    }
}
