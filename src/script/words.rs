//! The words of the engine in the words of people: names of types, and "did you mean".

/// A type's name as scripts know it.
pub(crate) fn kind(type_name: &str) -> String {
    let name = match type_name {
        "i64" | "INT" => "int",
        "f64" | "FLOAT" => "float",
        "&str | ImmutableString | String" | "&str" | "ImmutableString" | "String" => "string",
        "Fn" | "FnPtr" => "function",
        "Array" | "rhai::Array" | "Vec<Dynamic>" | "Vec<rhai::Dynamic>" => "array",
        "Map" | "rhai::Map" => "map",
        "Blob" | "Vec<u8>" => "blob",
        "Dynamic" | "rhai::Dynamic" | "?" => "any",
        name if name.contains("Range") => "range",
        name if name.contains("Instant") => "timestamp",
        name => name.rsplit("::").next().unwrap_or(name),
    };
    match name {
        "Later" => super::later::TYPE.to_owned(),
        "Noun" | "Connection" | "Time" | "List" => name.to_lowercase(),
        _ => name.trim_start_matches("&mut ").to_owned(),
    }
}

/// The nearest of the known names, if one is near enough to be meant.
pub(crate) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |name: &&str| {
        let distance = strsim::damerau_levenshtein(name, unknown);
        (distance <= name.chars().count().div_ceil(3)).then_some(distance)
    };
    known.into_iter().filter_map(|name| near(&name).map(|distance| (distance, name))).min().map(|(_, name)| name)
}

/// `; did you mean `list`?`, or nothing.
pub(crate) fn did_you_mean<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(unknown, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// `; did you mean `list`?`, or what there is instead: `; it has `list` and `get``.
pub(crate) fn instead(unknown: &str, known: &[&str]) -> String {
    match nearest(unknown, known.iter().copied()) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => format!("; it has {}", listed(known)),
    }
}

/// `` `a`, `b` and `c` ``
pub(crate) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => "nothing".into(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// `an int`, `a string`, `` `()` ``
pub(crate) fn with_article(kind: &str) -> String {
    match kind {
        "()" => "`()`".into(),
        super::later::TYPE => format!("a value that is {kind}"),
        _ if kind.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(nearest("lst", ["list", "get"]), Some("list"));
        assert_eq!(nearest("frobnicate", ["list", "get"]), None);
        assert_eq!(nearest("gte", ["list", "get"]), Some("get"));
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn types_are_named_as_scripts_know_them() {
        assert_eq!(kind("&str | ImmutableString | String"), "string");
        assert_eq!(kind("i64"), "int");
        assert_eq!(kind("core::ops::range::Range<i64>"), "range");
    }
}
