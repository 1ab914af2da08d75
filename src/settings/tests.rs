#![expect(clippy::disallowed_methods, reason = "tests write the files that they read")]

use super::*;
use std::path::Path;
use std::time::Duration;

const GOOD: &str = r#"
[project]
timezone = "Europe/Berlin"

[connections.main]
platform = "mobilize"
base_url = "https://api.example.org/v1/"
key = "env:MOBILIZE_KEY"
secret = "file:secret.txt"
requests_per_second = 3

[connections.try-it]
platform = "mobilize"
sandbox = true
"#;

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), text).unwrap();
        Self { folder }
    }

    fn load(&self, mode: Mode, environment: Environment) -> Result<Settings, Error> {
        let folder = self.folder.path().to_owned();
        Settings::load(&Start { file: None, folder, mode, connection: None, environment })
    }
}

fn load(text: &str) -> Result<Settings, Error> {
    World::with(text).load(Mode::Real, Environment::default())
}

fn refused(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

#[test]
fn a_file_gives_one_checked_value() {
    let world = World::with(GOOD);
    let settings = world.load(Mode::Real, Environment::default()).unwrap();
    let main = settings.default_connection().unwrap();
    assert_eq!((main.name.as_str(), main.platform.name), ("main", "mobilize"));
    let At::Address(url) = &main.at else { panic!("a real address") };
    assert_eq!(url.as_str(), "https://api.example.org/v1");
    assert_eq!(main.pace, Pace { requests_per_second: Some(3.0), ..Pace::default() });
    assert_eq!(settings.connection("try-it").unwrap().at, At::Sandbox);
    assert_eq!(settings.project.timezone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(settings.project.store, world.folder.path().join(".beadle/beadle.db"));
    assert_eq!(settings.limits, Limits::default());
    assert!(settings.warnings.is_empty());
}

#[test]
fn an_unknown_key_is_shown_where_it_stands_with_what_was_probably_meant() {
    assert_eq!(
        refused("[project]\ntimezon = \"Europe/Berlin\"\n"),
        "beadle.toml:2:1: there is no key `timezon` in `[project]`; did you mean `timezone`?\n  \
         2 | timezon = …\n    | ^^^^^^^"
    );
    assert_eq!(
        refused("[conections.main]\n"),
        "beadle.toml:1:2: there is no key `conections` at the top; did you mean `connections`?\n  \
         1 | [conections …\n    |  ^^^^^^^^^^"
    );
    assert_eq!(
        refused("[limits.mail]\nnonsense = 1\n"),
        "beadle.toml:2:1: there is no key `nonsense` in `[limits.mail]`; there is `target_days`, `per_person`, \
         `person_days`, `per_run`, `unattended`, `quiet`\n  2 | nonsense = …\n    | ^^^^^^^^"
    );
}

#[test]
fn a_wrong_value_is_shown_where_it_stands() {
    assert_eq!(
        refused("[project]\ntimezone = \"Europe/Berln\" # ours\n"),
        "beadle.toml:2:12: `timezone` names no time zone: `Europe/Berln`; did you mean `Europe/Berlin`?\n  \
         2 | timezone = \"Europe/Berln\" …\n    |            ^^^^^^^^^^^^^^"
    );
    assert_eq!(
        refused("[connections.main]\nplatform = \"mobilise\"\n"),
        "beadle.toml:2:12: there is no platform `mobilise`; did you mean `mobilize`?\n  \
         2 | platform = \"mobilise\"\n    |            ^^^^^^^^^^"
    );
    assert_eq!(
        refused("[limits.script]\ntime = \"soon\"\n"),
        "beadle.toml:2:8: `time` must be a length of time such as \"30s\" or \"1h 30m\"\n  \
         2 | time = \"soon\"\n    |        ^^^^^^"
    );
    let http = GOOD.replace("https://api", "http://api");
    assert!(refused(&http).starts_with("beadle.toml:7:12: `base_url` must begin with https://: credentials would"));
}

#[test]
fn no_error_shows_a_secret() {
    for wrong in [
        "[connections.main]\nplatform = \"mobilize\"\nsceret = \"hush-hush\"\n",
        "[connections.main]\nplatform = \"mobilize\"\nkey = \"hush-hush\nsecret = \"x\"\n",
        "connections.main = { key = \"hush-hush\", platfrom = \"mobilize\", secret = \"hush-hush\" }\n",
        "connections.main = { platform = \"mobilize\", key = \"hush-hush\", burst = \"x\" }\n",
        "[connections.main]\nplatform = \"mobilize\"\nkey = [\"hush-hush\"]\nsecret = \"x\"\n",
        "[connections.main]\nplatform = \"mobilize\"\nkey = \"hush-hush\" secret = \"hush-hush\"\n",
        "[connections]\nmain = \"hush-hush\"\n",
    ] {
        let error = load(wrong).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("beadle.toml:"), "{text}");
        assert!(!text.contains("hush-hush"), "{text}");
    }
}

#[test]
fn a_missing_credential_says_what_to_write() {
    let error = load("[connections.main]\nplatform = \"mobilize\"\nkey = \"env:K\"\n").unwrap_err();
    assert_eq!(error.to_string(), "`[connections.main]` has no `secret`");
    assert_eq!(
        error.next_step(),
        Some(
            "add `secret = \"env:MOBILIZE_SECRET\"` to it and export MOBILIZE_SECRET (API secret, shown once beside the key)"
        )
    );
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let world = World::with(GOOD);
    let environment = Environment::from([
        ("BEADLE_PROJECT__TIMEZONE", "Asia/Tokyo"),
        ("BEADLE_PROJECT__CONNECTION", "try-it"),
        ("BEADLE_CONNECTIONS__MAIN__BURST", "9"),
        ("BEADLE_CONNECTIONS__TRY_IT__SANDBOX", "true"),
        ("BEADLE_LIMITS__REMOVALS__PEOPLE", "3"),
        ("BEADLE_CRASH_AT", "not a setting"),
    ]);
    let settings = world.load(Mode::Real, environment.clone()).unwrap();
    assert_eq!(settings.project.timezone.iana_name(), Some("Asia/Tokyo"));
    assert_eq!(settings.default_connection().unwrap().name, "try-it");
    assert_eq!(settings.connection("main").unwrap().pace.burst, 9);
    assert_eq!(settings.connection("main").unwrap().pace.requests_per_second, Some(3.0), "the file still counts");
    assert_eq!(settings.limits.removals.people, 3);
    let start = Start {
        file: Some(FILE.into()),
        folder: world.folder.path().to_owned(),
        mode: Mode::Real,
        connection: Some("main".into()),
        environment,
    };
    assert_eq!(Settings::load(&start).unwrap().default_connection().unwrap().name, "main");
}

#[test]
fn a_wrong_variable_is_named() {
    let world = World::with(GOOD);
    let refused = |name, value| world.load(Mode::Real, Environment::from([(name, value)])).unwrap_err().to_string();
    assert_eq!(
        refused("BEADLE_PROJECT__TIMEZON", "UTC"),
        "`BEADLE_PROJECT__TIMEZON` in the environment: there is no key `timezon` in `[project]`; did you mean `timezone`?"
    );
    assert_eq!(
        refused("BEADLE_CONNECTIONS__MAIN__BURST", "many"),
        "`BEADLE_CONNECTIONS__MAIN__BURST` in the environment: `burst` must be a whole number from 1 to 1000, not text"
    );
    assert_eq!(
        refused("BEADLE_PROJECT__TIMEZONE__X", "UTC"),
        "`BEADLE_PROJECT__TIMEZONE__X` in the environment: `timezone` has no keys below it"
    );
}

#[test]
fn a_connection_can_come_from_the_environment_alone() {
    let environment = Environment::from([
        ("BEADLE_CONNECTIONS__MAIN__PLATFORM", "mobilize"),
        ("BEADLE_CONNECTIONS__MAIN__KEY", "the-key-itself"),
        ("BEADLE_CONNECTIONS__MAIN__SECRET", "cmd:[\"echo\", \"the-secret-itself\"]"),
    ]);
    let world = World::with("");
    let settings = world.load(Mode::Real, environment.clone()).unwrap();
    let main = settings.default_connection().unwrap();
    let redactor = Redactor::default();
    let credentials = main.credentials(&settings.project, &environment, &redactor).unwrap();
    assert_eq!(credentials.get("secret").unwrap().expose(), "the-secret-itself");
    assert_eq!(redactor.redact("x the-key-itself y"), "x [secret] y");
    assert!(settings.warnings.is_empty(), "a variable is a fine place for a secret");
}

#[test]
fn credentials_are_read_when_they_are_needed_and_known_to_the_redactor() {
    let world = World::with(GOOD);
    std::fs::write(world.folder.path().join("secret.txt"), "from-the-file\n").unwrap();
    let settings = world.load(Mode::Real, Environment::default()).unwrap();
    let main = settings.connection("main").unwrap();
    let error = main.credentials(&settings.project, &Environment::default(), &Redactor::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`key` of connection `main` comes from the variable `MOBILIZE_KEY`, which is not set"
    );
    assert_eq!(error.next_step(), Some("export MOBILIZE_KEY=… (API key: community settings, Integrations)"));
    let environment = Environment::from([("MOBILIZE_KEY", "from-a-variable")]);
    let redactor = Redactor::default();
    let credentials = main.credentials(&settings.project, &environment, &redactor).unwrap();
    assert_eq!(credentials.get("key").unwrap().expose(), "from-a-variable");
    assert_eq!(credentials.get("secret").unwrap().expose(), "from-the-file");
    // printf from-a-variable:from-the-file | base64
    assert_eq!(redactor.redact("Basic ZnJvbS1hLXZhcmlhYmxlOmZyb20tdGhlLWZpbGU="), "Basic [secret]");
    assert_eq!(main.source_of("key").unwrap(), "the variable `MOBILIZE_KEY`");
}

#[test]
fn under_the_sandbox_every_name_has_a_twin_and_no_credential_is_read() {
    let world = World::with(GOOD);
    let settings = world.load(Mode::Sandbox, Environment::default()).unwrap();
    for connection in settings.connections.values() {
        assert_eq!(connection.at, At::Sandbox, "{}", connection.name);
        let redactor = Redactor::default();
        let none = connection.credentials(&settings.project, &Environment::default(), &redactor).unwrap();
        assert!(none.get("key").is_none() && none.get("secret").is_none());
    }
    assert_eq!(settings.project.store, world.folder.path().join(".beadle/sandbox.db"));
    let bare = World::with("[connections.main]\nplatform = \"mobilize\"\n");
    assert!(bare.load(Mode::Sandbox, Environment::default()).is_ok(), "credentials are not asked for");
}

#[test]
fn a_connection_can_mean_a_community_of_its_own_on_the_sandbox() {
    let of = |name: &str| World::with(&format!("[connections.main]\nplatform = \"mobilize\"\nworld = \"{name}\"\n"));
    let settings = of("second-1").load(Mode::Sandbox, Environment::default()).unwrap();
    assert_eq!(settings.connection("main").unwrap().world.as_deref(), Some("second-1"));
    for wrong in ["Second", "a/b", ""] {
        let error = of(wrong).load(Mode::Sandbox, Environment::default()).unwrap_err().to_string();
        assert!(error.contains("`world`"), "{error}");
    }
}

#[test]
fn without_a_file_only_the_sandbox_runs() {
    let folder = tempfile::tempdir().unwrap();
    let start = |mode| Start {
        file: None,
        folder: folder.path().to_owned(),
        mode,
        connection: None,
        environment: Environment::default(),
    };
    let settings = Settings::load(&start(Mode::Sandbox)).unwrap();
    assert_eq!(settings.default_connection().unwrap().platform.name, "mobilize");
    assert_eq!(settings.connections.len(), 2 * platforms::ALL.len(), "each seeded, and each empty");
    for platform in platforms::ALL {
        let world = |name: &str| settings.connection(name).unwrap().world.clone();
        assert_eq!(world(platform.connection), None);
        assert_eq!(world(&format!("new-{}", platform.connection)).as_deref(), Some("new"));
    }
    let error = Settings::load(&start(Mode::Real)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("there is no beadle.toml in `{}` or a folder above it", folder.path().display())
    );
    assert_eq!(error.next_step(), Some("try it without an account: add --sandbox; or write one: docs/settings.md"));
}

#[test]
fn the_project_is_the_folder_of_the_nearest_file() {
    let world = World::with(GOOD);
    let deep = world.folder.path().join("scripts/lib");
    std::fs::create_dir_all(&deep).unwrap();
    let start =
        Start { file: None, folder: deep, mode: Mode::Real, connection: None, environment: Environment::default() };
    assert_eq!(Settings::load(&start).unwrap().project.folder, world.folder.path());
    let named = Start { file: Some(Path::new("nowhere.toml").into()), ..start };
    assert!(Settings::load(&named).unwrap_err().to_string().starts_with("failed to read the settings `"));
}

#[test]
fn an_unknown_connection_is_named_with_what_was_probably_meant() {
    let settings = load(GOOD).unwrap();
    let error = settings.connection("mian").unwrap_err();
    assert_eq!(error.to_string(), "there is no connection `mian`; did you mean `main`?");
    let error = settings.connection("production").unwrap_err();
    assert_eq!(error.to_string(), "there is no connection `production`; there is `main`, `try-it`");
}

#[test]
fn a_literal_secret_works_with_a_warning_that_does_not_show_it() {
    let text = "[connections.main]\nplatform = \"mobilize\"\nkey = \"env:K\"\nsecret = \"hush-hush\"\n";
    let warnings = load(text).unwrap().warnings;
    assert_eq!(
        warnings,
        [
            "`secret` of `[connections.main]` stands in the settings file in plain text; \"env:NAME\", \"file:PATH\" or a command keeps it out"
        ]
    );
    let local = text.replace("key =", "base_url = \"http://127.0.0.1:8080\"\nkey =");
    assert!(load(&local).unwrap().warnings.is_empty(), "a sandbox's credentials are no secret");
}

#[test]
fn limits_are_read() {
    let text = "[limits.mail]\nper_person = 2\n[limits.script]\ntime = \"90s\"\nmemory = \"64 MiB\"\noperations = 7\n";
    let limits = load(text).unwrap().limits;
    assert_eq!(limits.mail, MailLimits { per_person: 2, ..Limits::default().mail });
    assert_eq!(limits.script.time, Duration::from_secs(90));
    assert_eq!((limits.script.memory, limits.script.operations), (64 << 20, 7));
}

#[test]
fn a_connections_limits_are_stronger_than_the_projects_key_by_key() {
    let text = format!(
        "{GOOD}\n[limits.removals]\npercent = 20\npeople = 30\n[limits.mail]\nquiet = \"20:00-08:00\"\n\
         [connections.main.limits.removals]\npercent = 5\n[connections.main.limits.mail]\nunattended = 2000\nquiet = \"off\"\n"
    );
    let settings = load(&text).unwrap();
    let of = |name: &str| settings.limits_of(settings.connection(name).unwrap());
    let (main, other) = (of("main"), of("try-it"));
    assert_eq!((main.removals.percent, main.removals.people, main.mail.unattended), (5, 30, 2000));
    assert_eq!((other.removals.percent, other.removals.people, other.mail.unattended), (20, 30, 500));
    assert_eq!((main.mail.quiet, other.mail.quiet.unwrap().to_string().as_str()), (None, "20:00-08:00"));
    let environment = Environment::from([("BEADLE_CONNECTIONS__MAIN__LIMITS__REMOVALS__PERCENT", "7")]);
    let settings = World::with(&text).load(Mode::Real, environment).unwrap();
    assert_eq!(settings.limits_of(settings.connection("main").unwrap()).removals.percent, 7);
}

#[test]
fn a_connections_limits_are_checked_where_they_stand() {
    let refused = |below: &str| refused(&format!("{GOOD}\n{below}")).lines().next().unwrap().to_owned();
    assert_eq!(
        refused("[connections.main.limits.removals]\npercnt = 5\n"),
        "beadle.toml:17:1: there is no key `percnt` in `[connections.main.limits.removals]`; did you mean `percent`?"
    );
    assert_eq!(
        refused("[connections.main.limits.script]\ntime = 5\n"),
        "beadle.toml:16:26: there is no key `script` in `[connections.main.limits]`; there is `mail`, `removals`, \
         `overlap`, `changes`, `deletes`, `roles`",
        "a script's limits hold for a run, whatever its connections"
    );
    assert_eq!(
        refused("[limits.mail]\nquiet = \"at night\"\n"),
        "beadle.toml:17:9: `quiet` must be two times of the day such as \"20:00-08:00\", or \"off\""
    );
}

#[test]
fn who_is_protected_and_who_must_be_there_is_named_by_project_and_connection() {
    let text = GOOD
        .replace("[project]\n", "[project]\nprotected = [\"ada@example.org\", \"administrators\"]\n")
        .replace("requests_per_second = 3\n", "protected = [\" 1234 \"]\nsentinel = [\"Canary@example.org\"]\n");
    let settings = load(&text).unwrap();
    let main = settings.connection("main").unwrap();
    assert_eq!(settings.protected_on(main), ["ada@example.org", "administrators", "1234"]);
    assert_eq!(settings.protected_on(settings.connection("try-it").unwrap()), ["ada@example.org", "administrators"]);
    assert_eq!(main.sentinel.iter().map(|email| email.key()).collect::<Vec<_>>(), ["canary@example.org"]);
    let environment = Environment::from([("BEADLE_PROJECT__PROTECTED", "a@example.org, 7")]);
    let settings = World::with(&text).load(Mode::Real, environment).unwrap();
    assert_eq!(settings.project.protected, ["a@example.org", "7"]);
    let wrong = refused(&text.replace("Canary@example.org", "Canary"));
    assert!(wrong.contains("`sentinel` must name addresses: `Canary` is not an e-mail address"), "{wrong}");
    let wrong = refused(&text.replace("[\" 1234 \"]", "[1234]"));
    assert!(wrong.contains("`protected` must be a list of texts in quotes"), "{wrong}");
}

#[test]
fn mails_leave_through_a_program_that_is_named() {
    let text = "[mail]\ncommand = [\"sendmail\", \"-t\"]\nfrom = \"beadle@example.org\"\n";
    let mail = load(text).unwrap().mail;
    assert_eq!(mail.command.unwrap(), ["sendmail", "-t"]);
    assert_eq!(mail.from.as_deref(), Some("beadle@example.org"));
    assert_eq!(load("").unwrap().mail, Mail::default());
    assert!(refused("[mail]\ncommand = []\n").contains("names no program: [\"sendmail\", \"-t\"]"));
    assert!(refused("[mail]\nfrom = \"nobody\"\n").contains("must be an address"));
    assert!(refused("[mail]\nserver = \"x\"\n").contains("there is no key `server` in `[mail]`"));
}

#[test]
fn how_long_messages_wait_for_each_other_is_a_time_or_off() {
    let gather = |text: &str| load(&format!("[notify]\n{text}")).map(|settings| settings.notify.gather.as_secs());
    assert_eq!(gather("").unwrap(), 30);
    assert_eq!(gather("gather = \"1m\"").unwrap(), 60);
    assert_eq!(gather("gather = \"off\"").unwrap(), 0);
    for wrong in ["gather = 0", "gather = \"2h\"", "gather = true", "gather = \"soon\""] {
        let why = gather(wrong).unwrap_err().to_string();
        assert!(why.contains("a length of time such as \"30s\", 1 h at most, or \"off\""), "{wrong}: {why}");
    }
}
