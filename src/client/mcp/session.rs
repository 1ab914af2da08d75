//! Opening: with a handshake where the server knows one, else without. All of it happens before the call that it is for is
//! sent, and says so when it fails.

use std::sync::Arc;

use rmcp::model::{ClientCapabilities, ClientConfig, Implementation, PaginatedRequestParams, Tool};
use rmcp::service::{Peer, RoleClient, RunningService, serve_client, serve_directly};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;

use super::super::http::Http;
use super::super::transport::Lost;
use super::post::{Opening, Post};

/// Calls on the way at once; the connection's own pace is stricter.
const AT_ONCE: usize = 64;
/// Pages of tools that are read.
const PAGES: usize = 20;

/// How the server wants to be spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    /// Nobody knows yet: a handshake is tried.
    #[default]
    Unknown,
    /// It answers to a handshake.
    Handshake,
    /// It refuses one, and takes calls as they are.
    Calls,
}

/// An open session, or the calls of a server that has none.
pub(super) struct Session(RunningService<RoleClient, ClientConfig>);

impl Session {
    /// Opens one; says what the server wants.
    pub(super) async fn open(http: &Arc<Http>, style: Style) -> Result<(Self, Style), Lost> {
        if style != Style::Calls {
            let post = Post::new(http.clone());
            match serve_client(info(), transport(&post)).await {
                Ok(running) => return Ok((Self(running), Style::Handshake)),
                Err(error) => match post.opening() {
                    // A server that has given sessions before does so still.
                    Opening::Refused(_) if style == Style::Unknown => {}
                    Opening::Refused(why) => return Err(not_open(http, &why)),
                    Opening::Lost(Lost::Unknown(why)) => return Err(not_open(http, &why)),
                    Opening::Lost(lost) => return Err(lost),
                    Opening::Nothing => return Err(not_open(http, &error.to_string())),
                },
            }
        }
        let running = serve_directly(info(), transport(&Post::new(http.clone())), None);
        Ok((Self(running), Style::Calls))
    }

    pub(super) fn peer(&self) -> &Peer<RoleClient> {
        self.0.peer()
    }

    pub(super) fn is_open(&self) -> bool {
        !self.0.is_closed() && !self.0.peer().is_transport_closed()
    }

    /// The server's tools; an error in words where it does not tell.
    pub(super) async fn tools(&self) -> Result<Vec<Tool>, String> {
        let (mut tools, mut cursor) = (Vec::new(), None);
        for _ in 0..PAGES {
            let asked = PaginatedRequestParams::default().with_cursor(cursor);
            let page = self.0.peer().list_tools(Some(asked)).await.map_err(|error| error.to_string())?;
            tools.extend(page.tools);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(tools);
            }
        }
        Err(format!("the list of tools does not end after {PAGES} pages"))
    }
}

fn info() -> ClientConfig {
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("beadle", env!("CARGO_PKG_VERSION")))
}

/// The library repeats nothing by itself.
fn transport(post: &Post) -> StreamableHttpClientTransport<Post> {
    let config = StreamableHttpClientTransportConfig::with_uri("")
        .max_concurrent_requests(AT_ONCE)
        .reinit_on_expired_session(false);
    StreamableHttpClientTransport::with_client(post.clone(), config)
}

fn not_open(http: &Http, why: &str) -> Lost {
    Lost::NotSent { host: http.host().to_owned(), why: format!("no session could be opened: {why}") }
}
