//! `POST /segment/mapping/`: adds and removes members, all or nothing.
//!
//! Strict where the reference is silent: TikTok does not say whether one bad row refuses the whole call, so it does.
//! Codes that are not documented for this endpoint and are ours: 40002 for a row's shape, 40062 ("PII not hashed")
//! for a hash of the wrong form, 40061 ("invalid batch size") for too many rows or bytes and for none, 40011 ("too
//! many ids") for too many audiences in a cell.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Deserialize, Deserializer};

use super::account::Grant;
use super::audience::{Column, Library, Member};
use super::limits::{Limits, MAPPING_BYTES, MAPPING_ROWS};
use super::refusal::{Refusal, bad_parameter, digits};

/// A text that is borrowed from the body unless it is escaped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    advertiser_ids: Vec<Text<'a>>,
    #[serde(borrow)]
    action: Text<'a>,
    #[serde(borrow)]
    id_schema: Vec<Text<'a>>,
    #[serde(borrow)]
    batch_data: Vec<Vec<Cell<'a>>>,
}

/// One identifier, or `{}` where the person has none of this column.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cell<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    audience_ids: Option<Vec<Text<'a>>>,
}

/// A field that may be absent but not null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What the call may touch.
pub(super) struct Scene<'a> {
    pub(super) grant: &'a Grant,
    pub(super) limits: &'a Limits,
    pub(super) poison: &'a HashSet<String>,
    pub(super) foreign_code: i64,
    /// Whether good rows are taken beside bad ones (20001).
    pub(super) partial: bool,
}

/// Checks the whole call, then applies it.
pub(super) fn handle(bytes: &[u8], scene: &Scene<'_>, catalogue: &mut Library) -> Result<(), Refusal> {
    if bytes.len() > scene.limits.mapping_bytes {
        let message = format!("the body is longer than {} bytes", scene.limits.mapping_bytes);
        return Err(Refusal { violation: bytes.len() > MAPPING_BYTES, ..Refusal::new(40061, message) });
    }
    let body: Body<'_> = serde_json::from_slice(bytes).map_err(|error| bad_parameter(format!("the body: {error}")))?;
    let adds = match body.action.0.as_ref() {
        "add" => true,
        "delete" => false,
        other => return Err(bad_parameter("action must be add or delete: ").echoing(other)),
    };
    let columns = columns(&body.id_schema)?;
    let advertisers = advertisers(&body.advertiser_ids, scene.grant)?;
    batch_size(body.batch_data.len(), scene.limits)?;
    let (mut checked, mut refused) = (Vec::with_capacity(body.batch_data.len()), 0_usize);
    for (index, row) in body.batch_data.iter().enumerate() {
        let before = checked.len();
        match check_row(row, &columns, &advertisers, scene, catalogue, &mut checked) {
            Ok(()) => {}
            Err(_) if scene.partial => {
                checked.truncate(before);
                refused += 1;
            }
            Err(refusal) => {
                return Err(Refusal { message: format!("batch_data[{index}]: {}", refusal.message), ..refusal });
            }
        }
    }
    for (position, member) in checked {
        let members = &mut catalogue.at(position).members;
        if adds {
            members.insert(member)
        } else {
            members.remove(&member)
        };
    }
    match refused {
        0 => Ok(()),
        _ if refused == body.batch_data.len() => Err(Refusal::new(40002, "every row is bad")),
        _ => Err(Refusal::new(20001, format!("{refused} rows are bad"))),
    }
}

fn columns(schema: &[Text<'_>]) -> Result<Vec<Column>, Refusal> {
    let mut columns = Vec::with_capacity(schema.len());
    for name in schema {
        let column = Column::parse(&name.0);
        let column = column.ok_or_else(|| bad_parameter("id_schema: unknown type: ").echoing(&name.0))?;
        if columns.contains(&column) {
            return Err(bad_parameter(format!("id_schema: {} is given twice", column.name())));
        }
        columns.push(column);
    }
    if columns.is_empty() { Err(bad_parameter("id_schema is empty")) } else { Ok(columns) }
}

fn advertisers<'a>(ids: &'a [Text<'_>], grant: &Grant) -> Result<Vec<&'a str>, Refusal> {
    if ids.is_empty() {
        return Err(bad_parameter("advertiser_ids is empty"));
    }
    let ids: Vec<&str> = ids.iter().map(|id| id.0.as_ref()).collect();
    for id in &ids {
        digits("advertiser_ids", id)?;
        grant.covers(id)?;
    }
    Ok(ids)
}

fn batch_size(rows: usize, limits: &Limits) -> Result<(), Refusal> {
    if rows == 0 {
        return Err(Refusal::violation(40061, "batch_data is empty"));
    }
    if rows > limits.mapping_rows {
        let message = format!("batch_data has more than {} rows", limits.mapping_rows);
        return Err(Refusal { violation: rows > MAPPING_ROWS, ..Refusal::new(40061, message) });
    }
    Ok(())
}

fn check_row(
    row: &[Cell<'_>],
    columns: &[Column],
    advertisers: &[&str],
    scene: &Scene<'_>,
    catalogue: &Library,
    checked: &mut Vec<(usize, Member)>,
) -> Result<(), Refusal> {
    if row.len() != columns.len() {
        return Err(bad_parameter(format!("{} cells for {} columns", row.len(), columns.len())));
    }
    let mut empty = true;
    for (cell, column) in row.iter().zip(columns) {
        let (id, audiences) = match (&cell.id, &cell.audience_ids) {
            (None, None) => continue,
            (Some(id), Some(audiences)) => (id.0.as_ref(), audiences),
            (Some(_), None) => return Err(bad_parameter("a cell has no audience_ids")),
            (None, Some(_)) => return Err(bad_parameter("a cell has no id")),
        };
        empty = false;
        let member = Member { column: *column, digest: digest(*column, id)? };
        if scene.poison.contains(id) {
            return Err(Refusal::new(40002, "the id cannot be used: ").echoing(id));
        }
        for audience in targets(audiences, scene.limits)? {
            checked.push((catalogue.writable_by(advertisers, &audience.0, scene.foreign_code)?, member));
        }
    }
    if empty { Err(bad_parameter("a row without any id")) } else { Ok(()) }
}

fn targets<'a, 'b>(audiences: &'a [Text<'b>], limits: &Limits) -> Result<&'a [Text<'b>], Refusal> {
    if audiences.is_empty() {
        return Err(bad_parameter("audience_ids is empty"));
    }
    if audiences.len() > limits.audiences_per_cell {
        let message = format!("more than {} audience_ids", limits.audiences_per_cell);
        return Err(Refusal::violation(40011, message));
    }
    audiences.iter().try_for_each(|id| digits("audience_ids", &id.0))?;
    Ok(audiences)
}

/// Lower-case hex of the column's hash, and nothing else.
fn digest(column: Column, id: &str) -> Result<[u8; 32], Refusal> {
    let mut digest = [0; 32];
    let lower = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let decoded = lower && const_hex::decode_to_slice(id, &mut digest[..column.digest_length()]).is_ok();
    if decoded {
        return Ok(digest);
    }
    Err(Refusal::violation(40062, format!("{} is not hashed: ", column.name())).echoing(id))
}
