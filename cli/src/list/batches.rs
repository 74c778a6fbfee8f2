//! From rows to batches: the envelopes of a Distributed Map, made on a thread of their own while the last one is under
//! way.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde_json::{Map, Value};
use tiktok_audiences::actions::{Columns, Meaning};

use super::file::{FileError, Row, Rows};

/// Rows of a batch: what one call to TikTok takes.
const MOST_ROWS: u64 = 1_000;
/// Bytes of its rows; an invocation takes 6 MB.
const MOST_BYTES: usize = 4_000_000;
/// Batches that wait.
const WAITING: usize = 2;

/// A batch that is ready.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The envelope.
    pub(crate) payload: String,
    /// How many rows it has.
    pub(crate) rows: u64,
    /// The number of its first row.
    pub(crate) first_row: u64,
}

/// Which columns of a file say who is meant.
#[derive(Clone, Debug)]
pub(crate) struct Recognised {
    /// Their positions and headers, with what they hold.
    pub(crate) columns: Vec<(usize, String, &'static str)>,
    /// The other headers.
    pub(crate) ignored: Vec<String>,
}

impl Recognised {
    /// Looks through a header; `named` are the columns that the command line names.
    pub(crate) fn of(header: &[String], named: &[(String, String)]) -> Self {
        let own: Vec<_> =
            named.iter().filter_map(|(kind, name)| Some((name.as_str().into(), Meaning::named(kind)?))).collect();
        let columns = if own.is_empty() { Columns::default() } else { Columns::of(own) };
        let mut found = Self { columns: Vec::new(), ignored: Vec::new() };
        for (position, name) in header.iter().enumerate() {
            let meaning = columns.meaning(name);
            match Meaning::NAMED.into_iter().find(|(_, known)| Some(*known) == meaning) {
                Some((kind, _)) => found.columns.push((position, name.clone(), kind)),
                None => found.ignored.push(name.clone()),
            }
        }
        found
    }

    /// Whether any of them can identify a person.
    pub(crate) fn can_identify(&self) -> bool {
        self.columns.iter().any(|(_, _, kind)| *kind != "country")
    }

    /// The argument `columns` of a batch. Records of JSON may each have other members, so that it is theirs only as far
    /// as the command line names them.
    pub(crate) fn argument(&self) -> Value {
        let mut argument = Map::new();
        for (_, name, kind) in &self.columns {
            let names = argument.entry(*kind).or_insert_with(|| Value::Array(Vec::new()));
            names.as_array_mut().into_iter().for_each(|names| names.push(name.as_str().into()));
        }
        argument.into()
    }
}

/// Reads a file from a row on, and hands on its batches.
pub(crate) fn read(
    path: PathBuf,
    recognised: Recognised,
    input: Map<String, Value>,
    from: u64,
) -> Receiver<Result<Batch, FileError>> {
    let (sender, receiver) = sync_channel(WAITING);
    thread::spawn(move || {
        let mut failed = None;
        if let Err(error) = each(&path, &recognised, &input, from, |batch| sender.send(Ok(batch)).is_ok()) {
            failed = Some(error);
        }
        if let Some(error) = failed {
            // Whoever waited for it may have gone.
            let _unheard = sender.send(Err(error));
        }
    });
    receiver
}

/// Hands on each batch until nobody takes them.
fn each(
    path: &Path,
    recognised: &Recognised,
    input: &Map<String, Value>,
    from: u64,
    mut hand_on: impl FnMut(Batch) -> bool,
) -> Result<(), FileError> {
    let mut rows = Rows::open(path)?;
    let keys: Vec<_> = recognised
        .columns
        .iter()
        .map(|(position, name, _)| (*position, format!("{}:", Value::from(name.as_str()))))
        .collect();
    let (mut items, mut count, mut row, mut first_row) = (String::new(), 0, 0, from);
    while let Some(next) = rows.next()? {
        row += 1;
        if row < from {
            continue;
        }
        if count > 0 {
            items.push(',');
        }
        match next {
            Row::Values(values) => write_row(&mut items, values, &keys),
            Row::Json(text) => items.push_str(text),
            Row::Broken => items.push_str("null"),
        }
        count += 1;
        if count == MOST_ROWS || items.len() >= MOST_BYTES {
            if !hand_on(batch(&items, input, count, first_row)) {
                return Ok(());
            }
            items.clear();
            (count, first_row) = (0, row + 1);
        }
    }
    if count > 0 {
        hand_on(batch(&items, input, count, first_row));
    }
    Ok(())
}

fn write_row(items: &mut String, values: &csv::StringRecord, keys: &[(usize, String)]) {
    let mut separator = '{';
    for (position, key) in keys {
        items.push(separator);
        items.push_str(key);
        let value = values.get(*position).unwrap_or_default();
        let is_plain = value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        if is_plain {
            items.push('"');
            items.push_str(value);
            items.push('"');
        } else {
            items.push_str(&Value::from(value).to_string());
        }
        separator = ',';
    }
    items.push_str(if keys.is_empty() { "{}" } else { "}" });
}

fn batch(items: &str, input: &Map<String, Value>, rows: u64, first_row: u64) -> Batch {
    let mut input = input.clone();
    input.insert("first_row".to_owned(), first_row.into());
    let payload = format!(r#"{{"Items":[{items}],"BatchInput":{}}}"#, Value::Object(input));
    Batch { payload, rows, first_row }
}
