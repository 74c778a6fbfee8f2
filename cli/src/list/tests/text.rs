//! Text as people and spreadsheets write it: what is read of it, and what is refused with its place.

use super::*;

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
        (
            "header.csv",
            format!("email,{}\n", "x".repeat(5_000_000)),
            "header.csv: the header (line 1): it is longer than 4 MB",
        ),
        ("long.csv", long_line, "row 1 (line 2): it is longer than 4 MB"),
        ("quote.csv", open_quote, "row 2 (line 3): it has 5001 lines: a quote that never closes?"),
        (
            "short.csv",
            "id,email\n\"1,a@example.com\n2,b@example.com\n".to_owned(),
            "row 1 (line 2): a quote in it never closes",
        ),
        ("one.csv", "email\n\"a@example.com\nb@example.com\n".to_owned(), "row 1 (line 2): a quote in it never closes"),
        (
            "open.csv",
            "email,phone\na@example.com,1\nb@example.com,\"2".to_owned(),
            "row 2 (line 3): a quote in it never closes",
        ),
        ("head.csv", "email,\"phone\na@example.com,1\n".to_owned(), "the header (line 1): a quote in it never closes"),
        ("blank.jsonl", " \n\n".to_owned(), "the file is empty"),
        (
            "long.jsonl",
            format!("\n{{\"email\":\"{}\"}}\n", "x".repeat(5_000_000)),
            "row 1 (line 2): it is longer than 4 MB",
        ),
        ("a.csv.gz", "email\na@example.com\n".to_owned(), "a.csv.gz: it is named as gzip and is none"),
        ("a.csv.zst", "email\na@example.com\n".to_owned(), "a.csv.zst: it is named as zstd and is none"),
    ] {
        let error = texts(&folder.put(name, content)).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    let latin =
        texts(&folder.put("latin.csv", b"email\na@example.com\nstra\xdfe@example.com\n")).unwrap_err().to_string();
    assert!(latin.contains("row 2 (line 3): column 1 is not UTF-8; save the file as UTF-8"), "{latin}");
    let latin = texts(&folder.put("latin.csv", b"email;stra\xdfe\na@example.com;1\n")).unwrap_err().to_string();
    assert!(latin.contains("the header (line 1): column 2 is not UTF-8; save the file as UTF-8"), "{latin}");
    let missing = texts(&folder.0.join("missing.csv")).unwrap_err().to_string();
    assert!(missing.contains("missing.csv: No such file"), "{missing}");
}

#[test]
fn a_header_says_what_stands_between_its_names_and_utf_16_is_read() {
    let folder = Folder::new("spreadsheets");
    for (name, text, expected) in [
        ("a.csv", "\u{feff}email;phone\r\na@example.com;+49 30 1\r\n", ["email|phone", "a@example.com|+49 30 1"]),
        ("b.csv", "email\tphone\na@example.com\t1\n", ["email|phone", "a@example.com|1"]),
        ("c.csv", "email|phone\na@example.com|1\n", ["email|phone", "a@example.com|1"]),
        ("d.csv", "email,plan;tier;level\na@example.com,1;2\n", ["email|plan;tier;level", "a@example.com|1;2"]),
        ("e.csv", "\"Name, first\";email\nJane;a@example.com\n", ["Name, first|email", "Jane|a@example.com"]),
        ("f.csv", "\r\n \nemail;phone\na@example.com;1\n", ["email|phone", "a@example.com|1"]),
        ("g.csv", "\u{feff}sep=;\r\nemail,name;phone\r\na@example.com;1\r\n", ["email,name|phone", "a@example.com|1"]),
        ("h.csv", "\"sep=\t\"\n\nemail\tphone\na@example.com\t1\n", ["email|phone", "a@example.com|1"]),
        ("i.csv", "sep=ab\na@example.com\n", ["sep=ab", "a@example.com"]),
    ] {
        assert_eq!(texts(&folder.put(name, text)).unwrap(), expected, "{name}");
        let text = text.trim_start_matches('\u{feff}');
        let wide: Vec<u8> = std::iter::once('\u{feff}')
            .chain(text.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(texts(&folder.put(name, wide)).unwrap(), expected, "{name} as UTF-16");
    }
    let wide: Vec<u8> = "\u{feff}{\"email\":1}\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(texts(&folder.put("a.jsonl", wide)).unwrap(), ["email", "{\"email\":1}"]);
}

#[test]
fn a_quote_that_is_left_open_swallows_nobody() {
    let folder = Folder::new("quotes");
    let line = |number: u64| format!("user{number}@example.com,x\n");
    let good = |from: u64, to: u64| (from..=to).map(line).collect::<Vec<_>>().concat();
    let never_closes = |place: &str| format!("{place}: a quote in it never closes");
    for (text, expected) in [
        ("a@example.com,\"x\nb@example.com,y\nc@example.com,z".to_owned(), never_closes("row 1 (line 3)")),
        (
            good(1, 3) + "q@example.com,\"Bob\n" + &good(4, 900) + "s@example.com,\"Ann\"\n" + &good(901, 905),
            never_closes("row 4 (line 6)"),
        ),
        (good(1, 2) + "a@example.com,\"x\r\nb@example.com,\"y\"\r\n", never_closes("row 3 (line 5)")),
        (good(1, 2) + "a@example.com,\"x", never_closes("row 3 (line 5)")),
        (good(1, 2) + "a@example.com,\"x\"\"\nb@example.com,y\n", never_closes("row 3 (line 5)")),
    ] {
        let error = texts(&folder.put("open.csv", format!("sep=,\nemail,name\n{text}"))).unwrap_err().to_string();
        assert!(error.ends_with(&expected), "{text}: {error}");
    }
    // Cells of several lines, quotes in quotes, and quotes that open nothing.
    let text = "\u{feff}\"email\",name\na@example.com,\"x\n, \"\"y\"\"\n\"\nb@example.com,5\" \"z\"\nc@example.com,\"z\" or so\n\
                d@example.com,\"\n\"";
    let rows = [
        "email|name",
        "a@example.com|x\n, \"y\"\n",
        "b@example.com|5\" \"z\"",
        "c@example.com|z or so",
        "d@example.com|\n",
    ];
    assert_eq!(texts(&folder.put("good.csv", text)).unwrap(), rows);
}
