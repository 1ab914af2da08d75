//! What somebody would write with reqwest and nothing of ours: a loop that asks for a page, writes its rows and goes on.

use std::fs::File;
use std::io::{BufWriter, Write};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Outcome;

/// The plainest loop: every page becomes a tree of values.
#[tokio::main]
pub async fn export(arguments: &[String]) -> Outcome {
    let (base_url, out) = places(arguments)?;
    let client = reqwest::Client::new();
    let mut out = BufWriter::new(File::create(out)?);
    let mut url = format!("{base_url}/activities?limit=50");
    loop {
        let body = client.get(&url).basic_auth("key", Some("secret")).send().await?.error_for_status()?.bytes().await?;
        let page: Value = serde_json::from_slice(&body)?;
        let rows = page["activites"].as_array().ok_or("no rows")?;
        let Some(last) = rows.last() else { break };
        for row in rows {
            serde_json::to_writer(&mut out, row)?;
            out.write_all(b"\n")?;
        }
        url = format!("{base_url}/activities?limit=50&last_activity_id={}", last["id"]);
    }
    Ok(out.flush()?)
}

/// The least that can be done over reqwest: rows are cut out of the page and written as they came.
#[tokio::main]
pub async fn passing(arguments: &[String]) -> Outcome {
    #[derive(Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        activites: Vec<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Last {
        id: u64,
    }
    let (base_url, out) = places(arguments)?;
    let client = reqwest::Client::new();
    let mut out = BufWriter::new(File::create(out)?);
    let mut url = format!("{base_url}/activities?limit=50");
    loop {
        let body = client.get(&url).basic_auth("key", Some("secret")).send().await?.error_for_status()?.bytes().await?;
        let page: Page<'_> = serde_json::from_slice(&body)?;
        let Some(last) = page.activites.last() else { break };
        for row in &page.activites {
            out.write_all(row.get().as_bytes())?;
            out.write_all(b"\n")?;
        }
        let last: Last = serde_json::from_str(last.get())?;
        url = format!("{base_url}/activities?limit=50&last_activity_id={}", last.id);
    }
    Ok(out.flush()?)
}

fn places(arguments: &[String]) -> Outcome<(&str, &str)> {
    match arguments {
        [base_url, out] => Ok((base_url, out)),
        _ => Err("it needs an address and a file".into()),
    }
}
