//! Records into which the Kinesis Producer Library has packed several, as it does unless its aggregation is turned off.
//!
//! Four bytes that no text begins with, a Protobuf message, and the MD5 of that message, which protects nothing and
//! only tells a packed record from one that happens to begin like it.
//! Source: <https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md>

use md5::{Digest, Md5};
use prost::Message;
use prost::bytes::Bytes;

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST_BYTES: usize = 16;

/// The message, without its tables of keys, which nobody asks for here.
#[derive(Message)]
#[prost(skip_debug)]
struct AggregatedRecord {
    #[prost(message, repeated, tag = "3")]
    records: Vec<PackedRecord>,
}

/// One of the records, without its keys and tags.
#[derive(Message)]
#[prost(skip_debug)]
struct PackedRecord {
    /// Required: a record without data is none of the library's.
    #[prost(bytes = "bytes", optional, tag = "3")]
    data: Option<Bytes>,
}

/// Whether a record begins like a packed one.
pub(super) fn is_packed(record: &[u8]) -> bool {
    record.starts_with(&MAGIC)
}

/// The data of the records in a packed one, in their order; `None` if it is cut short or altered.
pub(super) fn unpack(record: &Bytes) -> Option<Vec<Bytes>> {
    let packed = record.strip_prefix(&MAGIC)?;
    let (message, digest) = packed.split_at_checked(packed.len().checked_sub(DIGEST_BYTES)?)?;
    if Md5::digest(message).as_slice() != digest {
        return None;
    }
    let message = AggregatedRecord::decode(record.slice_ref(message)).ok()?;
    message.records.into_iter().map(|record| record.data).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(key: u8, bytes: &[u8]) -> Vec<u8> {
        let mut field = vec![key];
        let mut length = bytes.len();
        while length > 0x7f {
            field.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        field.push(u8::try_from(length).unwrap());
        field.extend(bytes);
        field
    }

    /// A message with its magic and its digest.
    fn sealed(message: &[u8]) -> Bytes {
        [&MAGIC[..], message, Md5::digest(message).as_slice()].concat().into()
    }

    /// As the library packs them, with a table of partition keys before and tags in each record.
    fn packed(records: &[&[u8]]) -> Bytes {
        let mut message = field(0x0a, b"user-1");
        for data in records {
            let record = [&[0x08, 0x00, 0x10, 0x96, 0x01][..], &field(0x1a, data), &field(0x22, &field(0x0a, b"k"))];
            message.extend(field(0x1a, &record.concat()));
        }
        sealed(&message)
    }

    #[test]
    fn the_records_come_out_in_their_order() {
        let long = vec![b'x'; 300];
        let records: [&[u8]; 4] = [b"{}", b"", &long, b"\xff"];
        let record = packed(&records);
        assert!(is_packed(&record));
        assert_eq!(unpack(&record).unwrap(), records);
        assert_eq!(unpack(&packed(&[])).unwrap(), Vec::<Bytes>::new());
    }

    #[test]
    fn what_is_cut_short_or_altered_is_none() {
        let record = packed(&[b"{\"type\":\"track\"}", b"{}"]);
        for length in 0..record.len() {
            assert_eq!(unpack(&record.slice(..length)), None, "{length} bytes");
        }
        for position in 0..record.len() {
            let mut altered = record.to_vec();
            altered[position] ^= 1;
            assert_eq!(unpack(&altered.into()), None, "byte {position}");
        }
    }

    #[test]
    fn what_is_whole_and_no_record_of_the_library_is_none() {
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        for (name, message) in [
            ("a record without data", field(0x1a, &[0x08, 0x00])),
            ("a record longer than the message", vec![0x1a, 0x05, 0x1a]),
            ("a record of 2^64 - 1 bytes", [&[0x1a][..], &huge].concat()),
            ("data of 2^64 - 1 bytes", field(0x1a, &[&[0x1a][..], &huge].concat())),
            ("a length without an end", [&[0x1a][..], &[0x80; 12]].concat()),
            ("a number for a record", vec![0x18, 0x01]),
            ("field 0", field(0x02, b"x")),
            ("groups without an end", vec![0x0b; 100_000]),
        ] {
            assert_eq!(unpack(&sealed(&message)), None, "{name}");
        }
        let unknown = [field(0x7a, b"x"), field(0x1a, &[field(0x1a, b"{}"), field(0x7a, b"x")].concat())].concat();
        assert_eq!(unpack(&sealed(&unknown)).unwrap(), ["{}"], "what is not known is passed over");
        let inner = packed(&[b"{}"]);
        assert_eq!(unpack(&packed(&[&inner])).unwrap(), [inner], "a packed record in one is opened no further");
    }

    proptest! {
        #[test]
        fn any_message_is_read_to_its_end_or_refused(message in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(records) = unpack(&sealed(&message)) {
                prop_assert!(records.iter().map(Bytes::len).sum::<usize>() <= message.len());
            }
        }
    }
}
