//! Functions on text that Rhai has otherwise or not at all.

use rhai::{Array, FuncRegistration, ImmutableString, Module, NativeCallContext};

use super::shown;
use crate::script::context::{Outcome, Run};
use crate::script::later;

pub(super) fn register(module: &mut Module) {
    // Rhai's own changes the text and gives nothing, so that `s.trim().to_lower()` fails.
    FuncRegistration::new("trim")
        .with_purity(true)
        .set_into_module(module, |text: &mut ImmutableString| -> ImmutableString { text.trim().into() });
    FuncRegistration::new("join").with_purity(true).with_volatility(true).set_into_module(module, join);
    FuncRegistration::new("join")
        .with_purity(true)
        .with_volatility(true)
        .set_into_module(module, |context: NativeCallContext, items: &mut Array| join(context, items, ""));
    FuncRegistration::new("replace").with_volatility(true).set_into_module(module, replace);
}

fn join(context: NativeCallContext, items: &mut Array, between: &str) -> Outcome<String> {
    let run = Run::of(&context)?;
    if let Some(later) = later::first_in(items) {
        let words = later.refusal("`join()`");
        later::note(&run, &context, &words);
        return Err(words.into());
    }
    let mut whole = String::new();
    for (place, item) in items.iter().enumerate() {
        let item = shown(&context, item)?;
        run.room(whole.len() + item.len() + between.len())?;
        if place > 0 {
            whole.push_str(between);
        }
        whole.push_str(&item);
    }
    Ok(whole)
}

/// As Rhai's own, but asks for the room first.
fn replace(context: NativeCallContext, text: &mut ImmutableString, find: &str, with: &str) -> Outcome<()> {
    let places = text.matches(find).count();
    Run::of(&context)?.room(places.saturating_mul(with.len()).saturating_add(text.len()))?;
    *text = text.replace(find, with).into();
    Ok(())
}
