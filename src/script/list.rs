//! A list of a platform as scripts walk it: a page is fetched when the loop comes to it, the next one under way.
//! Its one rule: a script's closure is called between the waits, never inside of one.

use std::any::TypeId;
use std::sync::Arc;

use rhai::{Array, Dynamic, EvalAltResult, FnPtr, FuncRegistration, Module, NativeCallContext};

use super::call::wrong;
use super::context::{Outcome, Run, Waiting};
use super::door::{Door, Rows, Thrown};
use super::values;
use crate::catalog::{Call, Record};
use crate::wire::Row;

/// Its methods, with the number of their arguments.
pub(crate) const METHODS: &[(&str, usize)] =
    &[("to_array", 0), ("first", 0), ("take", 1), ("count", 0), ("filter", 1), ("map", 1), ("each", 1)];

/// A list that nothing was fetched of yet; each walk begins anew.
#[derive(Clone)]
pub(crate) struct List {
    run: Run,
    door: Arc<dyn Door>,
    call: Arc<Call>,
    record: &'static Record,
    most: usize,
}

impl List {
    pub(crate) fn new(run: Run, door: Arc<dyn Door>, call: Call, record: &'static Record) -> Self {
        Self { run, door, call: Arc::new(call), record, most: usize::MAX }
    }

    /// What it asks for.
    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// Where it asks.
    pub(crate) fn door(&self) -> &dyn Door {
        &*self.door
    }

    /// What its rows are.
    pub(crate) fn record(&self) -> &'static Record {
        self.record
    }

    /// Its rows as the platform sent them.
    pub(crate) fn rows(&self, ahead: Ahead) -> Walk {
        Walk { ahead, ..self.walk() }
    }

    fn walk(&self) -> Walk {
        Walk { list: self.clone(), ahead: Ahead::One, rows: None, page: Vec::new().into_iter(), left: self.most }
    }
}

/// Whether the next page is fetched while one is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// It is.
    One,
    /// It is fetched when it is wanted: most often it never is.
    None,
}

/// One walk through a list. After an error it is over.
pub(crate) struct Walk {
    list: List,
    ahead: Ahead,
    rows: Option<Box<dyn Rows>>,
    page: std::vec::IntoIter<Row>,
    left: usize,
}

impl Walk {
    /// The next row as the platform sent it.
    pub(crate) fn raw(&mut self) -> Outcome<Option<Row>> {
        while self.left > 0 {
            if let Some(row) = self.page.next() {
                self.left -= 1;
                return Ok(Some(row));
            }
            match self.page() {
                Ok(Some(page)) => self.page = page.into_iter(),
                Ok(None) => self.left = 0,
                Err(error) => {
                    self.left = 0;
                    return Err(error);
                }
            }
        }
        self.rows = None;
        Ok(None)
    }

    /// The next page as the platform sent it, for whoever looks at pages rather than rows; never mixed with [`Walk::raw`].
    pub(crate) fn raw_page(&mut self) -> Outcome<Option<Vec<Row>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let page = self.page();
        let Ok(Some(mut rows)) = page else {
            self.left = 0;
            return page;
        };
        rows.truncate(self.left);
        self.left -= rows.len();
        Ok(Some(rows))
    }

    fn page(&mut self) -> Outcome<Option<Vec<Row>>> {
        let (List { run, door, call, .. }, ahead) = (&self.list, self.ahead);
        let rows = self.rows.get_or_insert_with(|| {
            let _inside = run.start().runtime.enter();
            match ahead {
                Ahead::One => door.list(call),
                Ahead::None => door.list_as_needed(call),
            }
        });
        run.block(Waiting::Read, rows.next_page())?.transpose().map_err(|thrown| run.throw(thrown))
    }

    fn value(&mut self) -> Outcome<Option<Dynamic>> {
        let Some(row) = self.raw()? else { return Ok(None) };
        values::read_in(&self.list.run, row.bytes(), Some(self.list.record)).map(Some).map_err(|error| {
            self.left = 0;
            let thrown = Thrown::new("unreadable", format!("a row cannot be understood: {error}"));
            self.list.run.throw(thrown.at(self.list.call.op.name(), self.list.door.connection()))
        })
    }
}

impl Iterator for Walk {
    type Item = Outcome<Dynamic>;

    fn next(&mut self) -> Option<Self::Item> {
        self.value().transpose()
    }
}

/// Adds the type, its iterator and its methods.
pub(crate) fn register(module: &mut Module) {
    module.set_custom_type::<List>("list");
    module.set_iter_result(TypeId::of::<List>(), |list| match list.try_cast::<List>() {
        Some(list) => Box::new(list.walk()),
        None => Box::new(std::iter::empty()),
    });
    set(module, "to_array", |list: &mut List| list.walk().collect::<Outcome<Array>>());
    set(module, "first", |list: &mut List| Ok::<_, Box<EvalAltResult>>(list.walk().value()?.unwrap_or(Dynamic::UNIT)));
    set(module, "count", count);
    for name in ["to_string", "to_debug"] {
        set(module, name, |list: &mut List| Ok::<_, Box<EvalAltResult>>(format!("list of {}", list.call.sentence())));
    }
    FuncRegistration::new("take").with_purity(true).set_into_module(module, take);
    FuncRegistration::new("filter").with_purity(true).with_volatility(true).set_into_module(module, filter);
    FuncRegistration::new("map").with_purity(true).with_volatility(true).set_into_module(module, map);
    FuncRegistration::new("each").with_purity(true).with_volatility(true).set_into_module(module, each);
}

fn set<T: rhai::Variant + Clone>(module: &mut Module, name: &str, method: fn(&mut List) -> Outcome<T>) {
    FuncRegistration::new(name).with_purity(true).with_volatility(true).set_into_module(module, method);
}

fn count(list: &mut List) -> Outcome<i64> {
    let mut walk = list.walk();
    let mut count = 0;
    while walk.raw()?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn take(list: &mut List, most: i64) -> Outcome<List> {
    let most = usize::try_from(most).map_err(|_| format!("take() needs a number from 0, not {most}"))?;
    Ok(List { most: most.min(list.most), ..list.clone() })
}

fn filter(context: NativeCallContext, list: &mut List, keep: FnPtr) -> Outcome<Array> {
    let mut kept = Array::new();
    for row in list.walk() {
        let row = row?;
        let verdict = called(&context, "filter", &keep, row.clone())?;
        match verdict.as_bool() {
            Ok(true) => kept.push(row),
            Ok(false) => {}
            Err(_) => return Err(wrong("filter()", "a closure that gives true or false", &verdict).into()),
        }
    }
    Ok(kept)
}

fn map(context: NativeCallContext, list: &mut List, change: FnPtr) -> Outcome<Array> {
    list.walk().map(|row| called(&context, "map", &change, row?)).collect()
}

fn each(context: NativeCallContext, list: &mut List, visit: FnPtr) -> Outcome<()> {
    for row in list.walk() {
        let _ = called(&context, "each", &visit, row?)?;
    }
    Ok(())
}

/// Calls a script's closure from a host function, and names that function in the error's trace.
pub(crate) fn called(context: &NativeCallContext, name: &str, closure: &FnPtr, value: Dynamic) -> Outcome<Dynamic> {
    called_with(context, name, closure, [value])
}

/// The same with several values.
pub(crate) fn called_with<const N: usize>(
    context: &NativeCallContext,
    name: &str,
    closure: &FnPtr,
    values: [Dynamic; N],
) -> Outcome<Dynamic> {
    closure.call_raw(context, None, values).map_err(|error| {
        match error.is_system_exception() || error.is_pseudo_error() {
            true => error,
            false => {
                let source = context.call_source().unwrap_or_default().to_owned();
                EvalAltResult::ErrorInFunctionCall(name.to_owned(), source, error, context.call_position()).into()
            }
        }
    })
}
