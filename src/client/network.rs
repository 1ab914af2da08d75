//! A platform over the network, in whatever protocol it speaks: the half that reads, and the half that writes.

use std::sync::Arc;

use super::http::{Http, HttpOptions, HttpWrites, SetUpError};
use super::mcp::{Mcp, McpWrites};
use super::transport::{Reads, Writes};
use crate::catalog::Protocol;

/// A platform over the network.
pub enum Network {
    /// Requests of its own.
    Rest(Arc<Http>),
    /// Tools of one server.
    Tools(Arc<Mcp>),
}

impl Network {
    /// Sets the connection up; nothing is sent yet.
    pub fn new(options: HttpOptions<'_>) -> Result<Self, SetUpError> {
        let platform = options.platform;
        let http = Arc::new(Http::new(options)?);
        Ok(match platform.protocol {
            Protocol::Rest => Self::Rest(http),
            Protocol::Tools { .. } => Self::Tools(Arc::new(Mcp::new(http, platform))),
        })
    }

    /// The half that reads.
    pub fn reads(&self) -> Arc<dyn Reads> {
        match self {
            Self::Rest(http) => http.clone(),
            Self::Tools(mcp) => mcp.clone(),
        }
    }

    /// The half that writes: a plan never asks for it.
    pub fn writes(&self) -> Arc<dyn Writes> {
        match self {
            Self::Rest(http) => Arc::new(HttpWrites::of(http)),
            Self::Tools(mcp) => Arc::new(McpWrites::of(mcp)),
        }
    }
}
