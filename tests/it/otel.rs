//! Traces for OpenTelemetry: what leaves the process is a tree across processes, names what was done and how it ended, and
//! holds no secret. A binary without them says so.

#[cfg(feature = "otel")]
#[path = "otel/collector.rs"]
mod collector;
#[cfg(feature = "otel")]
#[path = "otel/sent.rs"]
mod sent;

#[cfg(not(feature = "otel"))]
mod without {
    use crate::builder::Test;

    const WARNING: &str = "warning: no traces are sent: this binary was built without OpenTelemetry; to build one that has it: \
                           cargo build --release --features otel\n";

    #[test]
    fn a_binary_without_traces_says_so_once_and_runs() {
        let script = "print(\"done\");\n";
        let test = Test::new().file("a.rhai", script).env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1/secret");
        let ran = test.args(["run", "a.rhai", "--sandbox"]).success();
        assert!(ran.stderr.starts_with(WARNING), "{}", ran.stderr);
        assert_eq!(ran.stderr.matches("traces").count(), 1, "{}", ran.stderr);
        assert!(ran.stdout.starts_with("done\n"));
    }

    #[test]
    fn whoever_switched_traces_off_is_told_nothing() {
        for (name, value) in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
            let test = Test::new().file("a.rhai", "1;\n").env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
            let ran = test.env(name, value).args(["run", "a.rhai", "--sandbox"]).success();
            assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
        }
        let version = Test::new().args(["--version"]).success().stdout;
        assert_eq!(version, concat!("beadle ", env!("CARGO_PKG_VERSION"), "\n"));
    }
}
