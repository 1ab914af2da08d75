//! A member as a sync wants it: which column of a file goes where, what each value must be, and what to type instead.

use serde_json::{Map, Value, json};

use super::states::state_code;
use crate::catalog::{Column, Failure, Side, Whole, Wrong};
use crate::model::Email;

const fn column(name: &'static str, at: &'static str, also: &'static [&'static str]) -> Column {
    Column { name, at, also, tidy: str::to_owned }
}

/// Everybody of a group, handed over at once.
pub const WHOLE: Whole = Whole {
    group: "group_id",
    rows: "members",
    key: "reference_id",
    columns: &[
        column("reference_id", "/reference_id", &["reference", "employeeid", "memberid", "externalid", "id"]),
        column("first_name", "/first_name", &[]),
        column("last_name", "/last_name", &[]),
        column("date_of_birth", "/date_of_birth", &["dob", "birthdate", "dateofbirthyyyymmdd", "birthday"]),
        column("plan_id", "/plan_id", &["plan"]),
        Column {
            name: "phone",
            at: "/phone",
            also: &["phonenumber", "mobile", "mobilephone", "cellphone", "telephone"],
            tidy: digits,
        },
        column("email", "/email", &[]),
        column("address_line_1", "/address/address_line_1", &["address", "address1", "street", "streetaddress"]),
        column("address_line_2", "/address/address_line_2", &["address2", "apartment", "unit"]),
        column("city", "/address/city", &["town"]),
        Column { name: "state", at: "/address/state", also: &["statecode"], tidy: letters },
        column("zipcode", "/address/zipcode", &["zip", "postalcode", "postcode"]),
    ],
    wrong,
    name,
    failures,
    keep,
    counts,
    costs: "loses their plan",
};

const LONGEST_REFERENCE: usize = 255;

/// What is wrong with a member, column by column.
fn wrong(row: &Map<String, Value>) -> Vec<Wrong> {
    let row = Value::Object(row.clone());
    let said = WHOLE.columns.iter().filter_map(|column| {
        let text = row.pointer(column.at).and_then(Value::as_str).unwrap_or_default().trim();
        let why = match text.is_empty() {
            true => missing(column.name),
            false => misfit(column.name, text),
        };
        why.map(|why| Wrong { column: column.name, why })
    });
    said.collect()
}

fn missing(column: &str) -> Option<String> {
    let type_ = match column {
        "phone" | "email" | "address_line_2" => return None,
        "reference_id" => "type the person's id in your own system",
        "date_of_birth" => "type it as year-month-day, like `1990-05-15`",
        "plan_id" => "type a plan's id; `plans.list()` names them",
        "state" => "type the state's two letters, like `PA`",
        "zipcode" => "type five digits, or nine with a dash, like `15222-1234`",
        _ => "Vitable wants it for everybody",
    };
    Some(format!("it is empty; {type_}"))
}

fn misfit(column: &str, text: &str) -> Option<String> {
    match column {
        "reference_id" if text.chars().count() > LONGEST_REFERENCE => {
            Some(format!("it is {} characters long; at most {LONGEST_REFERENCE} are taken", text.chars().count()))
        }
        "date_of_birth" => date(text),
        "state" => state(text),
        "zipcode" => zipcode(text),
        "phone" => phone(text),
        "email" => Email::parse(text).err().map(|error| error.to_string()),
        _ => None,
    }
}

fn date(text: &str) -> Option<String> {
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    match (form, text.parse::<jiff::civil::Date>()) {
        (false, _) => {
            Some(format!("`{text}` is no date as Vitable writes them; type year-month-day, like `1990-05-15`"))
        }
        (true, Err(_)) => {
            Some(format!("`{text}` is a day that no calendar has; type year-month-day, like `1990-05-15`"))
        }
        (true, Ok(date)) if date.year() < 1900 => Some(format!("`{text}` is before 1900; type the whole year")),
        (true, Ok(_)) => None,
    }
}

fn state(text: &str) -> Option<String> {
    match state_code(text) {
        Some(code) if code == text => None,
        Some(code) => Some(format!("`{text}` is not a state's two letters; type `{code}`")),
        None => Some(format!("`{text}` is no state of the USA; type its two letters, like `PA`")),
    }
}

fn zipcode(text: &str) -> Option<String> {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let nine = |text: &str| text.split_once('-').is_some_and(|(five, four)| digits(five, 5) && digits(four, 4));
    match () {
        () if digits(text, 5) || nine(text) => None,
        // A spreadsheet takes the zeros off that a number does not begin with.
        () if digits(text, 3) || digits(text, 4) => Some(format!("`{text}` lacks its first digits; type `{text:0>5}`")),
        () if digits(text, 9) => Some(format!("`{text}` lacks its dash; type `{}-{}`", &text[..5], &text[5..])),
        () => Some(format!("`{text}` is no zip code; type five digits, or nine with a dash, like `15222-1234`")),
    }
}

fn phone(text: &str) -> Option<String> {
    let (plus, number) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
    let long = if plus { 8..=15 } else { 10..=11 };
    let whole = number.bytes().all(|byte| byte.is_ascii_digit()) && long.contains(&number.len());
    let country = plus || number.len() == 10 || number.starts_with('1');
    (!(whole && country)).then(|| {
        format!(
            "`{text}` is no phone number; type ten digits, like `5555550101`, or `+` and the country's number first"
        )
    })
}

/// What people put between digits is taken out; other signs stay, and are complained of.
fn digits(cell: &str) -> String {
    cell.chars().filter(|sign| !matches!(sign, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}')).collect()
}

/// `pa` is `PA`; a whole name stays as it is, and is complained of.
fn letters(cell: &str) -> String {
    if cell.len() == 2 { cell.to_uppercase() } else { cell.to_owned() }
}

/// `E7 Ada Lovelace`
fn name(row: &Value) -> String {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().trim();
    let parts = ["reference_id", "first_name", "last_name"].map(text);
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whom the end of a sync names as not done.
fn failures(answer: &Value) -> Vec<Failure> {
    let rows = answer.pointer("/results/failures").and_then(Value::as_array).into_iter().flatten();
    let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let failure = |row: &Value| Failure {
        key: text(row, "reference_id"),
        side: match text(row, "operation").to_lowercase().as_str() {
            "add" => Side::Add,
            "remove" => Side::Remove,
            other => Side::Other(other.to_owned()),
        },
        reason: Some(text(row, "reason")).filter(|why| !why.is_empty()).unwrap_or("no reason is given".into()),
    };
    rows.map(failure).collect()
}

/// Ids of members can be asked for nowhere: only what failed matters later.
fn keep(mut answer: Value) -> Value {
    let failures = answer.pointer("/results/failures").cloned();
    if let Some(failures) = failures {
        answer["results"] = json!({ "failures": failures });
    }
    answer
}

fn counts(answer: &Value) -> Option<(usize, usize)> {
    let count = |name: &str| Some(answer.get("results")?.get(name)?.as_array()?.len());
    Some((count("added_group_member_ids")?, count("removed_group_member_ids")?))
}
