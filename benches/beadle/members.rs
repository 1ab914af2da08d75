//! A roster and the members of a group, as files: of a thousand, 960 are the same, 20 changed, 20 are new and 20 gone.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::json;

use crate::Outcome;

/// Changed, new and gone people of so many rows.
pub fn differences(rows: usize) -> usize {
    rows / 50 * 3
}

/// Writes both files, in different orders.
pub fn write(rows: usize, roster: &Path, members: &Path) -> Outcome {
    let mut out = BufWriter::new(File::create(roster)?);
    out.write_all(b"email,first_name,last_name,city,member_number\n")?;
    let mut line = String::new();
    for n in 0..rows {
        line.clear();
        let city = if n % 50 == 1 { "Elsewhere" } else { "Berlin" };
        let who = if n % 50 == 2 { "new" } else { "person" };
        writeln!(line, "{who}{n}@community.example,Ada{n},Lovelace,{city},{n}")?;
        out.write_all(line.as_bytes())?;
    }
    out.flush()?;
    let mut out = BufWriter::new(File::create(members)?);
    for n in (0..rows).rev() {
        let row = json!({
            "id": n + 1,
            "email": format!("Person{n}@community.example"),
            "name": format!("Ada{n} Lovelace"),
            "first_name": format!("Ada{n}"),
            "last_name": "Lovelace",
            "is_registered": n % 2 == 0,
            "created_at": 1_700_000_000_000_u64,
            "fields": { "city": "Berlin", "member_number": n.to_string() },
            "groups": [{ "id": 12, "status": "accepted", "is_admin": false, "last_invited_in": null }],
        });
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
