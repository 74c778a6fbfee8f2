use proptest::prelude::*;

use super::*;
use crate::identity::prehashed;

fn hashed(id_type: IdType, digit: char) -> Hashed {
    let md5 = matches!(id_type, IdType::IdfaMd5 | IdType::AaidMd5);
    let hex = String::from(digit).repeat(if md5 { 32 } else { 64 });
    prehashed(&hex, id_type).unwrap().unwrap()
}

fn audience(text: &str) -> AudienceId {
    AudienceId::parse(text).unwrap()
}

fn mapping(direction: Direction, schema: &[IdType]) -> MappingRequest<'_> {
    MappingRequest { advertiser: AdvertiserId::parse("7318294418293948234").unwrap(), direction, schema }
}

#[test]
fn a_body_is_exactly_what_tiktok_documents() {
    let schema = [IdType::EmailSha256, IdType::AaidMd5];
    let (email, device) = (hashed(IdType::EmailSha256, 'a'), hashed(IdType::AaidMd5, 'B'));
    let (one, two) = ([audience("1")], [audience("1"), audience("22")]);
    let mut writer = mapping(Direction::Remove, &schema).writer(0);
    writer.row([Some((&email, &one[..])), None]).unwrap();
    writer.row([Some((&email, &two[..])), Some((&device, &two[..]))]).unwrap();
    writer.row([None, Some((&device, &one[..]))]).unwrap();
    let body = writer.finish();
    let (a, b) = ("a".repeat(64), "b".repeat(32));
    let expected = format!(
        concat!(
            r#"{{"advertiser_ids":["7318294418293948234"],"action":"delete","id_schema":["EMAIL_SHA256","AAID_MD5"],"#,
            r#""batch_data":[[{{"id":"{a}","audience_ids":["1"]}},{{}}],"#,
            r#"[{{"id":"{a}","audience_ids":["1","22"]}},{{"id":"{b}","audience_ids":["1","22"]}}],"#,
            r#"[{{}},{{"id":"{b}","audience_ids":["1"]}}]]}}"#
        ),
        a = a,
        b = b
    );
    assert_eq!(std::str::from_utf8(body.as_bytes()).unwrap(), expected);
}

#[test]
fn a_row_that_does_not_fit_its_schema_is_refused_and_leaves_no_trace() {
    let schema = [IdType::EmailSha256, IdType::PhoneSha256];
    let (email, phone) = (hashed(IdType::EmailSha256, 'a'), hashed(IdType::PhoneSha256, 'b'));
    let audiences = [audience("1")];
    let (email, phone) = (Some((&email, &audiences[..])), Some((&phone, &audiences[..])));
    let mut writer = mapping(Direction::Add, &schema).writer(0);
    let mut clean = mapping(Direction::Add, &schema).writer(0);
    for (name, cells, fits) in [
        ("swapped, and first", vec![phone, email], false),
        ("aligned", vec![email, phone], true),
        ("swapped", vec![phone, email], false),
        ("too short", vec![email], false),
        ("empty", vec![], false),
        ("too long", vec![email, phone, None], false),
        ("with a gap", vec![None, phone], true),
    ] {
        assert_eq!(writer.row(cells.iter().copied()).is_ok(), fits, "{name}");
        if fits {
            clean.row(cells).unwrap();
        }
    }
    assert_eq!(writer.finish(), clean.finish());
}

#[test]
fn no_hash_can_be_seen_in_debug_output() {
    let (email, audiences) = (hashed(IdType::EmailSha256, 'a'), [audience("1")]);
    let mut writer = mapping(Direction::Add, &[IdType::EmailSha256]).writer(0);
    writer.row([Some((&email, &audiences[..]))]).unwrap();
    let before = format!("{writer:?}");
    let after = format!("{:?}", writer.finish());
    assert!(!before.contains("aaaa") && !after.contains("aaaa"), "{before} {after}");
    assert!(after.starts_with("MappingBody(") && after.ends_with(" bytes)"), "{after}");
}

proptest! {
    #[test]
    fn sizes_are_known_before_anything_is_written(
        columns in 0_usize..6,
        rows in prop::collection::vec(prop::collection::vec((any::<bool>(), 0_usize..4), 6), 0..20),
    ) {
        let schema = &IdType::ALL[..columns];
        let mapping = mapping(Direction::Add, schema);
        let hashes: Vec<Hashed> = schema.iter().map(|column| hashed(*column, 'c')).collect();
        let audiences: Vec<AudienceId> = ["1", "7318294418293948234", "333"].map(audience).to_vec();
        let cells = |row: &[(bool, usize)]| -> Vec<Cell<'_>> {
            hashes.iter().zip(row).map(|(hash, (is_there, ids))| is_there.then_some((hash, &audiences[..*ids]))).collect()
        };
        let row_sizes: usize = rows.iter().map(|row| row_bytes(cells(row))).sum();
        let expected = mapping.body_bytes(rows.len(), row_sizes);
        let mut writer = mapping.writer(expected);
        for row in &rows {
            writer.row(cells(row)).unwrap();
        }
        let body = writer.finish();
        prop_assert_eq!(body.as_bytes().len(), expected);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(body.as_bytes()).is_ok());
    }
}
