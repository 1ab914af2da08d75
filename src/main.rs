//! Hands the arguments to the library and turns its end into an exit code.

use std::process::ExitCode;

/// Counts what a run holds: the limit on memory reads it.
#[global_allocator]
static ALLOCATOR: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

fn main() -> ExitCode {
    // Fails only where a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ExitCode::from(beadle::cli::main(std::env::args_os()).number())
}
