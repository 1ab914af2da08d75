//! What scripts may import, and what that gives.

use super::{Stage, failure};
use crate::script::files::readable;

#[test]
fn imports_are_found_beside_the_file_and_from_the_project() {
    let stage = Stage::new("import \"lib/outer\" as outer; print(outer::name()); print(outer::far());");
    stage.file(
        "lib/outer.rhai",
        "import \"inner\" as inner; import \"shared/far\" as far; fn name() { inner::name() } fn far() { far::name() }",
    );
    stage.file("lib/inner.rhai", "fn name() { \"beside\" }");
    stage.file("inner.rhai", "fn name() { \"from the project\" }");
    stage.file("shared/far.rhai", "fn name() { \"far\" }");
    assert_eq!(stage.output(), ["beside", "far"]);
}

#[test]
fn nothing_outside_of_the_project_can_be_imported() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.rhai"), "fn name() { \"secret\" }").unwrap();
    let absolute = outside.path().join("secret").display().to_string();
    for (path, by) in [
        ("../secret", "cannot be imported"),
        ("lib/../../secret", "cannot be imported"),
        ("./lib", "cannot be imported"),
        (absolute.as_str(), "cannot be imported"),
        ("", "cannot be imported"),
        ("linked", "leads out of the project"),
        ("folder/secret", "leads out of the project"),
        ("nowhere", "there is no script `nowhere.rhai`"),
    ] {
        for script in [format!("import \"{path}\" as x;"), format!("let p = \"{path}\"; import p as x;")] {
            let stage = Stage::new(&script);
            stage.file("lib.rhai", "");
            std::os::unix::fs::symlink(outside.path().join("secret.rhai"), stage.folder.path().join("linked.rhai"))
                .unwrap();
            std::os::unix::fs::symlink(outside.path(), stage.folder.path().join("folder")).unwrap();
            let message = stage.error().message;
            assert!(message.contains(by), "{script}: {message}");
        }
    }
}

#[test]
fn a_script_outside_of_the_project_is_not_run() {
    let stage = Stage::new("");
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("main.rhai"), "").unwrap();
    let error =
        super::super::Script::load(stage.folder.path(), &other.path().join("main.rhai"), &stage.kit).unwrap_err();
    assert!(error.message.contains("lies outside of the project"), "{error}");
}

#[test]
fn a_module_is_evaluated_once_in_a_run_and_again_in_the_next() {
    let stage = Stage::new("import \"m\" as a; import \"m\" as b; print(a::who + b::who);");
    stage.file("m.rhai", "print(\"evaluated\"); export const who = ctx.run;");
    assert_eq!(stage.output(), ["evaluated", "r1r1"]);
    assert_eq!(stage.output(), ["evaluated", "r1r1", "evaluated", "r1r1"], "the second run evaluates it anew");
}

#[test]
fn a_changed_file_is_read_again() {
    let stage = Stage::new("import \"m\" as m; print(m::x());");
    stage.file("m.rhai", "fn x() { 1 }");
    assert_eq!(stage.output(), ["1"]);
    stage.file("m.rhai", "fn x() { 2 }");
    assert_eq!(stage.output(), ["1", "2"]);
}

#[test]
fn a_module_does_not_see_the_variables_of_who_imports_it() {
    let stage = Stage::new("let x = 1; import \"m\" as m;");
    stage.file("m.rhai", "print(x);");
    let error = stage.error();
    assert_eq!((error.message.as_str(), error.file.as_str()), ("there is no variable `x`", "m.rhai"));
}

#[test]
fn scripts_that_import_each_other_are_told_so() {
    let stage = Stage::new("import \"a\" as a;");
    stage.file("a.rhai", "import \"b\" as b;").file("b.rhai", "import \"a\" as a;");
    assert_eq!(
        stage.error().rendered,
        "`a.rhai` imports itself, by way of this file\n --> b.rhai:1:8\n   |\n 1 | import \"a\" as a;\n   |        ^^^\n  = while `b.rhai` was imported, at a.rhai:1:8\n  = while `a.rhai` was imported, at main.rhai:1:8"
    );
}

#[test]
fn a_mistake_in_an_imported_script_is_found_before_the_run() {
    let stage = Stage::new("print(1); fn never() { import \"m\" as m; }");
    stage.file("m.rhai", "fn f() {\n  let x = ;\n}");
    let error = stage.error();
    assert_eq!((error.file.as_str(), error.line), ("m.rhai", 2));
    assert!(stage.heard().is_empty());
}

#[test]
fn text_is_never_run_as_a_script() {
    assert!(failure("eval(\"print(1)\");").contains("eval"));
    assert!(failure("let f = Fn(\"eval\"); f.call(\"print(1)\");").contains("eval"));
}

#[test]
fn a_script_names_files_of_the_project_and_those_of_the_command_line() {
    let outside = tempfile::tempdir().unwrap();
    let (named, other) = (outside.path().join("named.csv"), outside.path().join("other.csv"));
    std::fs::write(&named, "").unwrap();
    std::fs::write(&other, "").unwrap();
    let mut stage = Stage::new("");
    stage.files.insert(named.clone());
    stage.file("data/people.csv", "");
    std::os::unix::fs::symlink(&other, stage.folder.path().join("linked.csv")).unwrap();
    let run = stage.begin();
    assert!(readable(&run, "data/people.csv").unwrap().ends_with("data/people.csv"));
    assert_eq!(readable(&run, named.to_str().unwrap()), Ok(named));
    for path in [other.to_str().unwrap(), "linked.csv", "../../../../../../../../../../etc/hostname"] {
        let problem = readable(&run, path).unwrap_err();
        let said = ["may not be used", "leads out of the project"].iter().any(|words| problem.contains(words));
        assert!(said, "{path}: {problem}");
    }
}
