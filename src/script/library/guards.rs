//! What a script could hurt itself with, made safe: comparing an id with a number, waiting that cannot be ended,
//! one call that asks for all the memory, and a sort that swallows errors.

use std::time::Duration;

use rhai::{Array, Blob, Dynamic, FnPtr, FuncRegistration, ImmutableString, Map, Module, NativeCallContext};

use crate::script::call::wrong;
use crate::script::context::{Outcome, Run, Waiting};
use crate::script::list::called_with;

pub(super) fn register(module: &mut Module) {
    for operator in ["==", "!=", "<", "<=", ">", ">="] {
        FuncRegistration::new(operator)
            .set_into_module(module, move |number: i64, text: &str| mixed(operator, number, text));
        FuncRegistration::new(operator)
            .set_into_module(module, move |text: &str, number: i64| mixed(operator, number, text));
    }
    volatile("sleep")
        .set_into_module(module, |context: NativeCallContext, seconds: i64| sleep(&context, seconds as f64));
    volatile("sleep").set_into_module(module, |context: NativeCallContext, seconds: f64| sleep(&context, seconds));
    volatile("args").set_into_module(module, |context: NativeCallContext, _: Map| -> Outcome<Map> {
        Run::of(&context).map(|run| run.start().facts.args.clone())
    });
    for name in ["sort", "sort_by"] {
        volatile(name).set_into_module(module, sort);
    }
    volatile("pad").set_into_module(module, pad_array);
    volatile("pad").set_into_module(module, pad_blob);
    volatile("pad").set_into_module(
        module,
        |context: NativeCallContext, text: &mut ImmutableString, length: i64, with: char| {
            pad_text(&context, text, length, &with.to_string())
        },
    );
    volatile("pad").set_into_module(
        module,
        |context: NativeCallContext, text: &mut ImmutableString, length: i64, with: &str| {
            pad_text(&context, text, length, with)
        },
    );
    volatile("blob").set_into_module(module, |context: NativeCallContext, length: i64| blob(&context, length, 0));
    volatile("blob")
        .set_into_module(module, |context: NativeCallContext, length: i64, value: i64| blob(&context, length, value));
    volatile("assert").set_into_module(module, |holds: bool| match holds {
        true => Ok(()),
        false => Err::<(), Box<rhai::EvalAltResult>>("an assertion does not hold".into()),
    });
    volatile("assert").set_into_module(module, |holds: bool, words: &str| match holds {
        true => Ok(()),
        false => Err::<(), Box<rhai::EvalAltResult>>(words.into()),
    });
}

fn volatile(name: &str) -> FuncRegistration {
    FuncRegistration::new(name).with_volatility(true)
}

fn mixed(operator: &str, number: i64, text: &str) -> Outcome<bool> {
    let shown: String = text.chars().take(40).collect();
    Err(format!(
        "`{operator}` between the number {number} and the text \"{shown}\" never says what you mean; ids are text: write \"{number}\""
    )
    .into())
}

fn sleep(context: &NativeCallContext, seconds: f64) -> Outcome<()> {
    let length =
        Duration::try_from_secs_f64(seconds.max(0.0)).map_err(|_| format!("cannot wait for {seconds} seconds"))?;
    let run = Run::of(context)?;
    if run.plans() {
        return Ok(());
    }
    run.block(Waiting::Read, async move { tokio::time::sleep(length).await })
}

/// A length that the run has room for, each item taking so many bytes.
fn length(context: &NativeCallContext, length: i64, item: usize) -> Outcome<usize> {
    let length = usize::try_from(length).unwrap_or(0);
    Run::of(context)?.room(length.saturating_mul(item)).map(|()| length)
}

fn pad_array(context: NativeCallContext, array: &mut Array, to: i64, with: Dynamic) -> Outcome<()> {
    let to = length(&context, to, size_of::<Dynamic>())?;
    if to > array.len() {
        array.resize(to, with);
    }
    Ok(())
}

fn pad_blob(context: NativeCallContext, blob: &mut Blob, to: i64, with: i64) -> Outcome<()> {
    let to = length(&context, to, 1)?;
    if to > blob.len() {
        blob.resize(to, byte(with)?);
    }
    Ok(())
}

fn pad_text(context: &NativeCallContext, text: &mut ImmutableString, to: i64, with: &str) -> Outcome<()> {
    let to = length(context, to, with.len().max(4))?;
    let missing = to.saturating_sub(text.chars().count());
    if missing > 0 && !with.is_empty() {
        let more: String = with.chars().cycle().take(missing).collect();
        *text = format!("{text}{more}").into();
    }
    Ok(())
}

fn blob(context: &NativeCallContext, to: i64, with: i64) -> Outcome<Blob> {
    Ok(vec![byte(with)?; length(context, to, 1)?])
}

fn byte(value: i64) -> Outcome<u8> {
    u8::try_from(value).map_err(|_| format!("{value} is not a byte; it must be from 0 to 255").into())
}

/// Sorts in place and keeps the order of equals. An error in the comparing closure ends it at once, and a closure
/// that contradicts itself gives some order.
fn sort(context: NativeCallContext, array: &mut Array, compare: FnPtr) -> Outcome<()> {
    let mut after = |left: &Dynamic, right: &Dynamic| {
        let verdict = called_with(&context, "sort", &compare, [left.clone(), right.clone()])?;
        match (verdict.as_int(), verdict.as_bool()) {
            (Ok(order), _) => Ok(order > 0),
            (_, Ok(before)) => Ok(!before),
            _ => Err(wrong("sort()", "a closure that gives a number or true and false", &verdict).into()),
        }
    };
    *array = merged(std::mem::take(array), &mut after)?;
    Ok(())
}

fn merged(mut left: Array, after: &mut impl FnMut(&Dynamic, &Dynamic) -> Outcome<bool>) -> Outcome<Array> {
    if left.len() < 2 {
        return Ok(left);
    }
    let right = merged(left.split_off(left.len() / 2), after)?;
    let left = merged(left, after)?;
    let mut whole = Array::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        let next = if after(first, second)? { right.next() } else { left.next() };
        whole.extend(next);
    }
    whole.extend(left);
    whole.extend(right);
    Ok(whole)
}
