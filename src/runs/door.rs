//! A script's door to a connection: the client's errors as thrown values.

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::catalog::{Call, Platform};
use crate::client::{self, Client, Pager};
use crate::script::{Door, IfExists, Rows, Thrown, With};
use crate::wire::Row;

/// A client behind the script's trait.
pub(super) struct Through(pub(super) Client);

impl Door for Through {
    fn connection(&self) -> &str {
        self.0.connection()
    }

    fn platform(&self) -> &'static Platform {
        self.0.platform()
    }

    fn call<'a>(&'a self, call: &'a Call, with: &'a With) -> BoxFuture<'a, Result<Bytes, Thrown>> {
        let with = client::With {
            again: with.again.clone(),
            wait: with.wait,
            use_existing: with.if_exists == IfExists::Use,
            ..client::With::default()
        };
        async move { self.0.call(call, &with).await.map_err(Thrown::from) }.boxed()
    }

    fn list(&self, call: &Call) -> Box<dyn Rows> {
        Box::new(Pages(self.0.list(call)))
    }

    fn client(&self) -> Option<&Client> {
        Some(&self.0)
    }
}

struct Pages(Pager);

impl Rows for Pages {
    fn next_page(&mut self) -> BoxFuture<'_, Option<Result<Vec<Row>, Thrown>>> {
        async { Some(self.0.next_page().await?.map_err(Thrown::from)) }.boxed()
    }
}
