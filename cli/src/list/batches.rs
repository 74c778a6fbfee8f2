//! From rows to batches: the envelopes of a Distributed Map, made on a thread of their own while the last one is under
//! way.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde_json::{Map, Value};
use tiktok_audiences::actions::{Columns, Meaning};
use tiktok_audiences::json::{self, Document, Kind};

use super::file::{FileError, Format, Row, Rows};

/// Rows of a batch: what one call to TikTok takes.
const MOST_ROWS: u64 = 1_000;
/// Bytes of its rows; an invocation takes 6 MB.
const MOST_BYTES: usize = 4_000_000;
/// Batches that wait.
const WAITING: usize = 2;
/// Names of members that are remembered, where each record may have others.
const MOST_NAMES: usize = 1_000;
/// The members of a row by which the state machine says where it stands.
const NUMBERS: [&str; 2] = ["_row", "_source"];

/// A batch that is ready.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The envelope.
    pub(crate) payload: String,
    /// How many rows it has.
    pub(crate) rows: u64,
    /// The number of its first row.
    pub(crate) first_row: u64,
    /// Names of members that no batch before it had; of JSON lines.
    pub(crate) names: Vec<String>,
}

/// Which columns of a file say who is meant.
#[derive(Clone, Debug)]
pub(crate) struct Recognised {
    /// The columns that the command line names: what each holds, and its header.
    named: Vec<(String, String)>,
    /// Their positions and headers, with what they hold.
    pub(crate) columns: Vec<(usize, String, &'static str)>,
    /// The other headers.
    pub(crate) ignored: Vec<String>,
}

impl Recognised {
    /// Looks through a header; `named` are the columns that the command line names.
    pub(crate) fn of(header: &[String], named: &[(String, String)]) -> Self {
        let mut found = Self { named: named.to_vec(), columns: Vec::new(), ignored: Vec::new() };
        for (position, name) in header.iter().enumerate() {
            match found.kind(name) {
                Some(kind) => found.columns.push((position, name.clone(), kind)),
                None => found.ignored.push(name.clone()),
            }
        }
        found
    }

    /// What the column of a header holds: what the command line says, else what its name says, unless the command line
    /// names another column for that.
    fn kind(&self, header: &str) -> Option<&'static str> {
        let named = self.named.iter().find(|(_, name)| name == header.trim());
        let meaning = match named {
            Some((kind, _)) => Meaning::named(kind),
            None => Columns::default().meaning(header),
        };
        let kind = meaning?.name();
        (named.is_some() || self.named.iter().all(|(other, _)| other != kind)).then_some(kind)
    }

    /// Whether any of them can identify a person.
    pub(crate) fn can_identify(&self) -> bool {
        self.columns.iter().any(|(_, _, kind)| is_identifier(kind))
    }

    /// The headers that the command line names and the file does not have.
    pub(crate) fn missing(&self) -> Vec<&str> {
        let is_there = |name: &str| self.columns.iter().any(|(_, header, _)| header.trim() == name);
        self.named.iter().map(|(_, name)| name.as_str()).filter(|name| !is_there(name)).collect()
    }

    /// The argument `columns` of a batch.
    pub(crate) fn argument(&self) -> Value {
        let mut argument: Map<String, Value> = Map::new();
        let by_command = self.named.iter().map(|(kind, header)| (kind.as_str(), header.as_str()));
        let by_file = self.columns.iter().map(|(_, header, kind)| (*kind, header.trim()));
        // What a row wants is found by its name alone.
        for (kind, header) in by_command.chain(by_file).filter(|(kind, _)| *kind != Meaning::Action.name()) {
            let headers = argument.entry(kind).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(headers) = headers.as_array_mut().filter(|headers| headers.iter().all(|known| known != header))
            {
                headers.push(header.into());
            }
        }
        argument.into()
    }
}

fn is_identifier(kind: &str) -> bool {
    matches!(Meaning::named(kind), Some(Meaning::Identifier(_)))
}

/// The members of records, of which each may have others.
struct Members {
    recognised: Recognised,
    /// Whether what has the name can identify a person.
    met: HashMap<String, bool>,
    /// Those of them that were not handed on.
    names: Vec<String>,
    /// Whether a record of this batch can identify a person.
    is_identified: bool,
    /// Where the first record of this batch stands, and whether it has no members.
    first: Option<(usize, bool)>,
}

impl Members {
    fn new(recognised: &Recognised) -> Self {
        let recognised = Recognised { columns: Vec::new(), ignored: Vec::new(), ..recognised.clone() };
        Self { recognised, met: HashMap::new(), names: Vec::new(), is_identified: false, first: None }
    }

    /// Looks at a record that stands there in its batch.
    fn look(&mut self, text: &str, place: usize) {
        let Ok(document) = Document::parse(text) else { return };
        if !text.starts_with('{') {
            return;
        }
        let mut is_empty = true;
        for (key, _) in document.root().members() {
            is_empty = false;
            let name = key.as_str().unwrap_or_default();
            self.is_identified |= match self.met.get(name.as_ref()) {
                Some(is_identifier) => *is_identifier,
                None => self.meet(name.into_owned()),
            };
        }
        self.first.get_or_insert((place, is_empty));
    }

    /// A name that is new; whether what has it can identify a person.
    fn meet(&mut self, name: String) -> bool {
        let kind = self.recognised.kind(&name);
        let is_identifier = kind.is_some_and(is_identifier);
        if self.met.len() < MOST_NAMES || kind.is_some() {
            self.recognised.columns.extend(kind.map(|kind| (0, name.clone(), kind)));
            self.names.push(name.clone());
            self.met.insert(name, is_identifier);
        }
        is_identifier
    }

    /// Makes a batch of records whole. The function takes none in which no record has a column of the list, since that is
    /// what a wrong header looks like; here the file has been looked at, and people without identifiers are counted.
    fn complete(&mut self, items: &mut String, input: &mut Map<String, Value>) {
        let first = self.first.take().filter(|_| !self.is_identified);
        self.is_identified = false;
        let mut columns = self.recognised.argument();
        if let Some((place, is_empty)) = first {
            let named = self.recognised.named.iter().find(|(kind, _)| is_identifier(kind));
            let name = named.map_or("email", |(_, name)| name);
            let comma = if is_empty { "" } else { "," };
            items.insert_str(place + 1, &format!("{}:null{comma}", Value::from(name)));
            if let (None, Some(columns)) = (named, columns.as_object_mut()) {
                columns.insert(name.to_owned(), name.into());
            }
        }
        if !self.recognised.named.is_empty() {
            input.insert("columns".to_owned(), columns);
        }
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
    let mut members = (rows.format() == Format::JsonLines).then(|| Members::new(recognised));
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
            Row::Json(text) => {
                let text = without_numbers(text);
                if let Some(members) = &mut members {
                    members.look(&text, items.len());
                }
                items.push_str(&text);
            }
            Row::Broken => items.push_str("null"),
        }
        count += 1;
        if count == MOST_ROWS || items.len() >= MOST_BYTES {
            if !hand_on(batch(&mut items, members.as_mut(), input, (count, first_row))) {
                return Ok(());
            }
            items.clear();
            (count, first_row) = (0, row + 1);
        }
    }
    if count > 0 {
        hand_on(batch(&mut items, members.as_mut(), input, (count, first_row)));
    }
    Ok(())
}

/// A record without the members by which the state machine numbers rows: here rows are numbered by their place, whatever a
/// file says of itself.
fn without_numbers(text: &str) -> Cow<'_, str> {
    // A backslash may spell any name.
    if !text.contains('\\') && !NUMBERS.iter().any(|name| text.contains(name)) {
        return text.into();
    }
    let is_number = |key: json::Value<'_>| NUMBERS.iter().any(|name| key.is_str(name));
    let Ok(document) = Document::parse(text) else { return text.into() };
    let root = document.root();
    if root.kind() != Kind::Object || !root.members().any(|(key, _)| is_number(key)) {
        return text.into();
    }
    let members = root.members().filter(|(key, _)| !is_number(*key));
    let members: Vec<_> = members.map(|(key, value)| format!("{}:{}", key.raw(), value.raw())).collect();
    format!("{{{}}}", members.join(",")).into()
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

fn batch(
    items: &mut String,
    members: Option<&mut Members>,
    input: &Map<String, Value>,
    (rows, first_row): (u64, u64),
) -> Batch {
    let (mut input, mut names) = (input.clone(), Vec::new());
    if let Some(members) = members {
        members.complete(items, &mut input);
        names = std::mem::take(&mut members.names);
    }
    input.insert("first_row".to_owned(), first_row.into());
    let payload = format!(r#"{{"Items":[{items}],"BatchInput":{}}}"#, Value::Object(input));
    Batch { payload, rows, first_row, names }
}
