//! Files of people: what is read, what is refused, and what a run remembers.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser as _;

use super::file::FileError;
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
    let json = folder.put("a.jsonl", "\n \r\n{\"email\":\"a@example.com\"}\n\n{\"phone\":1}\nno json\n");
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
fn a_blank_audience_is_a_wrong_command_line() {
    for blank in ["", " "] {
        assert!(Line::try_parse_from(["tta", "a.csv", "--audience", blank, "--action", "add"]).is_err());
    }
}

#[test]
fn a_column_that_is_named_leaves_the_other_kinds_as_they_are() {
    let header = ["E-Mail Address", "phone", "e_mail", "Plan"].map(str::to_owned);
    let named = |kind: &str, name: &str| vec![(kind.to_owned(), name.to_owned())];
    let found = Recognised::of(&header, &named("email", "E-Mail Address"));
    assert_eq!(found.argument(), json!({"email": ["E-Mail Address"], "phone": ["phone"]}));
    assert!(found.missing().is_empty());
    assert_eq!(found.ignored, ["e_mail", "Plan"]);
    let found = Recognised::of(&header, &named("phone", "Mobil"));
    assert_eq!((found.missing(), found.can_identify()), (vec!["Mobil"], true));
    let found = Recognised::of(&header, &named("country", "Plan"));
    assert_eq!(found.argument(), json!({"country": ["Plan"], "email": ["e_mail"], "phone": ["phone"]}));
}

/// A list that is delivered in this process.
async fn tried(path: &std::path::Path, more: &[&str]) -> Result<(Totals, Vec<String>), SandboxError> {
    let list = List::new(path, more);
    list.job().preflight(Reader::Program).await
}

/// A list and the function in this process that delivers it.
struct List {
    arguments: Arguments,
    function: Function,
    world: World,
    recognised: Recognised,
}

impl List {
    fn new(path: &std::path::Path, more: &[&str]) -> Self {
        let line = [&[path.to_str().unwrap(), "--audience", "vip", "--action", "add", "--yes"], more].concat();
        let arguments = arguments(&line);
        let (function, world) = find(&arguments).unwrap();
        let recognised = Recognised::of(&Rows::open(path).unwrap().header(), &arguments.columns);
        Self { arguments, function, world: world.unwrap(), recognised }
    }

    fn job(&self) -> deliver::Job<'_> {
        let format = Rows::open(&self.arguments.file).unwrap().format();
        deliver::Job {
            function: &self.function,
            arguments: &self.arguments,
            recognised: &self.recognised,
            input: batch_input(&self.arguments, &self.recognised, format),
            version: Version::of(&self.arguments.file),
        }
    }

    fn members(&self) -> usize {
        let audiences = self.world.tiktok.audiences_named("vip");
        audiences.iter().map(|audience| self.world.tiktok.members(audience).len()).sum()
    }
}

#[tokio::test]
async fn records_without_the_columns_of_the_list_are_counted_and_their_list_goes_on() {
    let folder = Folder::new("sparse");
    let nobody = "{\"plan\":\"free\"}\n".repeat(999) + "{}\n";
    let text = nobody.clone()
        + &nobody
        + "{\"E-Mail\":\"a@example.com\"}\n{\"Mail\":\"b@example.com\",\"phone\":\"+14155550100\"}\n";
    let path = folder.put("a.jsonl", text);
    let (found, names) = tried(&path, &[]).await.unwrap();
    assert_eq!((found.rows, found.usable, found.skipped), (2_002, Some(2), 2_000));
    assert_eq!(found.reasons, [("NO_IDENTIFIER".to_owned(), 2_000)].into());
    assert_eq!(names, ["plan", "E-Mail", "Mail", "phone"]);
    // The kind that is named is found by its name alone, the others as ever.
    let (found, _) = tried(&path, &["--column", "email=Mail"]).await.unwrap();
    assert_eq!((found.rows, found.usable, found.skipped, found.ignored_columns), (2_002, Some(1), 2_001, 1));
    let (found, _) = tried(&path, &["--column", "country=plan"]).await.unwrap();
    assert_eq!((found.rows, found.usable), (2_002, Some(2)), "{found:?}");
    let list = List::new(&path, &["--column", "email=Mail"]);
    let verdict = list.job().deliver(2_002, Reader::Program).await.unwrap();
    assert_eq!((verdict, list.members()), (Verdict::Problems, 2));
}

#[tokio::test]
async fn columns_that_are_not_sent_are_counted() {
    let folder = Folder::new("ignored");
    let path = folder.put("a.csv", "email,Plan,Name\na@example.com,free,Jane\n");
    let (found, _) = tried(&path, &[]).await.unwrap();
    assert_eq!(found.ignored_columns, 2);
}

#[tokio::test]
async fn rows_that_are_to_be_removed_are_not_added() {
    let folder = Folder::new("action");
    for (name, text) in [
        ("a.csv", "email,action\na@example.com,remove\nb@example.com,add\nc@example.com, Delete\n"),
        (
            "a.jsonl",
            "{\"email\":\"a@example.com\",\"action\":\"remove\"}\n{\"email\":\"b@example.com\"}\n\
             {\"action\":\"Delete\",\"email\":\"c@example.com\"}\n",
        ),
    ] {
        let path = folder.put(name, text);
        for more in [&[][..], &["--column", "email=email"]] {
            let list = List::new(&path, more);
            let (found, _) = list.job().preflight(Reader::Program).await.unwrap();
            assert_eq!((found.usable, found.rejected), (Some(1), 2), "{name} {more:?}");
            assert_eq!(found.reasons, [("INVALID_FIELD".to_owned(), 2)].into());
            assert_eq!((list.job().deliver(3, Reader::Program).await.unwrap(), list.members()), (Verdict::Problems, 1));
        }
    }
}

#[tokio::test]
async fn what_a_file_says_of_its_own_rows_is_no_number() {
    let folder = Folder::new("numbers");
    let text = "{\"_row\":7,\"email\":\"nobody\"}\n{\"email\":\"a@example.com\",\"\\u005frow\":1}\n\
                {\"_source\":\"x\",\"email\":\"nobody\",\"_row\":\"1\"}\n{\"_row\":9}\n";
    let (found, names) = tried(&folder.put("a.jsonl", text), &[]).await.unwrap();
    let rejected: Vec<_> = found.rejected_rows.iter().map(|row| row.row).collect();
    assert_eq!((rejected, found.skipped, names), (vec![1, 3], 1, vec!["email".to_owned()]));
}

#[tokio::test]
async fn a_preflight_that_stops_a_list_leaves_the_numbers_of_its_rejected_rows() {
    let folder = Folder::new("stopped");
    for count in [3, 150] {
        let path = folder.put("a.csv", format!("email\na@example.com\n{}", "nobody\n".repeat(count)));
        let line = [path.to_str().unwrap(), "--audience", "vip", "--action", "add", "--yes"];
        assert_eq!(run(arguments(&line), Reader::Program).await.unwrap(), Verdict::Problems);
        let numbers = std::fs::read_to_string(folder.0.join("a.csv.rejected.csv")).unwrap();
        assert_eq!(numbers.lines().count(), count + 1);
        assert!(numbers.starts_with("row,code\n2,NO_USABLE_IDENTIFIER\n3,"), "{numbers}");
    }
}

#[tokio::test]
async fn a_file_that_is_another_one_than_at_its_preflight_is_not_done() {
    let folder = Folder::new("changed");
    let path = folder.put("a.csv", "email\na@example.com\nb@example.com\n");
    for (rows, members) in [(2, 2), (3, 2), (1, 0)] {
        let list = List::new(&path, &[]);
        let verdict = list.job().deliver(rows, Reader::Program).await.unwrap();
        assert_eq!((verdict == Verdict::Well, list.members()), (rows == 2, members), "{rows} rows at the preflight");
    }
    let list = List::new(&path, &[]);
    let job = list.job();
    std::fs::write(&path, "email\nc@example.com\nd@example.net\n").unwrap();
    assert_eq!(job.deliver(2, Reader::Program).await.unwrap(), Verdict::Problems);
    assert_eq!(list.members(), 0, "nobody is sent whom the preflight did not see");
}

#[tokio::test]
async fn what_only_the_operator_can_fix_stops_a_list_at_its_first_batch() {
    let folder = Folder::new("operator");
    let people: Vec<_> = (1..=3_000).map(|number| format!("person{number}@example.com")).collect();
    let path = folder.put("a.csv", format!("email\n{}", people.join("\n")));
    let rejected = folder.0.join("a.csv.rejected.csv");
    let list = List::new(&path, &[]);
    let mut job = list.job();
    job.input.insert("audience_name".to_owned(), "nobody made it".into());
    assert_eq!(job.deliver(3_000, Reader::Program).await.unwrap(), Verdict::Problems);
    assert!(!rejected.exists(), "the rows are not at fault");
    list.world.tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Code(40105));
    let before = list.world.tiktok.calls().len();
    assert_eq!(list.job().deliver(3_000, Reader::Program).await.unwrap(), Verdict::Problems);
    assert!(list.world.tiktok.calls().len() - before < 5, "a token that is not accepted is not tried again and again");
    assert_eq!(list.members(), 0);
}

#[test]
fn rejected_rows_are_those_of_the_batches_that_are_done() {
    let folder = Folder::new("rejected");
    let path = folder.0.join("a.csv.rejected.csv");
    let of = |row| Totals {
        rejected_rows: vec![totals::RejectedRow { row, code: "NO_USABLE_IDENTIFIER".to_owned() }],
        ..Totals::default()
    };
    let text = || std::fs::read_to_string(&path).unwrap();
    let mut file = RejectedFile::open(path.clone(), 0).unwrap();
    file.add(&of(7)).unwrap();
    let kept = file.flush().unwrap();
    assert_eq!(text(), "row,code\n7,NO_USABLE_IDENTIFIER\n", "what is kept is written");
    file.add(&of(1_008)).unwrap();
    drop(file);
    let mut file = RejectedFile::open(path.clone(), kept).unwrap();
    file.add(&of(1_008)).unwrap();
    assert_eq!(file.finish().unwrap().unwrap(), path);
    assert_eq!(text(), "row,code\n7,NO_USABLE_IDENTIFIER\n1008,NO_USABLE_IDENTIFIER\n", "no row is there twice");
    let file = RejectedFile::open(path.clone(), 0).unwrap();
    assert_eq!(file.finish().unwrap(), None);
    assert!(!path.exists(), "what an earlier run rejected is not of this one");
}

#[test]
fn rejected_rows_are_written_over_nothing_else() {
    let folder = Folder::new("over");
    let list = folder.put("a.csv", "email\na@example.com\n");
    let link = folder.0.join("link.csv");
    std::fs::hard_link(&list, &link).unwrap();
    for (path, expected) in [
        (&list, Some("over the list itself")),
        (&link, Some("over the list itself")),
        (&folder.put("other.csv", "id,code\n"), Some("it has no rejected rows in it")),
        (&folder.put("empty.csv", ""), None),
        (&folder.put("old.csv", "row,code\n1,PARTIAL\n"), None),
        (&folder.0.join("none.csv"), None),
        (&PathBuf::from("/dev/null"), None),
    ] {
        let refused = RejectedFile::refuse_other(path, &list).err();
        let is_usage = refused.as_ref().is_none_or(|error| matches!(error, SandboxError::Usage(_)));
        let found = refused.map(|error| error.to_string()).unwrap_or_default();
        assert!(is_usage && found.contains(expected.unwrap_or_default()), "{}: {found}", path.display());
        assert_eq!(found.is_empty(), expected.is_none(), "{}: {found}", path.display());
    }
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
    let list = List::new(&path, &["--config", config.to_str().unwrap(), "--column", "email=E-Mail Address"]);
    let job = list.job();
    let (found, _) = job.preflight(Reader::Program).await.unwrap();
    let rejected = rows / 6;
    assert_eq!((found.rows, found.usable, found.rejected), (rows, Some(rows - rejected), rejected));
    let tiktok = &list.world.tiktok;
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
    let of = |function| resume::Bookmark::of(&path, Version::of(&path), &input, function);
    let bookmark = of("deliver");
    assert!(bookmark.read().is_none());
    bookmark.keep(1_001, &Totals { rows: 1_000, ..Totals::default() }, 9).unwrap();
    let read = of("deliver").read().unwrap();
    assert_eq!((read.next_row, read.rejected_bytes), (1_001, 9));
    assert!(of("another").read().is_none());
    std::fs::write(&path, "email\na@example.com\n").unwrap();
    assert!(of("deliver").read().is_none());
    bookmark.forget();
    assert!(bookmark.read().is_none());
}

mod text;
mod words;
