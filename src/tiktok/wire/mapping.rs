//! The body of `/segment/mapping/`, written straight into its buffer.
//!
//! Only [`Hashed`] fits into a cell, so an identifier that was not hashed cannot be sent. Source: the comments of the
//! endpoint's Go client (<https://github.com/bububa/tiktok-business>, `model/dmp/segment_mapping.go`); `{}` for a missing
//! cell is Segment's practice (<https://github.com/segmentio/action-destinations>, `tiktok-audiences/functions.ts`).

use std::fmt;

use crate::identity::{Direction, Hashed, IdType};
use crate::tiktok::{AdvertiserId, AudienceId};

/// TikTok's word for a direction in `/segment/mapping/`.
const fn action(direction: Direction) -> &'static str {
    match direction {
        Direction::Add => "add",
        Direction::Remove => "delete",
    }
}

/// What the rows of one call have in common.
#[derive(Clone, Copy, Debug)]
pub struct MappingRequest<'a> {
    /// The advertiser whose audiences these are; always exactly one.
    pub advertiser: AdvertiserId,
    /// What the call does.
    pub direction: Direction,
    /// The columns, without duplicates; a row has one cell for each, in this order.
    pub schema: &'a [IdType],
}

/// One identifier and the audiences that it goes to; `None` where a row lacks the column.
pub type Cell<'r> = Option<(&'r Hashed, &'r [AudienceId])>;

const HEAD: &[u8] = br#"{"advertiser_ids":[""#;
const ACTION: &[u8] = br#""],"action":""#;
const SCHEMA: &[u8] = br#"","id_schema":["#;
const DATA: &[u8] = br#"],"batch_data":["#;
const TAIL: &[u8] = b"]}";
const ID: &[u8] = br#"{"id":""#;
const AUDIENCES: &[u8] = br#"","audience_ids":["#;
const CELL_END: &[u8] = b"]}";
const NO_CELL: &[u8] = b"{}";

impl<'a> MappingRequest<'a> {
    /// Bytes of the body without any row.
    pub fn empty_bytes(&self) -> usize {
        let columns: usize = self.schema.iter().map(|column| column.as_str().len() + 2).sum();
        [HEAD, ACTION, SCHEMA, DATA, TAIL].iter().map(|part| part.len()).sum::<usize>()
            + self.advertiser.as_bytes().len()
            + action(self.direction).len()
            + columns
            + self.schema.len().saturating_sub(1)
    }

    /// Bytes that a body of `rows` rows with `row_bytes` bytes in all has (see [`row_bytes`]).
    pub fn body_bytes(&self, rows: usize, row_bytes: usize) -> usize {
        self.empty_bytes() + row_bytes + rows.saturating_sub(1)
    }

    /// Starts a body; `capacity` as of [`MappingRequest::body_bytes`] spares it from growing.
    pub fn writer(self, capacity: usize) -> MappingWriter<'a> {
        let mut body = Vec::with_capacity(capacity);
        body.extend_from_slice(HEAD);
        body.extend_from_slice(self.advertiser.as_bytes());
        body.extend_from_slice(ACTION);
        body.extend_from_slice(action(self.direction).as_bytes());
        body.extend_from_slice(SCHEMA);
        write_list(&mut body, self.schema.iter().map(|column| column.as_str().as_bytes()));
        body.extend_from_slice(DATA);
        MappingWriter { schema: self.schema, body, rows: 0 }
    }
}

/// Bytes of one row, without the comma before it.
pub fn row_bytes<'r>(cells: impl IntoIterator<Item = Cell<'r>>) -> usize {
    let (mut count, mut bytes) = (0_usize, 2);
    for cell in cells {
        count += 1;
        bytes += cell.map_or(NO_CELL.len(), |(hashed, audiences)| cell_bytes(hashed, audiences));
    }
    bytes + count.saturating_sub(1)
}

fn cell_bytes(hashed: &Hashed, audiences: &[AudienceId]) -> usize {
    let ids: usize = audiences.iter().map(|id| id.as_bytes().len() + 2).sum();
    ID.len() + 2 * hashed.digest().len() + AUDIENCES.len() + ids + audiences.len().saturating_sub(1) + CELL_END.len()
}

/// A row whose cells do not match the schema; nothing of it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cells of a row do not match the schema")]
pub struct Misaligned;

/// A body in the making.
pub struct MappingWriter<'a> {
    schema: &'a [IdType],
    body: Vec<u8>,
    rows: usize,
}

impl MappingWriter<'_> {
    /// Appends a row: one cell per column of the schema, in its order.
    pub fn row<'r>(&mut self, cells: impl IntoIterator<Item = Cell<'r>>) -> Result<(), Misaligned> {
        let start = self.body.len();
        let written = self.write_row(cells);
        match written {
            Ok(()) => self.rows += 1,
            Err(Misaligned) => self.body.truncate(start),
        }
        written
    }

    fn write_row<'r>(&mut self, cells: impl IntoIterator<Item = Cell<'r>>) -> Result<(), Misaligned> {
        if self.rows > 0 {
            self.body.push(b',');
        }
        self.body.push(b'[');
        let mut cells = cells.into_iter();
        for (position, column) in self.schema.iter().enumerate() {
            if position > 0 {
                self.body.push(b',');
            }
            match cells.next().ok_or(Misaligned)? {
                Some((hashed, audiences)) if hashed.id_type() == *column => {
                    write_cell(&mut self.body, hashed, audiences);
                }
                Some(_of_another_column) => return Err(Misaligned),
                None => self.body.extend_from_slice(NO_CELL),
            }
        }
        if cells.next().is_some() {
            return Err(Misaligned);
        }
        self.body.push(b']');
        Ok(())
    }

    /// Completes the body.
    pub fn finish(mut self) -> MappingBody {
        self.body.extend_from_slice(TAIL);
        MappingBody { json: self.body, rows: self.rows }
    }
}

/// Prints how much there is, never what.
impl fmt::Debug for MappingWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappingWriter")
            .field("schema", &self.schema)
            .field("rows", &self.rows)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

fn write_cell(body: &mut Vec<u8>, hashed: &Hashed, audiences: &[AudienceId]) {
    body.extend_from_slice(ID);
    hashed.write_hex(body);
    body.extend_from_slice(AUDIENCES);
    write_list(body, audiences.iter().map(AudienceId::as_bytes));
    body.extend_from_slice(CELL_END);
}

/// Writes names that need no escaping as JSON strings, separated by commas.
fn write_list<'t>(body: &mut Vec<u8>, names: impl Iterator<Item = &'t [u8]>) {
    for (position, name) in names.enumerate() {
        if position > 0 {
            body.push(b',');
        }
        body.push(b'"');
        body.extend_from_slice(name);
        body.push(b'"');
    }
}

/// A complete body of `/segment/mapping/`; it can only come from a [`MappingWriter`].
#[derive(Clone, PartialEq, Eq)]
pub struct MappingBody {
    json: Vec<u8>,
    rows: usize,
}

impl MappingBody {
    /// The JSON text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.json
    }

    /// How many rows it has.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    pub(in crate::tiktok) fn into_bytes(self) -> Vec<u8> {
        self.json
    }
}

/// Prints the size only: hashes are personal data too.
impl fmt::Debug for MappingBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MappingBody({} bytes)", self.json.len())
    }
}

#[cfg(test)]
mod tests;
