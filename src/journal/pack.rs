//! Lines to records and calls.
//!
//! Firehose bills a record by what it holds, rounded up, so that a record has many lines. Limits of a call: 500 records
//! and 4 MiB; of a record: 1,000 KiB. Source: "`PutRecordBatch`", Amazon Data Firehose API reference.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Line;

/// Bytes after which a record is full; the last line may go beyond them by its own length.
const RECORD_BYTES: usize = 256 * 1024;
/// Records of a call: a good 2 MB, which base64 makes 2.8.
const RECORDS: usize = 8;

/// A record with the number of its lines.
#[derive(Debug, Default)]
pub(super) struct Packed {
    text: Vec<u8>,
    pub(super) lines: usize,
}

/// The records of one call.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Packed>,
}

/// Packs lines into as few calls as may be; one at a time, so that memory stays flat.
pub(super) fn batches<'l>(lines: impl IntoIterator<Item = Line<'l>>) -> impl Iterator<Item = Batch> {
    let mut lines = lines.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut batch = Batch::default();
        while batch.records.len() < RECORDS && lines.peek().is_some() {
            let mut record = Packed::default();
            while record.text.len() < RECORD_BYTES
                && let Some(line) = lines.next()
            {
                line.write(&mut record.text);
                record.lines += 1;
            }
            batch.records.push(record);
        }
        (!batch.records.is_empty()).then_some(batch)
    })
}

impl Batch {
    /// The body of a call.
    pub(super) fn body(&self, stream: &str) -> Vec<u8> {
        let bytes: usize = self.records.iter().map(|record| record.text.len().div_ceil(3) * 4 + 16).sum();
        let mut body = String::with_capacity(bytes + stream.len() + 64);
        body.push_str("{\"DeliveryStreamName\":");
        body.push_str(&serde_json::Value::from(stream).to_string());
        body.push_str(",\"Records\":[");
        for (position, record) in self.records.iter().enumerate() {
            body.push_str(if position == 0 { "{\"Data\":\"" } else { ",{\"Data\":\"" });
            STANDARD.encode_string(&record.text, &mut body);
            body.push_str("\"}");
        }
        body.push_str("]}");
        body.into_bytes()
    }

    /// Drops the records that were taken.
    pub(super) fn keep(&mut self, is_left: impl Fn(usize) -> bool) {
        let mut position = 0;
        self.records.retain(|_record| {
            position += 1;
            is_left(position - 1)
        });
    }
}
