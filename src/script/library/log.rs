//! `log`: lines for people. `log("…")` is short for `log.info("…")`.

use rhai::{Dynamic, FuncRegistration, Module, NativeCallContext};

use super::{LibraryNoun, Verb, shown};
use crate::events::Level;
use crate::script::context::{Outcome, Run};
use crate::script::later::Later;

pub(super) const NOUN: LibraryNoun = LibraryNoun {
    name: "log",
    verbs: &[
        // The engine hands what a call of the name `debug` gives to its own listener, with the place in the script.
        Verb {
            name: "debug",
            arguments: 1..=1,
            usage: "log.debug(line)",
            doc: "A line that is shown with -v only.",
            does: |c, _, g| Ok(shown(c, &g[0])?.into()),
        },
        Verb {
            name: "info",
            arguments: 1..=1,
            usage: "log.info(line)",
            doc: "A line for people, to stderr and into the run's log.",
            does: |c, r, g| say(c, r, Level::Info, &g),
        },
        Verb {
            name: "warn",
            arguments: 1..=1,
            usage: "log.warn(line)",
            doc: "A warning.",
            does: |c, r, g| say(c, r, Level::Warn, &g),
        },
        Verb {
            name: "error",
            arguments: 1..=1,
            usage: "log.error(line)",
            doc: "An error; the script goes on.",
            does: |c, r, g| say(c, r, Level::Error, &g),
        },
    ],
};

fn say(context: &NativeCallContext, run: &Run, level: Level, given: &[Dynamic]) -> Outcome<Dynamic> {
    run.say(level, &shown(context, &given[0])?);
    Ok(Dynamic::UNIT)
}

pub(super) fn register(module: &mut Module) {
    FuncRegistration::new("log").with_volatility(true).set_into_module(
        module,
        |context: NativeCallContext, line: &str| -> Outcome<()> {
            Run::of(&context)?.say(Level::Info, line);
            Ok(())
        },
    );
    FuncRegistration::new("log").with_volatility(true).set_into_module(
        module,
        |context: NativeCallContext, line: Later| -> Outcome<()> {
            Run::of(&context)?.say(Level::Info, line.as_str());
            Ok(())
        },
    );
}
