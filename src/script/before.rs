//! What is refused before the run, since it would go wrong silently: functions that hide a method of the same name and
//! number of arguments (`fn invite(g, o)` turns `members.invite(g, o)` into a call of itself), and loops without a body.

use rhai::{AST, ASTNode, Position, Stmt};

use super::nouns::METHODS;

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
    no_empty_loop(ast)
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
