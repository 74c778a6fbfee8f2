//! Lines to records and calls.
//!
//! Firehose bills a record by what it holds, rounded up, so that a record has many lines. Limits of a call: 500 records
//! and 4 MiB; of a record: 1,000 KiB. Source: "`PutRecordBatch`", Amazon Data Firehose API reference. A record is encoded
//! into the body of its call as soon as it is full, so that its text is in the processor's cache and in memory once.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::PAD;
use hyper::body::Bytes;

use super::Line;
use super::line::Writer;

/// Bytes after which a record is full; the last line may go beyond them by its own length.
const RECORD_BYTES: usize = 256 * 1024;
/// Records of a call: a good 2 MB, which base64 makes 2.8.
const RECORDS: usize = 8;
/// Bytes of a call of so many records, one line beyond each included.
const MOST_BODY_BYTES: usize = RECORDS * (RECORD_BYTES + 1024).div_ceil(3) * 4;

/// Where a record is in the body of its call, and the number of its lines.
#[derive(Clone, Debug)]
struct Packed {
    place: Range<usize>,
    lines: usize,
}

/// The records of one call.
#[derive(Debug)]
pub(super) struct Batch {
    body: Bytes,
    records: Vec<Packed>,
}

/// Packs lines into as few calls as may be.
#[derive(Debug)]
pub(super) struct Packer<'l> {
    engine: Simd,
    writer: Writer<'l>,
    /// What a body begins with.
    opening: String,
    /// The record that is being filled.
    text: Vec<u8>,
    lines: usize,
}

impl<'l> Packer<'l> {
    /// For this stream, of the invocation with this id, which began at this time.
    pub(super) fn new(stream: &str, time: &str, invocation: &str) -> Self {
        let stream = serde_json::Value::from(stream);
        Self {
            engine: Simd::standard(PAD),
            writer: Writer::new(time, invocation),
            opening: format!("{{\"DeliveryStreamName\":{stream},\"Records\":["),
            text: Vec::new(),
            lines: 0,
        }
    }

    /// The next call, if there is a line left.
    pub(super) fn next(&mut self, lines: &mut impl Iterator<Item = Line<'l>>) -> Option<Batch> {
        let mut body = self.opening.clone();
        let mut records = Vec::new();
        while records.len() < RECORDS {
            self.fill(lines);
            if self.lines == 0 {
                break;
            }
            records.push(self.encode(&mut body));
        }
        body.push_str("]}");
        (!records.is_empty()).then(|| Batch { body: body.into(), records })
    }

    fn fill(&mut self, lines: &mut impl Iterator<Item = Line<'l>>) {
        while self.text.len() < RECORD_BYTES
            && let Some(line) = lines.next()
        {
            self.writer.write(&line, &mut self.text);
            self.lines += 1;
        }
    }

    /// Puts the record into the body of its call.
    fn encode(&mut self, body: &mut String) -> Packed {
        if self.text.len() >= RECORD_BYTES {
            // There will be more of them.
            body.reserve(MOST_BODY_BYTES.saturating_sub(body.len()));
        }
        let start = open(body);
        self.engine.encode_string(&self.text, body);
        let packed = Packed { place: start..body.len(), lines: std::mem::take(&mut self.lines) };
        body.push_str("\"}");
        self.text.clear();
        packed
    }
}

/// Begins a record; says where its data begins.
fn open(body: &mut String) -> usize {
    body.push_str(if body.ends_with('[') { "{\"Data\":\"" } else { ",{\"Data\":\"" });
    body.len()
}

impl Batch {
    /// The body of the call; a copy of it shares its memory.
    pub(super) fn body(&self) -> Bytes {
        self.body.clone()
    }

    /// How many lines are in it.
    pub(super) fn lines(&self) -> usize {
        self.records.iter().map(|record| record.lines).sum()
    }

    /// What is left of it without the records that were taken.
    pub(super) fn without(&self, is_taken: impl Fn(usize) -> bool) -> Self {
        let left = self.records.iter().enumerate().filter(|(position, _)| !is_taken(*position));
        let opening = self.records.first().map_or(0, |first| first.place.start - "{\"Data\":\"".len());
        let mut body = String::from_utf8_lossy(self.body.get(..opening).unwrap_or_default()).into_owned();
        let mut records = Vec::new();
        for (_, record) in left {
            let start = open(&mut body);
            // Base64 is text.
            body.push_str(
                std::str::from_utf8(self.body.get(record.place.clone()).unwrap_or_default()).unwrap_or_default(),
            );
            records.push(Packed { place: start..body.len(), lines: record.lines });
            body.push_str("\"}");
        }
        body.push_str("]}");
        Self { body: body.into(), records }
    }
}
