use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
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

/// Rows as they stand.
struct People(Vec<(Vec<Hashed>, Vec<AudienceId>)>);

impl MappingRows for People {
    fn row(&self, number: usize) -> Option<MappingRow<'_>> {
        self.0.get(number).map(|(cells, audiences)| MappingRow { cells, audiences: audiences.into() })
    }
}

fn body(
    direction: Direction,
    schema: &[IdType],
    people: Vec<(Vec<Hashed>, Vec<AudienceId>)>,
) -> Result<MappingBody, Misaligned> {
    let advertiser = AdvertiserId::parse("7318294418293948234").unwrap();
    MappingBody::new(advertiser, direction, schema.into(), Arc::new(People(people)))
}

/// The pieces that a connection gets, and what it is told of their length before each.
fn pieces(body: &MappingBody) -> Vec<(u64, Bytes)> {
    let mut stream = body.stream();
    let mut pieces = Vec::new();
    while !stream.is_end_stream() {
        let left = stream.size_hint().exact().unwrap();
        let frame = stream.frame().now_or_never().unwrap().unwrap().unwrap();
        pieces.push((left, frame.into_data().unwrap()));
    }
    assert!(stream.frame().now_or_never().unwrap().is_none());
    pieces
}

fn together(pieces: &[(u64, Bytes)]) -> Vec<u8> {
    pieces.iter().flat_map(|(_, piece)| piece.to_vec()).collect()
}

#[test]
fn a_body_is_exactly_what_tiktok_documents() {
    let schema = [IdType::EmailSha256, IdType::AaidMd5];
    let (email, device) = (hashed(IdType::EmailSha256, 'a'), hashed(IdType::AaidMd5, 'B'));
    let (one, two) = (vec![audience("1")], vec![audience("1"), audience("22")]);
    let people = vec![(vec![email], one.clone()), (vec![email, device], two), (vec![device], one)];
    let body = body(Direction::Remove, &schema, people).unwrap();
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
    assert_eq!(std::str::from_utf8(&body.to_json()).unwrap(), expected);
    assert_eq!(body.rows(), 3);
}

#[test]
fn a_row_that_does_not_fit_its_schema_is_refused() {
    let schema = [IdType::EmailSha256, IdType::PhoneSha256];
    let (email, phone) = (hashed(IdType::EmailSha256, 'a'), hashed(IdType::PhoneSha256, 'b'));
    let device = hashed(IdType::IdfaSha256, 'c');
    for (name, cells, fits) in [
        ("aligned", vec![email, phone], true),
        ("with a gap", vec![phone], true),
        ("empty", vec![], true),
        ("swapped", vec![phone, email], false),
        ("twice", vec![email, email], false),
        ("of a column that is not there", vec![device], false),
        ("with one too many", vec![email, phone, device], false),
    ] {
        let good = (vec![email], vec![audience("1")]);
        let built = body(Direction::Add, &schema, vec![good.clone(), (cells, vec![audience("1")]), good]);
        assert_eq!(built.map(|body| body.rows()), if fits { Ok(3) } else { Err(Misaligned) }, "{name}");
    }
}

#[test]
fn no_hash_can_be_seen_in_debug_output() {
    let people = vec![(vec![hashed(IdType::EmailSha256, 'a')], vec![audience("1")])];
    let shown = format!("{:?}", body(Direction::Add, &[IdType::EmailSha256], people).unwrap());
    assert!(!shown.contains("aaaa") && shown.contains("bytes: "), "{shown}");
}

#[test]
fn a_large_body_is_never_in_memory_as_a_whole() {
    let row = (vec![hashed(IdType::EmailSha256, 'a')], vec![audience("7318294418293948234")]);
    let body = body(Direction::Add, &[IdType::EmailSha256], vec![row; 10_000]).unwrap();
    let pieces = pieces(&body);
    assert!(pieces.iter().all(|(_, piece)| piece.len() < PIECE_BYTES + 1024), "a row more at most");
    assert_eq!(together(&pieces), body.to_json());
}

proptest! {
    #[test]
    fn a_body_is_as_long_as_it_says_and_the_same_in_pieces(
        columns in 0_usize..6,
        rows in prop::collection::vec((prop::collection::vec(any::<bool>(), 6), 0_usize..40), 0..60),
    ) {
        let schema = &IdType::ALL[..columns];
        let hashes: Vec<Hashed> = schema.iter().map(|column| hashed(*column, 'c')).collect();
        let audiences: Vec<AudienceId> = ["1", "7318294418293948234", "333"].map(audience).repeat(14);
        let person = |(is_there, ids): &(Vec<bool>, usize)| {
            let cells = hashes.iter().zip(is_there).filter(|(_, is_there)| **is_there).map(|(hash, _)| *hash);
            (cells.collect(), audiences[..*ids].to_vec())
        };
        let body = body(Direction::Add, schema, rows.iter().map(person).collect()).unwrap();
        let text = body.to_json();
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&text).is_ok());
        prop_assert_eq!(body.rows(), rows.len());
        let mut left = text.len() as u64;
        for (stated, piece) in pieces(&body) {
            prop_assert_eq!(stated, left);
            left -= piece.len() as u64;
        }
        prop_assert_eq!(left, 0);
        prop_assert_eq!(together(&pieces(&body)), text);
    }
}
