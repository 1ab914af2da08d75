//! What an attempt finds of the attempts before it: per subject, the writes that took hold, in their order.
//! They are matched one after the other; the first that differs supersedes the rest. So add, remove, add in one run
//! stay three effects, a value that went there and back ends where the script says, and an edited script is followed.

/// One earlier write to a subject. Writes that failed took no hold and are not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Past {
    /// The effect's row; rows are in the order in which they were begun.
    pub(super) effect: i64,
    /// Its operation and its part of the request.
    pub(super) meaning: (String, String),
    /// Whether it is known to have happened (or is queued), rather than in doubt.
    pub(super) settled: bool,
}

/// What the next write to a subject finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The same write: it needs no second call.
    Same(i64),
    /// The same write, and nobody knows whether it happened.
    Doubt(i64),
    /// Another write, or none: it is sent, and what stood there is superseded.
    New {
        /// Rows that are no longer what the script asks for.
        superseded: Vec<i64>,
    },
}

/// Looks at the first of `past` that is later than `matched`, the row that the write before this one has matched.
pub(super) fn next(past: &[Past], matched: i64, meaning: (&str, &str)) -> Found {
    let rest = past.iter().skip_while(|one| one.effect <= matched);
    let mut rest = rest.peekable();
    match rest.peek() {
        Some(one) if (one.meaning.0.as_str(), one.meaning.1.as_str()) == meaning => match one.settled {
            true => Found::Same(one.effect),
            false => Found::Doubt(one.effect),
        },
        _ => Found::New { superseded: rest.map(|one| one.effect).collect() },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

    use super::*;

    fn past(effect: i64, word: &str) -> Past {
        Past { effect, meaning: (word.to_owned(), String::new()), settled: true }
    }

    /// Runs a script's writes to one subject against what is past; returns what is sent, and what took hold in the end.
    fn rerun(past: &mut Vec<Past>, script: &[&str]) -> Vec<String> {
        let (mut matched, mut sent) = (0, Vec::new());
        for word in script {
            match next(past, matched, (word, "")) {
                Found::Same(effect) => matched = effect,
                Found::Doubt(_) => unreachable!("nothing here is in doubt"),
                Found::New { superseded } => {
                    past.retain(|one| !superseded.contains(&one.effect));
                    let effect = past.last().map_or(1, |one| one.effect + 1).max(matched + 1);
                    past.push(super::tests::past(effect, word));
                    matched = effect;
                    sent.push((*word).to_owned());
                }
            }
        }
        sent
    }

    #[test]
    fn add_remove_add_in_one_run_is_three_effects_and_a_rerun_sends_none() {
        let mut past = Vec::new();
        assert_eq!(rerun(&mut past, &["add", "remove", "add"]), ["add", "remove", "add"]);
        assert!(rerun(&mut past, &["add", "remove", "add"]).is_empty());
    }

    #[test]
    fn the_first_difference_supersedes_the_rest() {
        let mut past = vec![past(1, "x"), past(2, "y"), past(3, "z")];
        assert_eq!(rerun(&mut past, &["x", "other", "z"]), ["other", "z"]);
        assert!(rerun(&mut past, &["x", "other", "z"]).is_empty(), "the next attempt follows the edited script");
    }

    #[test]
    fn a_failed_write_that_works_now_is_followed_by_what_came_after_it() {
        // `set x` had failed, `set y` had worked: sent alone, `set x` would win.
        let mut past = vec![past(2, "set y")];
        assert_eq!(rerun(&mut past, &["set x", "set y"]), ["set x", "set y"]);
    }

    #[test]
    fn a_doubt_is_found_in_its_place() {
        let past = [past(1, "x"), Past { settled: false, ..past(2, "y") }];
        assert_eq!(next(&past, 0, ("x", "")), Found::Same(1));
        assert_eq!(next(&past, 1, ("y", "")), Found::Doubt(2));
        assert_eq!(next(&past, 1, ("z", "")), Found::New { superseded: vec![2] });
    }

    fn script() -> impl Strategy<Value = Vec<&'static str>> {
        prop::collection::vec(prop_oneof![Just("add"), Just("remove"), Just("set")], 0..12)
    }

    proptest! {
        #[test]
        fn after_any_cut_a_rerun_sends_exactly_what_is_missing(script in script(), cut in any::<prop::sample::Index>()) {
            let mut past = Vec::new();
            let before = rerun(&mut past, &script[..cut.index(script.len() + 1)]);
            let after = rerun(&mut past, &script);
            let sent: Vec<_> = before.into_iter().chain(after).collect();
            assert_eq!(sent, script, "each write exactly once, in the script's order");
        }

        #[test]
        fn an_edited_script_ends_at_what_it_says_and_a_third_attempt_is_silent(old in script(), new in script()) {
            let mut past = Vec::new();
            rerun(&mut past, &old);
            let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
            assert_eq!(rerun(&mut past, &new), new[same..]);
            assert!(rerun(&mut past, &new).is_empty());
        }
    }
}
