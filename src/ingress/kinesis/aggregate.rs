//! Records into which the Kinesis Producer Library has packed several, as it does unless its aggregation is turned off.
//!
//! Four bytes that no text begins with, a Protobuf message, and the MD5 of that message, which protects nothing and
//! only tells a packed record from one that happens to begin like it.
//! Source: <https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md>

use md5::{Digest, Md5};

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST_BYTES: usize = 16;
/// The number of `records` in an `AggregatedRecord`.
const RECORDS: u64 = 3;
/// The number of `data` in a `Record`.
const DATA: u64 = 3;

/// Whether a record begins like a packed one.
pub(super) fn is_packed(record: &[u8]) -> bool {
    record.starts_with(&MAGIC)
}

/// The data of the records in a packed one, in their order; `None` if it is cut short or altered.
pub(super) fn unpack(record: &[u8]) -> Option<Vec<&[u8]>> {
    let packed = record.strip_prefix(&MAGIC)?;
    let (message, digest) = packed.split_at_checked(packed.len().checked_sub(DIGEST_BYTES)?)?;
    if Md5::digest(message).as_slice() != digest {
        return None;
    }
    let records = fields(message)?.into_iter().filter(|(number, _)| *number == RECORDS);
    records.map(|(_, record)| data(record)).collect()
}

/// A record without data is none of the library's.
fn data(record: &[u8]) -> Option<&[u8]> {
    fields(record)?.into_iter().find_map(|(number, data)| (number == DATA).then_some(data))
}

/// The fields of a message that hold bytes, with their numbers; numbers are passed over.
/// Source: <https://protobuf.dev/programming-guides/encoding/>
fn fields(message: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut found = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let (key, behind) = varint(rest)?;
        let (length, behind) = match key & 7 {
            0 => (0, varint(behind)?.1),
            1 => (8, behind),
            2 => varint(behind)?,
            5 => (4, behind),
            _ => return None,
        };
        let (bytes, behind) = behind.split_at_checked(usize::try_from(length).ok()?)?;
        if key & 7 == 2 {
            found.push((key >> 3, bytes));
        }
        rest = behind;
    }
    Some(found)
}

/// A number, seven bits to the byte, the lowest first, and what is behind it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (position, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).wrapping_shl(u32::try_from(position).ok()? * 7);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(position + 1..)?));
        }
    }
    None
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

    /// As the library packs them, with a table of partition keys before and tags in each record.
    fn packed(records: &[&[u8]]) -> Vec<u8> {
        let mut message = field(0x0a, b"user-1");
        for data in records {
            let record = [&[0x08, 0x00, 0x10, 0x96, 0x01][..], &field(0x1a, data), &field(0x22, &field(0x0a, b"k"))];
            message.extend(field(0x1a, &record.concat()));
        }
        let digest = Md5::digest(&message);
        [&MAGIC[..], &message, digest.as_slice()].concat()
    }

    #[test]
    fn the_records_come_out_in_their_order() {
        let long = vec![b'x'; 300];
        let records: [&[u8]; 4] = [b"{}", b"", &long, b"\xff"];
        let record = packed(&records);
        assert!(is_packed(&record));
        assert_eq!(unpack(&record).unwrap(), records);
        assert_eq!(unpack(&packed(&[])).unwrap(), <[&[u8]; 0]>::default());
    }

    #[test]
    fn what_is_cut_short_or_altered_is_none() {
        let record = packed(&[b"{\"type\":\"track\"}", b"{}"]);
        for length in 0..record.len() {
            assert_eq!(unpack(&record[..length]), None, "{length} bytes");
        }
        for position in 0..record.len() {
            let mut altered = record.clone();
            altered[position] ^= 1;
            assert_eq!(unpack(&altered), None, "byte {position}");
        }
    }

    proptest! {
        #[test]
        fn any_message_is_read_to_its_end_or_refused(message in proptest::collection::vec(any::<u8>(), 0..80)) {
            let digest = Md5::digest(&message);
            let record = [&MAGIC[..], &message, digest.as_slice()].concat();
            if let Some(records) = unpack(&record) {
                prop_assert!(records.iter().map(|data| data.len()).sum::<usize>() <= message.len());
            }
        }
    }
}
