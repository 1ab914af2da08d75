//! What is refused before the run, since it would go wrong silently: functions that hide a method of the same name and
//! number of arguments (`fn invite(g, o)` turns `members.invite(g, o)` into a call of itself), loops without a body, and
//! a `switch` on the id of what was just made.

use std::collections::{HashMap, HashSet};

use rhai::{AST, ASTNode, Expr, Position, Stmt};

use super::nouns::{self, METHODS, PLATFORM_NOUNS};

/// What is wrong.
pub(crate) struct Refused {
    /// What to say.
    pub words: String,
    /// Where.
    pub position: Position,
}

/// Whether a script may be run; `text` is what it was parsed from.
pub(crate) fn check(ast: &AST, text: &str) -> Result<(), Refused> {
    nothing_hidden(ast, text)?;
    no_empty_loop(ast)?;
    no_switch_on_what_is_made(ast)
}

/// The engine drops what goes wrong in a list when there is nothing to do for its rows.
fn no_empty_loop(ast: &AST) -> Result<(), Refused> {
    let mut empty = None;
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::For(parts, at))) = path.last()
            && parts.2.body.is_empty()
        {
            empty = Some(*at);
        }
        empty.is_none()
    });
    empty.map_or(Ok(()), |position| {
        let words = "this loop has no body, so that nobody would learn of a page that failed; to read a list to its end write `.count()`";
        Err(Refused { words: words.into(), position })
    })
}

/// `switch groups.create(name).id { … }`: a plan does not know the id, and a `switch` would silently take its arm `_`.
/// Only what is certain is refused: the verb makes something, and its noun is no name of the script.
fn no_switch_on_what_is_made(ast: &AST) -> Result<(), Refused> {
    let mut found: Vec<(&'static str, String, Position)> = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::Switch(switch, _))) = path.last() {
            found.extend(made(&switch.0));
        }
        true
    });
    let named = if found.is_empty() { HashSet::new() } else { names_of(ast) };
    match found.into_iter().find(|(noun, _, _)| !named.contains(*noun)) {
        None => Ok(()),
        Some((noun, verb, position)) => {
            let words = format!(
                "`switch` on the id of what `{noun}.{verb}()` makes finds no arm: nobody knows the id before; switch on what you gave to the call"
            );
            Err(Refused { words, position })
        }
    }
}

/// Every name that the script gives to something, wherever it holds.
pub(crate) fn names_of(ast: &AST) -> HashSet<String> {
    let mut named: HashSet<String> = ast.iter_functions().map(|function| function.name.to_owned()).collect();
    // What a closure captures is a parameter of it, too; a name that is nothing else is none of the script's.
    let mut parameters: HashMap<String, i64> = HashMap::new();
    for parameter in ast.iter_functions().flat_map(|function| function.params) {
        *parameters.entry(parameter.to_string()).or_default() += 1;
    }
    ast.walk(&mut |path: &[ASTNode]| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Var(definition, _, _))) => drop(named.insert(definition.0.name.to_string())),
            Some(ASTNode::Stmt(Stmt::For(parts, _))) => {
                named.extend([Some(&parts.0), parts.1.as_ref()].into_iter().flatten().map(|it| it.name.to_string()));
            }
            Some(ASTNode::Stmt(Stmt::TryCatch(parts, _))) => named.extend(variable(&parts.expr).map(str::to_owned)),
            Some(ASTNode::Stmt(Stmt::Share(captured))) => {
                for (name, _) in &**captured {
                    *parameters.entry(name.name.to_string()).or_default() -= 1;
                }
            }
            _ => {}
        }
        true
    });
    named.extend(parameters.into_iter().filter(|(_, count)| *count > 0).map(|(name, _)| name));
    named
}

/// Noun, verb and place of a call that makes something, of which this expression is the id.
fn made(expr: &Expr) -> Option<(&'static str, String, Position)> {
    let mut links = Vec::new();
    chain(expr, &mut links);
    let [root, steps @ .., Expr::Property(last, _)] = links.as_slice() else { return None };
    // Of another connection the noun is a step itself: `connect("main").groups.create(name).id`.
    let (noun, steps) = match (root, steps) {
        (Expr::FnCall(call, _), [Expr::Property(noun, _), steps @ ..]) if call.name == "connect" => {
            (noun.2.as_str(), steps)
        }
        (root, steps) => (variable(root)?, steps),
    };
    let [Expr::MethodCall(call, position)] = steps else { return None };
    let position = *position;
    let noun = PLATFORM_NOUNS.get(noun)?;
    (last.2 == "id" && nouns::makes(noun, &call.name)).then(|| (*noun, call.name.to_string(), position))
}

/// The name of a variable.
pub(crate) fn variable(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Variable(name, _, _) if name.2.is_empty() => Some(name.1.as_str()),
        _ => None,
    }
}

/// The links of `a.b(…).c`, whichever way they are nested.
pub(crate) fn chain<'a>(expr: &'a Expr, links: &mut Vec<&'a Expr>) {
    match expr {
        Expr::Dot(sides, _, _) => {
            chain(&sides.lhs, links);
            chain(&sides.rhs, links);
        }
        other => links.push(other),
    }
}

fn nothing_hidden(ast: &AST, text: &str) -> Result<(), Refused> {
    let mut hidden: Vec<(String, usize)> = Vec::new();
    for function in ast.iter_functions().filter(|function| function.this_type.is_none()) {
        hidden.extend(hides(function.name, function.params.len()).map(|method| (method, function.params.len())));
    }
    hidden.sort();
    match hidden.into_iter().next() {
        None => Ok(()),
        Some((method, arity)) => {
            let name = method.rsplit('.').next().unwrap_or_default().to_owned();
            let words = format!(
                "the function `{name}({arity})` hides `{method}()`, which would call it instead; give it another name"
            );
            Err(Refused { words, position: place_of(&name, text) })
        }
    }
}

fn hides(name: &str, arity: usize) -> Option<String> {
    METHODS.get(name)?.iter().find(|method| method.arities.contains(&arity)).map(|method| method.name.clone())
}

/// Where the text says `fn name(`: a parsed function keeps only the place of its body.
fn place_of(name: &str, text: &str) -> Position {
    for (number, line) in (1_u16..).zip(text.lines()) {
        for (byte, _) in line.match_indices("fn ") {
            let rest = line[byte + 3..].trim_start();
            if rest.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('(')) {
                let column = line[..line.len() - rest.len()].chars().count() + 1;
                return Position::new(number, u16::try_from(column).unwrap_or(u16::MAX));
            }
        }
    }
    Position::NONE
}

/// The scripts that this one imports by a literal path, with the place of each.
pub(crate) fn imports(ast: &AST) -> Vec<(String, Position)> {
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last()
            && let Some(literal) = import.0.get_literal_value(None)
            && let Ok(literal) = literal.into_string()
        {
            found.push((literal, import.0.position()));
        }
        true
    });
    found
}
