//! Files of people: what is read, what is refused, and what a run remembers.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser as _;

use super::file::{FileError, Row};
use super::*;
use crate::support::fake_tiktok::{Endpoint, Fault, Rule};

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tta-list-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

fn arguments(line: &[&str]) -> Arguments {
    Line::try_parse_from([&["tta"], line].concat()).map_err(|error| error.to_string()).unwrap().arguments
}

fn texts(path: &std::path::Path) -> Result<Vec<String>, FileError> {
    let mut rows = Rows::open(path)?;
    let mut found = vec![rows.header().join("|")];
    while let Some(row) = rows.next()? {
        found.push(match row {
            Row::Values(values) => values.iter().collect::<Vec<_>>().join("|"),
            Row::Json(text) => text.to_owned(),
            Row::Broken => "(broken)".to_owned(),
        });
    }
    Ok(found)
}

#[test]
fn csv_and_json_lines_are_read_plain_and_packed() {
    let folder = Folder::new("formats");
    let text = "\u{feff}E-Mail,Plan\njane@example.com,\"gold, yearly\"\nonly one\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let zstd =
        [text.get(..30).unwrap(), text.get(30..).unwrap()].map(|part| zstd::encode_all(part.as_bytes(), 0).unwrap());
    for path in [
        folder.put("a.csv", text),
        folder.put("b.CSV.gz", gzip.finish().unwrap()),
        folder.put("c.csv.zst", zstd.concat()),
    ] {
        assert_eq!(
            texts(&path).unwrap(),
            ["E-Mail|Plan", "jane@example.com|gold, yearly", "(broken)"],
            "{}",
            path.display()
        );
    }
    let json = folder.put("a.jsonl", "{\"email\":\"a@example.com\"}\n\n{\"phone\":1}\nno json\n");
    assert_eq!(texts(&json).unwrap(), ["email", r#"{"email":"a@example.com"}"#, r#"{"phone":1}"#, "(broken)"]);
}

/// Two people, of whom one has no address.
fn two_as_parquet() -> Vec<u8> {
    use ::parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    let schema = "message people { optional binary email (UTF8); required int64 phone; }";
    let schema = Arc::new(::parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut writer = ::parquet::file::writer::SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut emails = group.next_column().unwrap().unwrap();
    let values = [ByteArray::from("jane@example.com")];
    emails.typed::<ByteArrayType>().write_batch(&values, Some(&[1, 0]), None).unwrap();
    emails.close().unwrap();
    let mut phones = group.next_column().unwrap().unwrap();
    phones.typed::<Int64Type>().write_batch(&[14_155_550_100, 14_155_550_101], None, None).unwrap();
    phones.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn parquet_is_read_by_its_columns() {
    let folder = Folder::new("parquet");
    let path = folder.put("a.parquet", two_as_parquet());
    let rows = [r#"{"email":"jane@example.com","phone":14155550100}"#, r#"{"email":null,"phone":14155550101}"#];
    assert_eq!(texts(&path).unwrap(), ["email|phone", rows[0], rows[1]]);
    let cut = two_as_parquet();
    let broken = texts(&folder.put("b.parquet", &cut[..cut.len() - 20])).unwrap_err().to_string();
    assert!(broken.contains("b.parquet: it cannot be read as Parquet: "), "{broken}");
}

#[test]
fn what_cannot_be_read_is_a_sentence_with_its_place() {
    let folder = Folder::new("broken");
    let long_line = format!("email\n{}", "x".repeat(9_000_000));
    let open_quote = format!("email\na@example.com\n\"b@example.com\n{}", "c@example.com\n".repeat(5_000));
    for (name, content, expected) in [
        ("empty.csv", String::new(), "the file is empty"),
        ("a.xlsx", String::new(), "a list is .csv, .jsonl or .ndjson"),
        ("a.parquet", "email\na@example.com\n".to_owned(), "a.parquet: it cannot be read as Parquet: "),
        ("a.parquet.gz", String::new(), "a file of it is .parquet alone"),
        ("long.csv", long_line, "row 1 (line 2): it is longer than 4 MB"),
        ("quote.csv", open_quote, "row 2 (line 3): it has 5001 lines: a quote that never closes?"),
        (
            "short.csv",
            "id,email\n\"1,a@example.com\n2,b@example.com\n".to_owned(),
            "row 1 (line 2): a quote in it never closes",
        ),
        ("one.csv", "email\n\"a@example.com\nb@example.com\n".to_owned(), "row 1 (line 2): a quote in it never closes"),
        ("a.csv.gz", "email\na@example.com\n".to_owned(), "a.csv.gz: it is named as gzip and is none"),
        ("a.csv.zst", "email\na@example.com\n".to_owned(), "a.csv.zst: it is named as zstd and is none"),
    ] {
        let error = texts(&folder.put(name, content)).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    let latin =
        texts(&folder.put("latin.csv", b"email\na@example.com\nstra\xdfe@example.com\n")).unwrap_err().to_string();
    assert!(latin.contains("row 2 (line 3): column 1 is not UTF-8"), "{latin}");
    let missing = texts(&folder.0.join("missing.csv")).unwrap_err().to_string();
    assert!(missing.contains("missing.csv: No such file"), "{missing}");
}

/// Every sixth row has no usable address; every call may fail in one of several ways.
#[tokio::test]
async fn twenty_thousand_rows_under_faults_are_exact() {
    let folder = Folder::new("faults");
    let rows = 20_000;
    let mut text = "id,E-Mail Address\n".to_owned();
    for number in 1..=rows {
        let address = if number % 6 == 0 { "nobody".to_owned() } else { format!("user{number}@example.com") };
        writeln!(text, "{number},{address}").unwrap();
    }
    let path = folder.put("people.csv", text);
    let config = folder
        .put("destination.json", r#"{"settings":{"advertiser_id":"7000000000000000001","calls_per_second":1000}}"#);
    let line = [
        path.to_str().unwrap(),
        "--audience",
        "vip",
        "--action",
        "add",
        "--yes",
        "--config",
        config.to_str().unwrap(),
        "--column",
        "email=E-Mail Address",
    ];
    let arguments = arguments(&line);
    let (function, world) = find(&arguments).await.unwrap();
    let recognised = Recognised::of(&Rows::open(&path).unwrap().header(), &arguments.columns);
    let input = batch_input(&arguments, &recognised, Format::Csv);
    let job = deliver::Job { function: &function, arguments: &arguments, recognised: &recognised, input };
    let found = job.preflight(Reader::Program).await.unwrap();
    let rejected = rows / 6;
    assert_eq!((found.rows, found.usable, found.rejected), (rows, Some(rows - rejected), rejected));
    let world = world.expect("no target is named");
    let tiktok = &world.tiktok;
    assert_eq!(tiktok.calls().len(), 0, "a preflight calls nobody");
    tiktok.rule(Rule::on(Endpoint::Mapping).chance(0.2), Fault::Status(500).applied());
    tiktok.rule(Rule::on(Endpoint::Mapping).chance(0.1), Fault::HangUpAfterBody);
    let verdict = job.deliver(rows, Reader::Program).await.unwrap();
    assert_eq!(verdict, Verdict::Problems, "some rows are rejected");
    let numbers = std::fs::read_to_string(folder.0.join("people.csv.rejected.csv")).unwrap();
    let numbers: BTreeSet<u64> = numbers
        .lines()
        .skip(1)
        .map(|line| line.strip_suffix(",NO_USABLE_IDENTIFIER").unwrap().parse().unwrap())
        .collect();
    assert_eq!(numbers, (1..=rejected).map(|number| number * 6).collect());
    let audience = tiktok.audiences_named("vip").pop().unwrap();
    let expected: BTreeSet<_> = (1..=rows)
        .filter(|number| number % 6 != 0)
        .map(|number| ("EMAIL_SHA256".to_owned(), hash(&format!("user{number}@example.com"))))
        .collect();
    assert!(tiktok.members(&audience) == expected, "the members are the usable rows");
}

fn hash(text: &str) -> String {
    let rules = tiktok_audiences::identity::Rules::default();
    const_hex::encode(tiktok_audiences::identity::email(text, &rules).unwrap().unwrap().digest())
}

#[test]
fn a_run_that_stopped_is_known_again_only_if_nothing_has_changed() {
    let folder = Folder::new("resume");
    let path = folder.put("a.csv", "email\n");
    let input = Map::from_iter([("action".to_owned(), "add".into())]);
    let bookmark = resume::Bookmark::of(&path, &input, "deliver");
    assert!(bookmark.read().is_none());
    bookmark.keep(1_001, &Totals { rows: 1_000, ..Totals::default() }).unwrap();
    assert_eq!(resume::Bookmark::of(&path, &input, "deliver").read().unwrap().next_row, 1_001);
    assert!(resume::Bookmark::of(&path, &input, "another").read().is_none());
    bookmark.forget();
    assert!(bookmark.read().is_none());
}

#[test]
fn a_column_is_named_by_its_kind() {
    assert_eq!(column("email=E-Mail").unwrap(), ("email".to_owned(), "E-Mail".to_owned()));
    for wrong in ["email", "name=Name", "email="] {
        assert!(column(wrong).is_err(), "{wrong}");
    }
}
