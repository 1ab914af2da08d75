//! Reads `args(#{ … })` from a parsed script: only what is written there, nothing that would have to be run.

use rhai::{AST, ASTNode, Dynamic, Expr, FnCallExpr, Position, Stmt};

use super::args::{Argument, Declared, Kind};
use super::words::{instead, listed, nearest};

const KEYS: &[&str] = &["type", "of", "default", "sandbox", "required", "write", "doc"];

/// What is wrong with a declaration.
pub(crate) struct Problem {
    pub words: String,
    pub position: Position,
}

type Read<T> = Result<T, Problem>;

fn problem<T>(words: impl Into<String>, position: Position) -> Read<T> {
    Err(Problem { words: words.into(), position })
}

/// Reads the declaration; a script without one declares nothing. The script must not have been simplified.
pub(crate) fn declared(ast: &AST) -> Read<Declared> {
    let mut places = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Expr(Expr::FnCall(call, at)) | ASTNode::Stmt(Stmt::FnCall(call, at))) = path.last()
            && is_declaration(call)
        {
            places.push(*at);
        }
        true
    });
    let at_top: Vec<(&FnCallExpr, Position)> = ast.statements().iter().filter_map(declaration).collect();
    if let Some(elsewhere) = places.iter().find(|at| !at_top.iter().any(|(_, top)| top == *at)) {
        return problem("`args(…)` stands at the top of the script, outside of functions and blocks", *elsewhere);
    }
    match at_top.as_slice() {
        [] => Ok(Declared::default()),
        [(call, at)] => arguments(call, *at).map(|arguments| Declared { arguments }),
        [_, (_, again), ..] => problem("`args(…)` stands once in a script", *again),
    }
}

fn is_declaration(call: &FnCallExpr) -> bool {
    call.name == "args" && !call.is_qualified()
}

/// `args(…);` or `let a = args(…);`
fn declaration(statement: &Stmt) -> Option<(&FnCallExpr, Position)> {
    let (call, at) = match statement {
        Stmt::FnCall(call, at) => (call, at),
        Stmt::Expr(expr) => match &**expr {
            Expr::FnCall(call, at) => (call, at),
            _ => return None,
        },
        Stmt::Var(definition, _, _) => match &definition.1 {
            Expr::FnCall(call, at) => (call, at),
            _ => return None,
        },
        _ => return None,
    };
    is_declaration(call).then_some((call, *at))
}

fn arguments(call: &FnCallExpr, at: Position) -> Read<Vec<Argument>> {
    let [Expr::Map(map, _)] = call.args.as_slice() else {
        return problem("`args` takes one map that is written out: `args(#{ group: #{ type: \"id\" } })`", at);
    };
    map.0.iter().map(|(name, value)| argument(name.as_str(), value, name.pos)).collect()
}

fn argument(name: &str, value: &Expr, at: Position) -> Read<Argument> {
    let Expr::Map(map, _) = value else {
        return problem(format!("the argument `{name}` is declared with a map: `{name}: #{{ type: \"text\" }}`"), at);
    };
    let literal = |key: &str| -> Read<Option<(Dynamic, Position)>> {
        let Some((_, value)) = map.0.iter().find(|(known, _)| known.name == key) else { return Ok(None) };
        match value.get_literal_value(None) {
            Some(literal) => Ok(Some((literal, value.position()))),
            None => problem(
                format!("`{key}` of the argument `{name}` must be written out: it is read before the script runs"),
                value.position(),
            ),
        }
    };
    for (key, _) in &map.0 {
        if !KEYS.contains(&key.as_str()) {
            let words = format!("an argument has no `{}`{}", key.as_str(), instead(key.as_str(), KEYS));
            return problem(words, key.pos);
        }
    }
    let kind = kind(name, literal("type")?, at)?;
    let mut argument = Argument {
        name: name.to_owned(),
        kind,
        of: Vec::new(),
        required: true,
        writes: false,
        doc: String::new(),
        default: None,
        sandbox: None,
    };
    argument.of = choices(&argument, literal("of")?, at)?;
    if let Some((doc, at)) = literal("doc")? {
        argument.doc = doc.into_string().or_else(|_| problem(format!("`doc` of `{name}` must be text"), at))?;
    }
    if let Some((writes, at)) = literal("write")? {
        argument.writes = match writes.as_bool() {
            Ok(writes) if kind == Kind::File => writes,
            Ok(_) => return problem(format!("`write` is for the type `file`; `{name}` is another"), at),
            Err(_) => return problem(format!("`write` of `{name}` must be true or false"), at),
        };
    }
    let default = literal("default")?;
    // `default: ()` says that it may be left out.
    let left_out = default.as_ref().is_some_and(|(value, _)| value.is_unit());
    argument.default = fitting(&argument, "default", default.filter(|_| !left_out))?;
    argument.sandbox = fitting(&argument, "sandbox", literal("sandbox")?)?;
    argument.required = match literal("required")? {
        None => argument.default.is_none() && !left_out,
        Some((required, at)) => match required.as_bool() {
            Ok(true) if argument.default.is_some() => {
                return problem(format!("`{name}` has a default, so it cannot be required"), at);
            }
            Ok(required) => required,
            Err(_) => return problem(format!("`required` of `{name}` must be true or false"), at),
        },
    };
    Ok(argument)
}

fn kind(name: &str, given: Option<(Dynamic, Position)>, at: Position) -> Read<Kind> {
    let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    let Some((given, at)) = given else {
        return problem(format!("the argument `{name}` has no `type`; it may be {}", listed(&words)), at);
    };
    let given = given.to_string();
    match Kind::ALL.into_iter().find(|kind| kind.word() == given) {
        Some(kind) => Ok(kind),
        None => {
            let near = nearest(&given, words.iter().copied());
            let hint =
                near.map_or_else(|| format!("there are {}", listed(&words)), |near| format!("did you mean `{near}`?"));
            problem(format!("`{given}` is no type of an argument; {hint}"), at)
        }
    }
}

fn choices(argument: &Argument, given: Option<(Dynamic, Position)>, at: Position) -> Read<Vec<String>> {
    let name = &argument.name;
    match (argument.kind, given) {
        (Kind::Choice, None) => problem(format!("the choice `{name}` needs `of`: `of: [\"daily\", \"weekly\"]`"), at),
        (Kind::Choice, Some((given, at))) => {
            let words = given.into_array().ok().map(|items| items.into_iter().map(Dynamic::into_string));
            match words.and_then(|words| words.collect::<Result<Vec<_>, _>>().ok()) {
                Some(words) if !words.is_empty() => Ok(words),
                _ => problem(format!("`of` of `{name}` must be a list of texts: `of: [\"daily\", \"weekly\"]`"), at),
            }
        }
        (_, Some((_, at))) => problem(format!("`of` is for the type `choice`; `{name}` is another"), at),
        (_, None) => Ok(Vec::new()),
    }
}

fn fitting(argument: &Argument, key: &str, given: Option<(Dynamic, Position)>) -> Read<Option<Dynamic>> {
    let Some((given, at)) = given else { return Ok(None) };
    match argument.fit(&given) {
        Some(value) => Ok(Some(value)),
        None => problem(format!("`{key}` of `{}` must be {}", argument.name, argument.wanted()), at),
    }
}
