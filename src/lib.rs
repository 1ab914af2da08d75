//! beadle runs the scripts of people who run communities.
//!
//! The modules stand in the order of their layers: each imports only from those
//! before it, and `tests/it/layers.rs` holds them to it. The way of the data:
//!
//! ```text
//! row -> person -> change -> call -> intent -> request -> reply -> outcome -> report
//! ```
//!
//! A platform is a table of operations ([`catalog::Op`]); every write passes the
//! ledger ([`effects`]) at one door ([`client`]). `docs/architecture.md` is the map;
//! what stands here is for that program and its tests, and promises nothing to others.

pub mod clock;
pub mod events;
pub mod spans;

pub mod model;
pub mod timetable;

pub mod world;

pub mod catalog;
pub mod platforms;
pub mod wire;

pub mod notices;

pub mod tables;

pub mod settings;

pub mod store;

pub mod effects;

pub mod plan;

pub mod client;

pub mod roster;

pub mod migrate;

pub mod export;

pub mod script;

pub mod runs;

pub mod hooks;

pub mod schedule;

pub mod sandbox;

pub mod server;

pub mod reference;

pub mod cli;
