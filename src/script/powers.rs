//! What a script would delete for good, told from its text: calls by their names, and arguments that destroy. What is called
//! by way of a variable of the script nobody can tell without running it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rhai::{AST, ASTNode, Dynamic, Expr, FnCallExpr, Map, Stmt};

use super::before::{chain, names_of, variable};
use crate::platforms;

static POWERS: LazyLock<BTreeSet<String>> = LazyLock::new(platforms::powers);

/// The powers that this file uses, by the names under which jobs allow them.
pub(crate) fn used(ast: &AST) -> BTreeSet<String> {
    let (mut calls, mut keys) = (BTreeSet::new(), BTreeSet::new());
    ast.walk(&mut |path: &[ASTNode]| {
        match path.last() {
            Some(ASTNode::Expr(expr)) => {
                calls.extend(called(expr));
                keys.extend(given(expr));
            }
            Some(ASTNode::Stmt(Stmt::FnCall(call, _))) => calls.extend(function(call)),
            _ => {}
        }
        true
    });
    calls.retain(|(_, name)| POWERS.contains(name));
    keys.retain(|name| POWERS.contains(name));
    let own = if calls.is_empty() { Default::default() } else { names_of(ast) };
    // A variable of the script is no noun, whatever it is called.
    let meant = |(noun, name): (Option<String>, String)| noun.is_none_or(|noun| !own.contains(&noun)).then_some(name);
    calls.into_iter().filter_map(meant).chain(keys).collect()
}

/// A call: the variable that its noun would be, where it is one, and the call's name.
type Called = (Option<String>, String);

/// `users.delete(…)` and `connect("main").users.delete(…)`, or `delete(users, …)`.
fn called(expr: &Expr) -> Vec<Called> {
    if let Expr::FnCall(call, _) = expr {
        return function(call).into_iter().collect();
    }
    let mut links = Vec::new();
    if let Expr::Dot(..) = expr {
        chain(expr, &mut links);
    }
    let pair = |pair: &[&Expr]| match pair {
        [Expr::Property(noun, _), Expr::MethodCall(call, _)] => Some((None, format!("{}.{}", noun.2, call.name))),
        [noun, Expr::MethodCall(call, _)] => {
            let noun = variable(noun)?;
            Some((Some(noun.to_owned()), format!("{noun}.{}", call.name)))
        }
        _ => None,
    };
    links.windows(2).filter_map(pair).collect()
}

fn function(call: &FnCallExpr) -> Option<Called> {
    let noun = variable(call.args.first()?)?;
    Some((Some(noun.to_owned()), format!("{noun}.{}", call.name)))
}

/// The keys of a map that are not `false`.
fn given(expr: &Expr) -> Vec<String> {
    let of_constant = |map: &Map| {
        let given = |value: &Dynamic| value.as_bool() != Ok(false);
        map.iter().filter(|(_, value)| given(value)).map(|(key, _)| key.to_string()).collect()
    };
    match expr {
        Expr::Map(entries, _) => {
            let given = entries.0.iter().filter(|(_, value)| !matches!(value, Expr::BoolConstant(false, _)));
            given.map(|(key, _)| key.name.to_string()).collect()
        }
        Expr::DynamicConstant(value, _) => value.as_map_ref().map(|map| of_constant(&map)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use rhai::OptimizationLevel;

    use super::super::kit::EngineKit;
    use super::*;

    #[track_caller]
    fn used_by(text: &str) -> Vec<String> {
        let ast = EngineKit::default().parse("x.rhai", text, OptimizationLevel::Simple).unwrap();
        used(&ast).into_iter().collect()
    }

    #[test]
    fn calls_that_delete_are_found_however_they_are_written() {
        for text in [
            "users.delete(7);",
            "let gone = users.delete(7);",
            "delete(users, 7);",
            "connect(\"main\").users.delete(7);",
            "let other = connect(\"main\"); if other.name == \"b\" { other.users.delete(7); }",
            "fn tidy(id) { users.delete(id) } tidy(7);",
            "[7, 8].for_each(|id| users.delete(id));",
            "for user in users.list() { if user.email == () { users.delete(user.id); } }",
        ] {
            assert_eq!(used_by(text), ["users.delete"], "{text}");
        }
        assert_eq!(used_by("groups.delete(1); users.delete(2); users.delete(3);"), ["groups.delete", "users.delete"]);
    }

    #[test]
    fn arguments_that_destroy_are_found_unless_they_are_false() {
        for text in [
            "members.remove(4, 7, #{ hard_delete: true });",
            "let all = true; members.remove(4, 7, #{ hard_delete: all });",
            "let how = #{ hard_delete: true }; members.remove(4, 7, how);",
        ] {
            assert_eq!(used_by(text), ["hard_delete"], "{text}");
        }
        assert_eq!(used_by("members.remove(4, 7, #{ hard_delete: false });"), Vec::<String>::new());
    }

    #[test]
    fn what_only_looks_alike_is_left_alone() {
        for text in [
            "members.remove(4, 7);",
            "let users = #{ delete: 1 }; users.delete;",
            "fn tidy(users) { users.delete(7) }",
            "print(\"users.delete(7)\"); // users.delete(7)",
        ] {
            assert_eq!(used_by(text), Vec::<String>::new(), "{text}");
        }
    }
}
