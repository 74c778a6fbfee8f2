//! `prepareList`: what a list is to do, checked before its first row is read.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::ops::RangeInclusive;
use std::str::Utf8Error;

use flate2::read::MultiGzDecoder;
use serde::Serialize;
use serde_json::json;

use crate::actions::{AdvertiserRef, AudienceRef, Columns, Meaning};
use crate::app::App;
use crate::control::arguments::{Arguments, missing, wrong_type};
use crate::control::error::OperationError;
use crate::control::reply::json as reply;
use crate::control::target;
use crate::delivery::session::Session;
use crate::destination::List;
use crate::identity::Direction;
use crate::json::{Document, Kind, Value};
use crate::tiktok::{AdvertiserId, AudienceId};

use super::layout::{Format, Layout};
use super::objects::Object;

/// How much of a file is looked at.
const HEAD_BYTES: u64 = 64 * 1024;
/// The longest header of CSV that Step Functions reads. Source: its developer guide, "`ItemReader` (Map)".
const MOST_HEADER_BYTES: usize = 10 * 1024;
/// Percent of a list's rows that may be unusable, where nothing else is said.
pub const MAX_UNUSABLE_PERCENT: f64 = 20.0;
/// What may be said of it.
pub const UNUSABLE_PERCENT: RangeInclusive<f64> = 0.0..=100.0;

/// What a list may say.
const KEYS: [&str; 12] = [
    "action",
    "audience_id",
    "audience_name",
    "advertiser_id",
    "country",
    "columns",
    "hash",
    "key",
    "prefix",
    "format",
    "max_unusable_percent",
    "from_key",
];

/// What every batch is told.
type BatchInput = serde_json::Map<String, serde_json::Value>;

/// What the state machine goes on with; `key` or `prefix` is empty.
#[derive(Debug, Serialize)]
struct Prepared<'a> {
    bucket: &'a str,
    key: &'a str,
    prefix: &'a str,
    format: &'static str,
    batch: BatchInput,
    max_unusable_percent: f64,
}

/// The operation.
pub(in crate::control) async fn run(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let bucket = arguments.required("bucket")?;
    let given = arguments.value("list").ok_or_else(|| missing("list"))?;
    if given.kind() != Kind::Object {
        return Err(wrong_type("list", "an object", given));
    }
    let (key, prefix) = place(given)?;
    let format = Format::of(text(given, "format")?.as_deref(), if key.is_empty() { &prefix } else { &key })?;
    let batch_input = batch_input(given, &key)?;
    let text_of_batch = serde_json::Value::from(batch_input.clone()).to_string();
    let document = Document::parse(text_of_batch).map_err(|_impossible| missing("list"))?;
    let list = List::read(document.root(), &app.router.destination);
    let list =
        list.map_err(|error| OperationError::new("INVALID_LIST", error.to_string().replace("BatchInput", "list")))?;
    if !key.is_empty() {
        look_at_head(app, session, (&bucket, &key), format, &list.rules.columns).await?;
    }
    let (advertiser, audience) = find(app, session, &list).await?;
    let mut batch = batch_input;
    batch.insert("advertiser_id".to_owned(), json!(advertiser));
    if let Some(audience) = audience {
        batch.insert("audience_id".to_owned(), json!(audience));
        batch.insert("audience_name".to_owned(), serde_json::Value::Null);
    }
    let max_unusable_percent = percent(given)?;
    reply(&Prepared { bucket: &bucket, key: &key, prefix: &prefix, format: format.name(), batch, max_unusable_percent })
}

/// The object or the prefix; one of them is empty.
fn place(given: Value<'_>) -> Result<(Cow<'_, str>, Cow<'_, str>), OperationError> {
    let known = |key: &Value<'_>| KEYS.iter().any(|known| key.is_str(known));
    if given.members().any(|(key, _)| !known(&key)) {
        return Err(OperationError::new("UNKNOWN_ARGUMENT", format!("list takes {}", KEYS.join(", "))));
    }
    match (text(given, "key")?, text(given, "prefix")?) {
        (Some(key), None) => Ok((key, Cow::Borrowed(""))),
        (None, Some(prefix)) if prefix.ends_with('/') => Ok((Cow::Borrowed(""), prefix)),
        (None, Some(_)) => Err(OperationError::new("INVALID_LIST", "list.prefix must end in /")),
        (Some(_), Some(_)) => {
            Err(OperationError::new("INVALID_LIST", "list has key and prefix: one says what is read"))
        }
        (None, None) => Err(missing("list.key or list.prefix")),
    }
}

/// What every batch is told; from a key, what the key says.
fn batch_input(given: Value<'_>, key: &str) -> Result<BatchInput, OperationError> {
    let owned = |name: &str| given.get(name).map_or(serde_json::Value::Null, Value::to_owned_json);
    let names = ["action", "audience_id", "audience_name", "advertiser_id", "country", "columns", "hash"];
    let mut input: BatchInput = names.into_iter().map(|name| (name.to_owned(), owned(name))).collect();
    // Ids are longer than a float is exact; one that is no text is taken as it stands.
    for id in ["audience_id", "advertiser_id"] {
        if let Some(number) = given.get(id).and_then(Value::as_number) {
            input.insert(id.to_owned(), json!(number));
        }
    }
    if given.get("from_key").and_then(Value::as_bool) == Some(true) {
        let Layout { action, advertiser, audience } = Layout::read(key)?;
        input.insert("action".to_owned(), json!(action));
        input.insert("advertiser_id".to_owned(), json!(advertiser));
        input.insert("audience_name".to_owned(), json!(audience));
    }
    Ok(input)
}

fn percent(given: Value<'_>) -> Result<f64, OperationError> {
    let Some(value) = given.get("max_unusable_percent").filter(|value| !value.is_null()) else {
        return Ok(MAX_UNUSABLE_PERCENT);
    };
    let percent = value.as_f64().filter(|percent| UNUSABLE_PERCENT.contains(percent));
    percent.ok_or_else(|| wrong_type("list.max_unusable_percent", "a number from 0 to 100", value))
}

fn text<'d>(given: Value<'d>, name: &str) -> Result<Option<Cow<'d, str>>, OperationError> {
    let Some(value) = given.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| wrong_type(&format!("list.{name}"), "a string", value))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The ad account and the audience, which is created where the destination says so; none where shadow keeps it from that.
async fn find(
    app: &App,
    session: &Session<'_>,
    list: &List<'_>,
) -> Result<(AdvertiserId, Option<AudienceId>), OperationError> {
    let stated = match list.rules.advertiser {
        AdvertiserRef::Known(advertiser) => Some(advertiser),
        AdvertiserRef::OnlyOfSecret => None,
    };
    let advertiser = target::advertiser(app, session, stated, None).await?;
    let lookup = &app.audience_lookup;
    let no_such = |message: &str| OperationError::new("NO_SUCH_AUDIENCE", message.to_owned());
    let audience = match &list.rules.audience {
        AudienceRef::Known(audience) => {
            let usable = lookup.usable(session, advertiser).await?;
            let is_there = usable.contains(audience).then_some(*audience);
            let missing = || no_such("the ad account has no Partner audience of that id that was made for it");
            Some(is_there.ok_or_else(missing)?)
        }
        AudienceRef::Named(name) => {
            let settings = &app.router.destination.settings;
            let may_create = settings.auto_create_audiences && list.rules.direction == Direction::Add;
            if may_create && !settings.policy.shadow {
                return Ok((advertiser, Some(lookup.find_or_create(session, advertiser, name).await?.audience)));
            }
            let found = lookup.find(session, advertiser, name).await?;
            if found.is_none() && !may_create {
                return Err(no_such(
                    "the ad account has no usable audience of that name; createAudience makes one, or auto_create_audiences",
                ));
            }
            found
        }
    };
    Ok((advertiser, audience))
}

/// Reads the beginning of a file and finds a column that can identify a person. What is packed otherwise, and Parquet,
/// the preflight sees.
async fn look_at_head(
    app: &App,
    session: &Session<'_>,
    (bucket, key): (&str, &str),
    format: Format,
    columns: &Columns<'_>,
) -> Result<(), OperationError> {
    let object = Object::open(app, session.budget, bucket, key, Some(HEAD_BYTES)).await?;
    let bytes = object.bytes(usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX)).await?;
    if bytes.is_empty() {
        return Err(OperationError::new("EMPTY_FILE", "the file is empty"));
    }
    let is_packed = [".zst", ".zstd"].iter().any(|end| key.ends_with(end));
    if format == Format::Parquet || is_packed {
        return Ok(());
    }
    let head = if key.strip_suffix(".gz").is_some() { inflated(&bytes)? } else { bytes };
    let headers = if format == Format::JsonLines { members(&head)? } else { headers(first_line(&head)?)? };
    let can_identify = |header: &String| matches!(columns.meaning(header), Some(Meaning::Identifier(_)));
    if headers.iter().any(can_identify) {
        return Ok(());
    }
    let message = format!(
        "none of the file's columns ({}) is one of the list: expected email, phone, idfa or aaid, or name the file's own in \
         columns",
        headers.len()
    );
    Err(OperationError::new("NO_KNOWN_COLUMN", message))
}

fn inflated(bytes: &[u8]) -> Result<Vec<u8>, OperationError> {
    let mut head = Vec::new();
    // The bytes end in the middle of the file: what was inflated until then is enough.
    let ended = MultiGzDecoder::new(bytes).take(HEAD_BYTES).read_to_end(&mut head);
    if head.is_empty() && ended.is_err() {
        return Err(OperationError::new("NOT_GZIP", "the file ends in .gz and is not gzip"));
    }
    Ok(head)
}

fn first_line(head: &[u8]) -> Result<&str, OperationError> {
    let end = head.iter().position(|byte| *byte == b'\n').unwrap_or(head.len());
    let line = head.get(..end).unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|error| not_utf8(&error))?;
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.is_empty() { Err(OperationError::new("NO_HEADER", "the file's first line is empty")) } else { Ok(line) }
}

fn not_utf8(error: &Utf8Error) -> OperationError {
    OperationError::new("NOT_UTF8", format!("the file is not UTF-8 at byte {}", error.valid_up_to()))
}

/// The names of the members of the records that stand there; each may have others, and the last line may be cut.
fn members(head: &[u8]) -> Result<BTreeSet<String>, OperationError> {
    let (mut names, mut is_record) = (BTreeSet::new(), false);
    for line in head.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()) {
        let Ok(document) = Document::parse(line.trim_start_matches('\u{feff}').trim()) else { continue };
        if document.root().kind() == Kind::Object {
            is_record = true;
            names.extend(document.root().members().filter_map(|(key, _)| key.as_str().map(Cow::into_owned)));
        }
    }
    match std::str::from_utf8(head) {
        _ if is_record => Ok(names),
        Err(error) if error.error_len().is_some() => Err(not_utf8(&error)),
        Ok(_) | Err(_) => {
            Err(OperationError::new("INVALID_RECORD", "no line at the file's beginning is a JSON object"))
        }
    }
}

/// The names of the columns.
fn headers(line: &str) -> Result<BTreeSet<String>, OperationError> {
    if line.len() > MOST_HEADER_BYTES {
        let message = "the file's first line has more than 10 KiB, of which Step Functions reads no header";
        return Err(OperationError::new("HEADER_TOO_LONG", message));
    }
    let (mut headers, mut is_quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => headers.push(String::new()),
            other => headers.last_mut().into_iter().for_each(|header| header.push(other)),
        }
    }
    if is_quoted {
        return Err(OperationError::new("UNCLOSED_QUOTE", "a quote of the file's header never closes on its line"));
    }
    Ok(headers.into_iter().collect())
}
