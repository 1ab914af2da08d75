//! Everything that is tested from the outside, in one binary.
#![expect(clippy::disallowed_methods, reason = "tests set their scene with files, variables and programs")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must panic")]

mod alike;
mod api;
mod api_metrics;
mod api_served;
mod applying;
mod applying_braked;
mod arguments;
mod aveva_document;
mod aveva_scripts;
mod aveva_sign_in;
mod bad_input;
mod brakes;
mod builder;
mod command_line;
mod conformance;
#[cfg(debug_assertions)]
mod crash;
mod crontab_oracle;
mod deploy;
mod disturbed;
mod docs;
mod exports;
mod faults;
mod foreign;
mod heartbeat_document;
mod heartbeat_http;
mod heartbeat_scripts;
mod history;
mod hivesocial_document;
mod hivesocial_scripts;
mod hooks;
mod hooks_calls;
mod hooks_odd;
mod job_processes;
mod job_runs;
mod jobs_explained;
mod jobs_listed;
mod layers;
mod lost_answers;
mod main_job;
mod migrations;
mod mobilize_adapter;
mod mobilize_after;
mod mobilize_deeds;
mod mobilize_document;
mod mobilize_examples;
mod otel;
mod pieces;
mod plans;
mod prefixes;
mod readme;
mod reference;
mod run_limits;
mod scripts;
mod secrets;
mod served;
mod served_alarms;
#[cfg(unix)]
mod served_jobs;
mod service;
mod shipped_scripts;
mod sign_in;
mod signals;
mod store_fails;
mod sync_faults;
mod toy;
mod undo_of_scripts;
mod undoing;
mod vitable_document;
mod vitable_doubts;
mod vitable_scripts;
mod webhooks;
#[cfg(debug_assertions)]
mod webhooks_crash;
#[cfg(all(unix, debug_assertions))]
mod welcomed;
#[cfg(unix)]
mod working;
