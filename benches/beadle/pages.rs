//! A server that has rendered every page before the first is asked for: what it costs is not what is measured.

use std::collections::HashMap;
use std::sync::Arc;

use beadle::clock::Clock;
use beadle::sandbox::{Asked, Sandbox, SandboxOptions, Seed};
use beadle::wire;
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::Outcome;

const CURSOR: &str = "last_activity_id=";

/// The pages of one list of activities on localhost, until it is dropped.
pub struct Pages {
    pub base_url: String,
    _runtime: Runtime,
}

/// Whole answers, by the id that they follow.
type Rendered = HashMap<String, Bytes>;

impl Pages {
    /// Serves the first `most` activities of the sandbox's community, 50 a page, newest first.
    pub fn serve(most: usize) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let rendered = Arc::new(runtime.block_on(render(most))?);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let base_url = format!("http://{}", listener.local_addr()?);
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, Arc::clone(&rendered)));
            }
        });
        Ok(Self { base_url, _runtime: runtime })
    }
}

async fn render(most: usize) -> Outcome<Rendered> {
    let seed = Seed { activities: most, ..Seed::default() };
    let sandbox = Sandbox::new(SandboxOptions { seed, ..SandboxOptions::default() }, Clock::system());
    let mut rendered = Rendered::new();
    let mut after = String::new();
    loop {
        let cursor = if after.is_empty() { String::new() } else { format!("&{CURSOR}{after}") };
        let asked = Asked {
            platform: "mobilize".into(),
            method: "GET".into(),
            target: format!("/activities?limit=50{cursor}"),
            authorised: true,
            body: Bytes::new(),
        };
        let body = sandbox.handle(asked).await.body;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        rendered.insert(after, [head.as_bytes(), &body].concat().into());
        match wire::last_id(&wire::rows(&body, &["activites"])?) {
            Some(last) => after = last,
            None => return Ok(rendered),
        }
    }
}

/// Answers the requests of one connection, one after the other.
async fn answer(mut socket: TcpStream, rendered: Arc<Rendered>) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut head = Vec::new();
    while socket.read_buf(&mut head).await? > 0 {
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8_lossy(&head);
        let target = text.split(' ').nth(1).unwrap_or_default();
        let after = target.split(['?', '&']).find_map(|pair| pair.strip_prefix(CURSOR)).unwrap_or_default();
        let page = rendered
            .get(after)
            .cloned()
            .unwrap_or_else(|| Bytes::from_static(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"));
        head.clear();
        socket.write_all(&page).await?;
    }
    Ok(())
}
