//! The body of `/segment/mapping/`, written while it is sent.
//!
//! Only [`Hashed`] fits into a cell, so an identifier that was not hashed cannot be sent. Source: the comments of the
//! endpoint's Go client (<https://github.com/bububa/tiktok-business>, `model/dmp/segment_mapping.go`); `{}` for a missing
//! cell is Segment's practice (<https://github.com/segmentio/action-destinations>, `tiktok-audiences/functions.ts`).

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use smallvec::SmallVec;

use crate::identity::{Direction, Hashed, IdType};
use crate::tiktok::{AdvertiserId, AudienceId};

/// TikTok's word for a direction in `/segment/mapping/`.
const fn action(direction: Direction) -> &'static str {
    match direction {
        Direction::Add => "add",
        Direction::Remove => "delete",
    }
}

/// The people of a call.
pub trait MappingRows: Send + Sync {
    /// A row by its number; `None` behind the last one.
    fn row(&self, number: usize) -> Option<MappingRow<'_>>;
}

/// One person in a call.
#[derive(Clone, Debug)]
pub struct MappingRow<'r> {
    /// The identifiers: at most one per column, in the order of the schema.
    pub cells: &'r [Hashed],
    /// The audiences that each identifier goes to.
    pub audiences: Cow<'r, [AudienceId]>,
}

const HEAD: &[u8] = br#"{"advertiser_ids":[""#;
const ACTION: &[u8] = br#""],"action":""#;
const SCHEMA: &[u8] = br#"","id_schema":["#;
const DATA: &[u8] = br#"],"batch_data":["#;
const TAIL: &[u8] = b"]}";
const ID: &[u8] = br#"{"id":""#;
const AUDIENCES: &[u8] = br#"","audience_ids":["#;
const CELL_END: &[u8] = b"]}";
const NO_CELL: &[u8] = b"{}";

/// A row has a cell that its schema has no place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cells of a row do not match the schema")]
pub struct Misaligned;

/// A body of `/segment/mapping/`: what is in it, and how long it is. It is written while it is sent, so that it is never
/// in memory as a whole.
#[derive(Clone)]
pub struct MappingBody {
    advertiser: AdvertiserId,
    direction: Direction,
    schema: SmallVec<[IdType; 6]>,
    people: Arc<dyn MappingRows>,
    rows: usize,
    bytes: usize,
}

impl MappingBody {
    /// A body for one advertiser, whose rows have a cell, or none, for each column of `schema`.
    ///
    /// # Errors
    /// A row does not fit the schema.
    pub fn new(
        advertiser: AdvertiserId,
        direction: Direction,
        schema: SmallVec<[IdType; 6]>,
        people: Arc<dyn MappingRows>,
    ) -> Result<Self, Misaligned> {
        let (mut rows, mut bytes) = (0_usize, 0);
        while let Some(row) = people.row(rows) {
            bytes += row_bytes(&row, &schema)?;
            rows += 1;
        }
        let bytes = empty_bytes(advertiser, direction, &schema) + bytes + rows.saturating_sub(1);
        Ok(Self { advertiser, direction, schema, people, rows, bytes })
    }

    /// How many rows it has.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The JSON text.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.bytes);
        MappingStream::new(self).write(&mut text, self.bytes);
        text
    }

    /// The same text piece by piece.
    pub(in crate::tiktok) fn stream(&self) -> MappingStream {
        MappingStream::new(self)
    }

    fn write_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(HEAD);
        out.extend_from_slice(self.advertiser.text().as_bytes());
        out.extend_from_slice(ACTION);
        out.extend_from_slice(action(self.direction).as_bytes());
        out.extend_from_slice(SCHEMA);
        write_list(out, self.schema.iter().map(|column| column.as_str()));
        out.extend_from_slice(DATA);
    }

    fn write_row(&self, out: &mut Vec<u8>, row: &MappingRow<'_>) {
        let mut cells = row.cells.iter().peekable();
        // The audiences are the same for every cell of a row, and are copied from the first.
        let mut audiences: Option<Range<usize>> = None;
        out.push(b'[');
        for (position, column) in self.schema.iter().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            let Some(cell) = cells.next_if(|cell| cell.id_type() == *column) else {
                out.extend_from_slice(NO_CELL);
                continue;
            };
            out.extend_from_slice(ID);
            cell.write_hex(out);
            if let Some(written) = &audiences {
                out.extend_from_within(written.clone());
                continue;
            }
            let start = out.len();
            out.extend_from_slice(AUDIENCES);
            write_list(out, row.audiences.iter().copied().map(AudienceId::text));
            out.extend_from_slice(CELL_END);
            audiences = Some(start..out.len());
        }
        out.push(b']');
    }
}

/// Prints how much there is, never what: hashes are personal data too.
impl fmt::Debug for MappingBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { advertiser: _, direction, schema, people: _, rows, bytes } = self;
        f.debug_struct("MappingBody")
            .field("direction", direction)
            .field("schema", schema)
            .field("rows", rows)
            .field("bytes", bytes)
            .finish_non_exhaustive()
    }
}

/// Bytes of a body without any row.
fn empty_bytes(advertiser: AdvertiserId, direction: Direction, schema: &[IdType]) -> usize {
    let columns: usize = schema.iter().map(|column| column.as_str().len() + 2).sum();
    [HEAD, ACTION, SCHEMA, DATA, TAIL].iter().map(|part| part.len()).sum::<usize>()
        + advertiser.digits()
        + action(direction).len()
        + columns
        + schema.len().saturating_sub(1)
}

/// Bytes of one row, without the comma before it.
///
/// # Errors
/// It does not fit the schema.
pub(crate) fn row_bytes(row: &MappingRow<'_>, schema: &[IdType]) -> Result<usize, Misaligned> {
    let MappingRow { cells, audiences } = row;
    let mut columns = schema.iter();
    // Each cell has to come behind the one before it.
    if !cells.iter().all(|cell| columns.any(|column| *column == cell.id_type())) {
        return Err(Misaligned);
    }
    let ids: usize = audiences.iter().map(|id| id.digits() + 2).sum();
    let around = ID.len() + AUDIENCES.len() + ids + audiences.len().saturating_sub(1) + CELL_END.len();
    let written: usize = cells.iter().map(|cell| around + 2 * cell.digest().len()).sum();
    let missing = (schema.len() - cells.len()) * NO_CELL.len();
    Ok(2 + written + missing + schema.len().saturating_sub(1))
}

/// Writes names that need no escaping as JSON strings, separated by commas.
fn write_list(out: &mut Vec<u8>, names: impl Iterator<Item = impl AsRef<[u8]>>) {
    for (position, name) in names.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(name.as_ref());
        out.push(b'"');
    }
}

/// How much is written at once. hyper gathers pieces until they are as long as a connection's buffer (src/net/origin.rs)
/// before it sends them, so that each call under way has no more of its body than that in memory.
const PIECE_BYTES: usize = 8 * 1024;

/// A body on its way.
pub(in crate::tiktok) struct MappingStream {
    body: MappingBody,
    /// The row that is written next.
    next: usize,
    /// Bytes that are still to be written.
    left: usize,
}

impl MappingStream {
    fn new(body: &MappingBody) -> Self {
        Self { next: 0, left: body.bytes, body: body.clone() }
    }

    /// Writes what comes next: whole rows, until there are so many bytes or no more.
    fn write(&mut self, out: &mut Vec<u8>, enough: usize) {
        if self.left == self.body.bytes {
            self.body.write_head(out);
        }
        while out.len() < enough
            && let Some(row) = self.body.people.row(self.next)
        {
            if self.next > 0 {
                out.push(b',');
            }
            self.body.write_row(out, &row);
            self.next += 1;
        }
        if self.next == self.body.rows {
            out.extend_from_slice(TAIL);
        }
        self.left = self.left.saturating_sub(out.len());
    }
}

impl Body for MappingStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        // The last row in it may be longer than what is left of it.
        let mut piece = Vec::with_capacity(self.left.min(PIECE_BYTES + 1024));
        self.write(&mut piece, PIECE_BYTES);
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left as u64)
    }
}

#[cfg(test)]
mod tests;
