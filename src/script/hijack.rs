//! A script's function of the same name and number of arguments is called instead of a method: `fn invite(g, o)` turns
//! `groups.invite(g, o)` into a call of itself. Such functions are refused before the run.

use rhai::{AST, ASTNode, Position, Stmt};

use super::nouns::METHODS;

/// A function that hides a method.
pub(crate) struct Hidden {
    /// What to say.
    pub words: String,
    /// Where its name stands.
    pub position: Position,
}

/// Whether all functions of the script leave the methods alone.
pub(crate) fn check(ast: &AST, text: &str) -> Result<(), Hidden> {
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
            Err(Hidden { words, position: place_of(&name, text) })
        }
    }
}

fn hides(name: &str, arity: usize) -> Option<String> {
    METHODS.get(name)?.iter().find(|(arities, _)| arities.contains(&arity)).map(|(_, method)| method.clone())
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
