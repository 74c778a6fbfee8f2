//! A list that was dropped into the page: read as CSV, looked through by a dry run, then delivered in batches.
//!
//! The function gets what Step Functions would bring it, see section "Lists" of the book.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tiktok_audiences::actions::{Columns, Meaning};

use crate::list::{CsvRows, Row, in_words};
use crate::support::fake_tiktok::Audience;
use crate::world::ADVERTISER;

use super::record::Origin;
use super::refusal::Refusal;
use super::{Sandbox, load};

/// As many rows as a batch of the state machine has.
const BATCH: usize = 500;
/// The most rejected rows that are named.
const MOST_NAMED: usize = 200;
/// Other names and words of headers, in lower case, by the column that they mean.
const HINTS: [(&str, &[&str]); 5] = [
    ("email", &["email", "mail", "emailaddress"]),
    ("phone", &["phone", "mobile", "cell", "telephone", "phonenumber", "mobilenumber"]),
    ("idfa", &["idfa"]),
    ("aaid", &["aaid", "gaid", "advertisingid"]),
    ("country", &["country", "countrycode"]),
];
/// Words of headers that say something about an identifier and are none, such as `email_opt_in`.
const ABOUT: [&str; 8] = ["opt", "optin", "consent", "subscribed", "status", "verified", "date", "at"];
const NOBODY: &str = "none of the columns says who is meant: choose which one holds email, phone, idfa or aaid";

/// A file, and what is to be done with its people.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// The file's text: CSV with a line of headers, read as by `tta list`.
    text: String,
    /// `add` or `remove`.
    action: String,
    audience_name: String,
    /// Of numbers without a country code.
    #[serde(default)]
    country: String,
    /// The file's header of each column; guessed where they are not given.
    #[serde(default)]
    columns: Option<BTreeMap<String, String>>,
}

/// A file that has been read.
#[derive(Debug)]
struct File {
    headers: Vec<String>,
    /// A row that has more or fewer values than the header is null.
    rows: Vec<Value>,
}

impl File {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut read = CsvRows::open(text.as_bytes()).map_err(|error| Refusal::new(422, error.to_string()))?;
        let headers: Vec<_> = read.header().iter().map(str::to_owned).collect();
        if let Some(header) = twice(&headers) {
            return Err(Refusal::new(422, format!("two columns are called `{header}`: give each a name of its own")));
        }
        let mut rows = Vec::new();
        while let Some(next) = read.next().map_err(|error| Refusal::new(422, error.to_string()))? {
            rows.push(match next {
                Row::Values(values) => row(&headers, values, rows.len() + 1),
                Row::Json(_) | Row::Broken => Value::Null,
            });
        }
        if rows.is_empty() {
            return Err(Refusal::new(422, "the file has no rows below its headers"));
        }
        Ok(Self { headers: headers.into_iter().filter(|header| !header.is_empty()).collect(), rows })
    }

    /// The header of each column: as chosen, else guessed, each header once. A name of the column comes before other
    /// names, and those before words.
    fn columns(&self, chosen: Option<&BTreeMap<String, String>>) -> BTreeMap<String, String> {
        if let Some(chosen) = chosen {
            return chosen.clone();
        }
        let mut columns = BTreeMap::new();
        for likeness in [Likeness::Name, Likeness::OtherName, Likeness::Word] {
            for (column, hints) in HINTS {
                let is_free = |header: &&String| !columns.values().any(|taken| taken == *header);
                let fits = |header: &&String| Likeness::of(header, column, hints) == Some(likeness);
                let found = self.headers.iter().filter(is_free).find(fits).cloned();
                if let (Some(header), false) = (found, columns.contains_key(column)) {
                    columns.insert(column.to_owned(), header);
                }
            }
        }
        columns
    }
}

/// How a header says which column it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    /// By the name that every list knows.
    Name,
    /// By another name.
    OtherName,
    /// By one of its words.
    Word,
}

impl Likeness {
    fn of(header: &str, column: &str, hints: &[&str]) -> Option<Self> {
        let words = words(header);
        let has = |some: &[&str]| words.iter().any(|word| some.contains(&word.as_str()));
        if Columns::default().meaning(header).is_some_and(|meaning| Meaning::named(column) == Some(meaning)) {
            Some(Self::Name)
        } else if hints.contains(&words.concat().as_str()) {
            Some(Self::OtherName)
        } else {
            (has(hints) && !has(&ABOUT)).then_some(Self::Word)
        }
    }
}

/// The first header that is there before; blank ones are no columns.
fn twice(headers: &[String]) -> Option<&String> {
    let mut known = BTreeSet::new();
    headers.iter().filter(|header| !header.is_empty()).find(|header| !known.insert(header.as_str()))
}

fn row(headers: &[String], record: &csv::StringRecord, number: usize) -> Value {
    let values = headers.iter().zip(record).filter(|(header, _)| !header.is_empty());
    let mut row: Map<_, _> = values.map(|(header, value)| (header.clone(), value.into())).collect();
    row.insert("_row".to_owned(), number.into());
    Value::Object(row)
}

/// The words of a header in lower case: `E-Mail Address` has three, `emailAddress` two.
fn words(header: &str) -> Vec<String> {
    let (mut words, mut was_lower) = (vec![String::new()], false);
    for character in header.chars() {
        let is_start = was_lower && character.is_uppercase();
        if is_start || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        was_lower = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether any of the columns can identify a person.
fn can_identify(columns: &BTreeMap<String, String>) -> bool {
    columns.keys().any(|column| column != "country")
}

/// A batch as the state machine would bring it; a broken row has its number by its place.
fn payload(
    rows: &[Value],
    first_row: usize,
    order: &Order,
    columns: &BTreeMap<String, String>,
    dry_run: bool,
) -> String {
    let mut input = json!({
        "action": order.action,
        "audience_name": order.audience_name,
        "advertiser_id": ADVERTISER,
        "columns": columns,
        "dry_run": dry_run,
        "first_row": first_row,
    });
    if !order.country.is_empty() {
        input["country"] = order.country.as_str().into();
    }
    json!({ "Items": rows, "BatchInput": input }).to_string()
}

/// What would become of the rows; nothing is sent and nothing recorded. Where it can't be said, `problem` says why, so
/// that other columns can be chosen.
pub(crate) async fn preview(sandbox: &Sandbox, order: &Order) -> Result<Value, Refusal> {
    let file = File::read(&order.text)?;
    let columns = file.columns(order.columns.as_ref());
    let tried = if can_identify(&columns) {
        tried(sandbox, order, &file.rows, &columns).await?
    } else {
        Err(NOBODY.to_owned())
    };
    let mut preview = tried.unwrap_or_else(|problem| {
        let mut nothing = Totals::default().json();
        nothing["rows"] = file.rows.len().into();
        nothing["problem"] = problem.into();
        nothing
    });
    preview["headers"] = json!(file.headers);
    preview["columns"] = json!(columns);
    Ok(preview)
}

/// What the function says of rows in a dry run; or why it refuses the list.
async fn tried(
    sandbox: &Sandbox,
    order: &Order,
    rows: &[Value],
    columns: &BTreeMap<String, String>,
) -> Result<Result<Value, String>, Refusal> {
    let mut totals = Totals::default();
    for (batch, rows) in rows.chunks(BATCH).enumerate() {
        let payload = payload(rows, batch * BATCH + 1, order, columns, true);
        match sandbox.function.invoke(payload).await.ok_or_else(Refusal::gone)? {
            Ok(reply) => totals.add(&serde_json::from_str(&reply).unwrap_or_default()),
            Err(error) => return Ok(Err(in_words(&error.error_message))),
        }
    }
    Ok(Ok(totals.json()))
}

/// The sums over the replies to all batches.
#[derive(Debug, Default)]
struct Totals {
    counts: BTreeMap<String, u64>,
    reasons: BTreeMap<String, u64>,
    left_out: BTreeMap<String, u64>,
    rejected_rows: Vec<Value>,
}

const COUNTS: [&str; 5] = ["rows", "usable", "duplicates", "rejected", "skipped"];

impl Totals {
    fn add(&mut self, reply: &Value) {
        for key in COUNTS {
            *self.counts.entry(key.to_owned()).or_default() += reply[key].as_u64().unwrap_or_default();
        }
        add(&mut self.reasons, &reply["reasons"]);
        add(&mut self.left_out, &reply["left_out"]);
        let room = MOST_NAMED.saturating_sub(self.rejected_rows.len());
        self.rejected_rows.extend(reply["rejected_rows"].as_array().into_iter().flatten().take(room).cloned());
    }

    fn json(&self) -> Value {
        let mut totals =
            json!({ "reasons": self.reasons, "left_out": self.left_out, "rejected_rows": self.rejected_rows });
        for key in COUNTS {
            totals[key] = self.counts.get(key).copied().unwrap_or_default().into();
        }
        totals
    }
}

fn add(sums: &mut BTreeMap<String, u64>, counts: &Value) {
    for (key, count) in counts.as_object().into_iter().flatten() {
        *sums.entry(key.clone()).or_default() += count.as_u64().unwrap_or_default();
    }
}

/// Delivers the rows, and goes on without its caller. What the function refuses is refused here, before anything is sent;
/// an audience that is not there is made to add people to.
pub(crate) async fn deliver(sandbox: &Arc<Sandbox>, order: Order) -> Result<Value, Refusal> {
    if order.audience_name.trim().is_empty() {
        return Err(Refusal::new(400, "audience_name is blank"));
    }
    let file = File::read(&order.text)?;
    let columns = file.columns(order.columns.as_ref());
    if !can_identify(&columns) {
        return Err(Refusal::new(422, NOBODY));
    }
    let first = file.rows.get(..BATCH).unwrap_or(&file.rows);
    if let Err(problem) = tried(sandbox, &order, first, &columns).await? {
        return Err(Refusal::new(422, problem));
    }
    let name = order.audience_name.trim();
    if sandbox.world.tiktok.audiences_named(name).is_empty() {
        if order.action != "add" {
            return Err(Refusal::new(422, "there is no audience of this name to remove people from"));
        }
        sandbox.world.tiktok.add_audience(Audience::new(ADVERTISER, name));
    }
    let count = file.rows.len();
    let mut rows = file.rows.into_iter();
    let first_rows = (1..).step_by(BATCH);
    let batches = first_rows.map_while(move |first_row| {
        let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
        (!batch.is_empty()).then(|| (batch.len(), payload(&batch, first_row, &order, &columns, false)))
    });
    load::run(sandbox, count, BATCH, Origin::List, batches)?;
    Ok(json!({ "rows": count }))
}

#[cfg(test)]
mod tests;
