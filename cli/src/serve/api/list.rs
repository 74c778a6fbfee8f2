//! A list that was dropped into the page: read as CSV, looked through by a dry run, then delivered in batches.
//!
//! The function gets what Step Functions would bring it, see section "Lists" of the book.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::support::fake_tiktok::Audience;
use crate::world::ADVERTISER;

use super::record::Origin;
use super::refusal::Refusal;
use super::{Sandbox, load};

/// As many rows as a batch of the state machine has.
const BATCH: usize = 500;
/// The most rejected rows that are named.
const MOST_NAMED: usize = 200;
/// What a header has in it, in lower case without signs, by the column that it means; the first that fits.
const HINTS: [(&str, &[&str]); 5] = [
    ("email", &["email", "mail"]),
    ("phone", &["phone", "mobile", "cell", "telephone"]),
    ("idfa", &["idfa"]),
    ("aaid", &["aaid", "gaid", "advertisingid"]),
    ("country", &["country"]),
];

/// A file, and what is to be done with its people.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// The file's text: CSV with a line of headers, between commas, semicolons or tabs.
    text: String,
    /// `add` or `remove`.
    action: String,
    audience_name: String,
    /// Of numbers without a country code.
    #[serde(default)]
    country: String,
    /// The file's header of each column; those that are not given are guessed.
    #[serde(default)]
    columns: BTreeMap<String, String>,
}

/// A file that has been read.
struct File {
    headers: Vec<String>,
    rows: Vec<Value>,
}

impl File {
    fn read(text: &str) -> Result<Self, Refusal> {
        let text = text.trim_start_matches('\u{feff}');
        let first = text.lines().next().unwrap_or_default();
        let count = |sign: u8| first.bytes().filter(|byte| *byte == sign).count();
        let delimiter =
            [b',', b';', b'\t'].into_iter().max_by_key(|sign| (count(*sign), *sign == b',')).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let unreadable = |error: csv::Error| Refusal::new(422, format!("the file cannot be read as CSV: {error}"));
        let headers: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for (number, record) in (1_u64..).zip(reader.records()) {
            let record = record.map_err(unreadable)?;
            let mut row: Map<_, _> = headers.iter().cloned().zip(record.iter().map(Value::from)).collect();
            row.insert("_row".to_owned(), number.into());
            rows.push(Value::Object(row));
        }
        if rows.is_empty() {
            return Err(Refusal::new(422, "the file has no rows below its headers"));
        }
        Ok(Self { headers, rows })
    }

    /// The header of each column: as chosen, else by its words.
    fn columns(&self, chosen: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        if !chosen.is_empty() {
            return chosen.clone();
        }
        let plain = |header: &str| -> String {
            header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let header_of = |words: &[&str]| {
            self.headers.iter().find(|header| words.iter().any(|word| plain(header).contains(word))).cloned()
        };
        HINTS.iter().filter_map(|(column, words)| Some(((*column).to_owned(), header_of(words)?))).collect()
    }
}

/// A batch as the state machine would bring it.
fn payload(rows: &[Value], order: &Order, columns: &BTreeMap<String, String>, dry_run: bool) -> String {
    let mut input = json!({
        "action": order.action,
        "audience_name": order.audience_name,
        "advertiser_id": ADVERTISER,
        "columns": columns,
        "dry_run": dry_run,
    });
    if !order.country.is_empty() {
        input["country"] = order.country.as_str().into();
    }
    json!({ "Items": rows, "BatchInput": input }).to_string()
}

/// What would become of the rows; nothing is sent and nothing recorded.
pub(crate) async fn preview(sandbox: &Sandbox, order: &Order) -> Result<Value, Refusal> {
    let file = File::read(&order.text)?;
    let columns = file.columns(&order.columns);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut reasons, mut left_out) = (BTreeMap::new(), BTreeMap::new());
    let mut rejected_rows: Vec<Value> = Vec::new();
    for rows in file.rows.chunks(BATCH) {
        let ended = sandbox.function.invoke(payload(rows, order, &columns, true)).await.ok_or_else(Refusal::gone)?;
        let reply = ended.map_err(|error| Refusal::new(422, error.error_message))?;
        let reply: Value = serde_json::from_str(&reply).unwrap_or_default();
        for key in ["rows", "usable", "duplicates", "rejected", "skipped"] {
            *counts.entry(key).or_default() += reply[key].as_u64().unwrap_or_default();
        }
        add(&mut reasons, &reply["reasons"]);
        add(&mut left_out, &reply["left_out"]);
        let room = MOST_NAMED.saturating_sub(rejected_rows.len());
        rejected_rows.extend(reply["rejected_rows"].as_array().into_iter().flatten().take(room).cloned());
    }
    let mut preview = json!(counts);
    preview["headers"] = json!(file.headers);
    preview["columns"] = json!(columns);
    preview["reasons"] = json!(reasons);
    preview["left_out"] = json!(left_out);
    preview["rejected_rows"] = rejected_rows.into();
    Ok(preview)
}

fn add(sums: &mut BTreeMap<String, u64>, counts: &Value) {
    for (key, count) in counts.as_object().into_iter().flatten() {
        *sums.entry(key.clone()).or_default() += count.as_u64().unwrap_or_default();
    }
}

/// Delivers the rows, and goes on without its caller; an audience that is not there is made.
pub(crate) fn deliver(sandbox: &Arc<Sandbox>, order: Order) -> Result<Value, Refusal> {
    let file = File::read(&order.text)?;
    let columns = file.columns(&order.columns);
    if sandbox.world.tiktok.audiences_named(&order.audience_name).is_empty() {
        sandbox.world.tiktok.add_audience(Audience::new(ADVERTISER, &order.audience_name));
    }
    let count = file.rows.len();
    let mut rows = file.rows.into_iter();
    let batches = std::iter::from_fn(move || {
        let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
        (!batch.is_empty()).then(|| (batch.len(), payload(&batch, &order, &columns, false)))
    });
    load::run(sandbox, count, BATCH, Origin::List, batches)?;
    Ok(json!({ "rows": count }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_guessed_by_their_words_whatever_the_delimiter() {
        for text in ["E-Mail Address,Mobile No.,Plan\na,b,c", "\u{feff}E-Mail Address;Mobile No.;Plan\r\na;b;c\r\n"] {
            let file = File::read(text).unwrap();
            let columns = file.columns(&BTreeMap::new());
            let expected = [("email", "E-Mail Address"), ("phone", "Mobile No.")];
            assert_eq!(columns, expected.map(|(column, header)| (column.to_owned(), header.to_owned())).into());
            assert_eq!(file.rows, [json!({ "E-Mail Address": "a", "Mobile No.": "b", "Plan": "c", "_row": 1 })]);
        }
    }

    #[test]
    fn a_quoted_line_break_is_no_row_and_an_empty_file_is_refused() {
        assert_eq!(File::read("email\n\"a\nb\"\n").unwrap().rows.len(), 1);
        assert!(File::read("email\n").is_err() && File::read("").is_err());
    }
}
