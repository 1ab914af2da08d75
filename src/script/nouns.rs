//! The names that a script speaks: `users`, `groups`, … found where the script has no name of its own.
//! They hold nothing: which run and which connection they mean is asked when a verb is called.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use rhai::{Dynamic, EvalContext, FuncRegistration, Module, NativeCallContext, RhaiFunc, Shared};

use super::call;
use super::context::{Outcome, Run};
use super::later;
use super::library;
use super::words::instead;
use crate::catalog::{Args, Consequence, Op};
use crate::platforms;

/// Most arguments that a verb is registered with.
const MOST: usize = 6;

/// A noun, of the run's own connection or of a named one.
#[derive(Clone, Debug)]
pub(crate) struct Noun {
    /// `None` = the run's own.
    pub connection: Option<Shared<str>>,
    /// `members`
    pub noun: &'static str,
}

/// What `connect("name")` gives: the nouns of the platforms as properties.
#[derive(Clone, Debug)]
pub(crate) struct Connection(pub Shared<str>);

/// The nouns of all platforms, each once; also those of which a platform says what it has instead.
pub(crate) static PLATFORM_NOUNS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let has = platforms::all().flat_map(|platform| platform.nouns());
    let lacks = platforms::all().flat_map(|platform| platform.instead).map(|(noun, _)| *noun);
    has.chain(lacks).collect()
});

/// Every name of the table: nouns of platforms and of the library, and `ctx`.
pub(crate) static NAMES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let library = library::NOUNS.iter().map(|noun| noun.name);
    PLATFORM_NOUNS.iter().copied().chain(library).chain(["ctx"]).collect()
});

/// Every verb, each once.
static VERBS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let of_platforms = platforms::all().flat_map(|platform| platform.ops).map(|op| op.verb);
    let of_library = library::NOUNS.iter().flat_map(|noun| noun.verbs).map(|verb| verb.name);
    of_platforms.chain(of_library).collect()
});

/// A method that scripts call on a noun or a list.
pub(crate) struct Method {
    /// How many arguments it may have.
    pub arities: RangeInclusive<usize>,
    /// `members.invite`
    pub name: String,
}

/// All methods by their bare name.
pub(crate) static METHODS: LazyLock<BTreeMap<&'static str, Vec<Method>>> = LazyLock::new(|| {
    let mut methods: BTreeMap<&'static str, Vec<Method>> = BTreeMap::new();
    for op in platforms::all().flat_map(|platform| platform.ops) {
        let least = usize::from(op.params.iter().any(|param| param.required));
        let arities = least..=op.positional().len() + 1;
        methods.entry(op.verb).or_default().push(Method { arities, name: op.name() });
    }
    for noun in library::NOUNS {
        for verb in noun.verbs {
            let name = format!("{}.{}", noun.name, verb.name);
            methods.entry(verb.name).or_default().push(Method { arities: verb.arguments.clone(), name });
        }
    }
    for (name, arity) in super::list::METHODS {
        methods.entry(name).or_default().push(Method { arities: *arity..=*arity, name: format!("list.{name}") });
    }
    methods
});

/// What a variable means that the script itself does not hold: the engine asks before every look-up.
pub(crate) fn on_var(name: &str, index: usize, context: &EvalContext) -> Outcome<Option<Dynamic>> {
    if index > 0 {
        return Ok(None);
    }
    let Some(noun) = NAMES.get(name).copied() else { return Ok(None) };
    if context.scope().contains(name) {
        return Ok(None);
    }
    let functions = || context.iter_namespaces().flat_map(Module::iter_script_fn_info);
    if functions().any(|(_, _, function, _, _)| function == name) {
        return Ok(None);
    }
    match noun {
        "ctx" => Ok(Run::tagged(Some(context.tag())).map(|run| run.ctx().into())),
        noun => Ok(Some(Dynamic::from(Noun { connection: None, noun }))),
    }
}

/// Remembers what to say of a verb that the noun does not have: the engine's own error knows the place, but not the noun.
pub(crate) fn on_missing(name: &str, args: &[&mut Dynamic], context: &EvalContext) {
    if let (Some(words), Some(run)) = (later::on_missing(name, args, context), Run::tagged(Some(context.tag()))) {
        run.cannot_plan(&words, (String::new(), rhai::Position::NONE));
        return run.miss(words);
    }
    let noun = args.first().and_then(|first| first.read_lock::<Noun>().map(|noun| noun.noun));
    let (Some(noun), Some(run)) = (noun, Run::tagged(Some(context.tag()))) else { return };
    if name.contains('$') || (VERBS.contains(name) && args.len() <= MOST + 1) {
        return;
    }
    let verbs = verbs_of(noun);
    run.miss(match verbs.contains(&name) {
        true => format!("`{noun}.{name}` does not take {} arguments", args.len() - 1),
        false => format!("`{noun}` has no `{name}`{}", instead(name, &verbs)),
    });
}

/// The verbs of a noun, whatever the platform.
pub(crate) fn verbs_of(noun: &str) -> Vec<&'static str> {
    let mut verbs: Vec<&'static str> = Vec::new();
    let library = library::NOUNS.iter().filter(|known| known.name == noun).flat_map(|known| known.verbs);
    let all = platforms::all().flat_map(|platform| platform.verbs(noun)).chain(library.map(|verb| verb.name));
    for verb in all {
        if !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    verbs
}

/// Whether this verb makes something new on every platform that has it.
pub(crate) fn makes(noun: &str, verb: &str) -> bool {
    let mut ops = platforms::all().filter_map(|platform| platform.op(noun, verb)).peekable();
    let creates = |op: &Op| op.write(&Args::default()).is_some_and(|write| write.consequence == Consequence::Creates);
    ops.peek().is_some() && ops.all(creates)
}

/// The module with all verbs, `connect`, and the nouns as properties of a connection.
pub(crate) fn module() -> Module {
    let mut module = Module::new();
    module.set_custom_type::<Noun>("noun").set_custom_type::<Connection>("connection");
    for verb in VERBS.iter().copied() {
        for count in 0..=MOST {
            set_verb(&mut module, verb, count);
        }
    }
    FuncRegistration::new("connect")
        .with_volatility(true)
        .with_params_info(["name: string", "connection"])
        .set_into_module(&mut module, |context: NativeCallContext, name: &str| -> Outcome<Connection> {
            let run = Run::of(&context)?;
            run.door(Some(name)).map(|door| Connection(door.connection().into()))
        });
    for noun in PLATFORM_NOUNS.iter().copied() {
        FuncRegistration::new_getter(noun).with_purity(true).set_into_module(
            &mut module,
            move |connection: &mut Connection| Noun { connection: Some(connection.0.clone()), noun },
        );
    }
    for function in ["to_string", "to_debug"] {
        FuncRegistration::new(function).with_purity(true).set_into_module(&mut module, |noun: &mut Noun| noun.noun);
        FuncRegistration::new(function)
            .with_purity(true)
            .set_into_module(&mut module, |connection: &mut Connection| format!("connection {}", connection.0));
    }
    module
}

fn set_verb(module: &mut Module, verb: &'static str, count: usize) {
    let types: Vec<TypeId> =
        std::iter::once(TypeId::of::<Noun>()).chain((0..count).map(|_| TypeId::of::<Dynamic>())).collect();
    let names = std::iter::once("noun".to_owned()).chain((1..=count).map(|place| format!("_{place}")));
    let func = move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
        let context = context.ok_or("a verb needs the context of its call")?;
        let (noun, rest) = args.split_first_mut().ok_or("a verb needs its noun")?;
        let noun = noun.read_lock::<Noun>().map(|noun| noun.clone()).ok_or("a verb needs its noun")?;
        let rest = rest.iter_mut().map(|value| std::mem::take(&mut **value)).collect();
        call::verb(&context, &noun, verb, rest)
    };
    let func = RhaiFunc::Method { func: Shared::new(func), has_context: true, is_pure: true, is_volatile: true };
    FuncRegistration::new(verb).with_params_info(names).set_into_module_raw(module, types, func);
}
