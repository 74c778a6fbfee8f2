use proptest::prelude::*;

use super::*;

#[track_caller]
fn rejects(text: &str, offset: usize, reason: JsonErrorKind) {
    assert_eq!(Document::parse(text).err(), Some(JsonError { offset, reason }), "{text}");
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    rejects("", 0, JsonErrorKind::UnexpectedEnd);
    rejects("  ", 2, JsonErrorKind::UnexpectedEnd);
    rejects("{", 1, JsonErrorKind::UnexpectedEnd);
    rejects("[1,]", 3, JsonErrorKind::ExpectedValue);
    rejects("{\"a\":1,}", 7, JsonErrorKind::ExpectedKey);
    rejects("{a:1}", 1, JsonErrorKind::ExpectedKey);
    rejects("{\"a\" 1}", 5, JsonErrorKind::ExpectedColon);
    rejects("[1 2]", 3, JsonErrorKind::ExpectedCommaOrEnd);
    rejects("[1}", 2, JsonErrorKind::ExpectedCommaOrEnd);
    rejects("01", 1, JsonErrorKind::TrailingText);
    rejects("1.", 2, JsonErrorKind::BadNumber);
    rejects("-", 1, JsonErrorKind::BadNumber);
    rejects("1e+", 3, JsonErrorKind::BadNumber);
    rejects("tru", 0, JsonErrorKind::ExpectedValue);
    rejects("\"\\x\"", 2, JsonErrorKind::BadEscape);
    rejects("\"\\u12g4\"", 5, JsonErrorKind::BadEscape);
    rejects("\"a\nb\"", 2, JsonErrorKind::ControlCharacter);
    rejects("\"abc", 4, JsonErrorKind::UnexpectedEnd);
    rejects("{} {}", 3, JsonErrorKind::TrailingText);
}

/// Members that are texts are read one after the other without a look at anything between them.
#[test]
fn what_is_wrong_among_members_that_are_texts_has_its_place_too() {
    for (text, offset, reason) in [
        (r#"{"a":"b"x}"#, 8, JsonErrorKind::ExpectedCommaOrEnd),
        (r#"{"a":"b"]"#, 8, JsonErrorKind::ExpectedCommaOrEnd),
        (r#"{"a":"b""#, 8, JsonErrorKind::UnexpectedEnd),
        (r#"{"a":"b","#, 9, JsonErrorKind::UnexpectedEnd),
        (r#"{"a":"b",}"#, 9, JsonErrorKind::ExpectedKey),
        (r#"{"a":"b",1}"#, 9, JsonErrorKind::ExpectedKey),
        (r#"{"a":"b","c"}"#, 12, JsonErrorKind::ExpectedColon),
        (r#"{"a":"b","c":}"#, 13, JsonErrorKind::ExpectedValue),
        (r#"{"a":"b","c":"d"#, 15, JsonErrorKind::UnexpectedEnd),
        ("{\"a\":\"b\",\"c\":\"\n\"}", 14, JsonErrorKind::ControlCharacter),
        (r#"{"a":"b","c":"\x"}"#, 15, JsonErrorKind::BadEscape),
        (r#"["a":"b"]"#, 4, JsonErrorKind::ExpectedCommaOrEnd),
    ] {
        rejects(text, offset, reason);
    }
}

#[test]
fn nesting_ends_at_the_limit() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Document::parse(nested(MAX_DEPTH)).is_ok());
    rejects(&nested(MAX_DEPTH + 1), MAX_DEPTH + 1, JsonErrorKind::TooDeep);
}

#[test]
fn values_are_read_where_they_stand() {
    let document = Document::parse(
        r#" {"a": [1, -2.50e3, "x\ty\u00e9\ud83d\ude00"], "b": true, "id": 7318294418293948234567, "a\"b": {}} "#,
    )
    .unwrap();
    let root = document.root();
    assert_eq!(root.len(), 4);
    let a = root.get("a").unwrap();
    assert_eq!(a.raw(), r#"[1, -2.50e3, "x\ty\u00e9\ud83d\ude00"]"#);
    assert_eq!(a.item(1).unwrap().as_f64(), Some(-2500.0));
    assert_eq!(a.item(2).unwrap().as_str().unwrap(), "x\tyé😀");
    assert_eq!(root.get("b").unwrap().as_bool(), Some(true));
    assert_eq!(root.get("id").unwrap().as_number(), Some("7318294418293948234567"));
    assert!(root.get("a\"b").unwrap().is_empty());
    assert!(root.get("missing").is_none());
    assert!(root.path(&["a", "b"]).is_none());
}

#[test]
fn the_last_of_several_members_with_one_name_counts() {
    let document = Document::parse(r#"{"a":1,"a":2}"#).unwrap();
    assert_eq!(document.root().get("a").unwrap().as_number(), Some("2"));
}

#[test]
fn half_an_emoji_reads_as_the_replacement_character() {
    for (text, expected) in [
        (r#""a\ud83d""#, "a\u{fffd}"),
        (r#""\ude00b""#, "\u{fffd}b"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\u0041\u0042""#, "AB"),
    ] {
        assert_eq!(Document::parse(text).unwrap().root().as_str().unwrap(), expected, "{text}");
    }
}

#[test]
fn debug_shows_no_content() {
    let document = Document::parse(r#"{"email":"jane@example.com"}"#).unwrap();
    let shown = format!("{document:?} {:?} {:?}", document.root(), document.root().members());
    assert!(!shown.contains("jane") && !shown.contains("email"), "{shown}");
}

#[test]
fn a_text_that_is_not_json_comes_back_with_its_error() {
    let unparsed = Document::try_parse("{jane@example.com").unwrap_err();
    assert_eq!((unparsed.text.as_ref(), unparsed.error.offset), ("{jane@example.com", 1));
    assert!(!format!("{unparsed:?}").contains("jane"));
}

#[test]
fn a_member_is_cut_out_and_the_rest_stays_as_it_was_written() {
    for (text, expected) in [
        (r#"{"writeKey":"k"}"#, Some("{}")),
        (r#"{"a":1.50, "writeKey":"k","b":"\u00e9"}"#, Some(r#"{"a":1.50,"b":"\u00e9"}"#)),
        (r#"{"writeKey":1,"a":[ 1 ],"write\u004bey":2}"#, Some(r#"{"a":[ 1 ]}"#)),
        (r#"{"a":{"writeKey":"k"}}"#, None),
        (r#"["writeKey"]"#, None),
    ] {
        let document = Document::parse(text).unwrap();
        assert_eq!(document.root().without_member("writeKey").as_deref(), expected, "{text}");
    }
}

/// Any JSON tree.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// A character, and one of the ways to write it inside of a string.
fn any_spelling() -> impl Strategy<Value = (char, String)> {
    let unicode = |character: char| {
        let mut units = [0; 2];
        character.encode_utf16(&mut units).iter().fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"))
    };
    let short = [('"', "\\\""), ('\\', "\\\\"), ('/', "\\/"), ('\n', "\\n"), ('\t', "\\t"), ('\r', "\\r")];
    let short = short.into_iter().chain([('\u{8}', "\\b"), ('\u{c}', "\\f")]);
    prop_oneof![
        2 => "[a-z{}:,]".prop_map(|text| (text.chars().next().unwrap(), text)),
        2 => prop::sample::select(short.collect::<Vec<_>>()).prop_map(|(character, text)| (character, text.to_owned())),
        1 => any::<char>().prop_map(move |character| (character, unicode(character))),
        1 => prop::sample::select(vec!['é', '€', '😀']).prop_map(|character| (character, character.to_string())),
    ]
}

/// A piece of a string's inside; some are none.
fn any_piece() -> impl Strategy<Value = &'static str> {
    let right = ["ab", "\\\"", "\\\\", "\\n", "\\u00e9", "é", "{}", "id"];
    let wrong = ["\"", "\\", "\n", "\\x", "\\u12"];
    prop_oneof![500 => prop::sample::select(right.to_vec()), 1 => prop::sample::select(wrong.to_vec())]
}

#[test]
fn of_a_document_that_forgets_only_what_is_kept_is_there() {
    let text = r#"[{"n":[1,2],"id":"a\u0062"},7,{},"x",[],{"id":2,"n":3},{"id":[1]}]"#;
    let mut document = Document::parse(text).unwrap();
    let items = document.root().items();
    let mut kept: Vec<(u32, Option<u32>)> =
        items.map(|item| (item.position(), item.get("id").map(Value::position))).collect();
    let keep = |document: &mut Document<'_>, kept: &mut [(u32, Option<u32>)]| {
        document.retain(kept.iter_mut().map(|(position, id)| (position, id)));
    };
    keep(&mut document, &mut kept);
    document.release();
    let raw: Vec<_> = kept.iter().map(|(position, _)| document.value_at(*position).raw()).collect();
    let texts = [r#"{"n":[1,2],"id":"a\u0062"}"#, "7", "{}", r#""x""#, "[]", r#"{"id":2,"n":3}"#, r#"{"id":[1]}"#];
    assert_eq!(raw, texts);
    let ids: Vec<_> = kept.iter().map(|(_, id)| id.map(|id| document.value_at(id).raw())).collect();
    assert_eq!(ids, [Some(r#""a\u0062""#), None, None, None, None, Some("2"), None], "an array is not kept");
    for ((position, id), members) in kept.iter().zip([1, 0, 0, 0, 0, 1, 0]) {
        let value = document.value_at(*position);
        assert_eq!((value.len(), value.get("id").map(Value::position)), (members, *id), "one member or none is left");
    }
    assert_eq!(document.values(), 16, "an end for each array and object");
    keep(&mut document, &mut []);
    assert_eq!(document.values(), 16, "what is kept stays");
}

fn any_piece_of_an_object() -> impl Strategy<Value = &'static str> {
    const LONG: &str = r#""longer than a block of what the parser looks at at a time, and then some more""#;
    prop_oneof![
        4 => Just(r#""a""#), 4 => Just(":"), 4 => Just(","), 1 => Just(LONG), 1 => Just(r#"" ""#), 1 => Just("1"),
        1 => Just("{"), 1 => Just("}"), 1 => Just("[]"), 1 => Just(" "), 1 => Just(r#"":""#), 1 => Just(r#"",""#),
    ]
}

proptest! {
    #[test]
    fn members_are_accepted_exactly_when_serde_json_accepts_them(
        pieces in prop::collection::vec(any_piece_of_an_object(), 0..14),
    ) {
        let text = format!("{{{}}}", pieces.concat());
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert_eq!(Document::parse(&*text).map(|ours| ours.root().to_owned_json()).ok(), theirs.ok(), "{}", text);
    }

    #[test]
    fn every_written_tree_is_read_back(tree in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) }.unwrap();
        let document = Document::parse(text.as_str()).unwrap();
        prop_assert_eq!(document.root().raw(), text.trim());
        prop_assert_eq!(document.root().to_owned_json(), tree);
    }

    #[test]
    fn a_text_reads_the_same_however_it_is_escaped(characters in prop::collection::vec(any_spelling(), 0..300)) {
        let (text, written): (String, String) = characters.into_iter().unzip();
        let document = Document::parse(format!("\"{written}\"")).unwrap();
        prop_assert_eq!(document.root().as_str().unwrap(), text);
    }

    #[test]
    fn json_inside_of_json_is_read_back(tree in any_json(), depth in 1..4_usize) {
        let texts: Vec<String> = std::iter::successors(Some(tree.to_string()), |inner| {
            Some(serde_json::Value::from(inner.as_str()).to_string())
        }).take(depth + 1).collect();
        for pair in texts.windows(2) {
            let document = Document::parse(pair[1].as_str()).unwrap();
            prop_assert_eq!(document.root().as_str().unwrap(), pair[0].as_str());
        }
    }

    #[test]
    fn a_long_string_is_read_as_serde_json_reads_it(pieces in prop::collection::vec(any_piece(), 0..200)) {
        let text = format!("\"{}\"", pieces.concat());
        match (Document::parse(text.as_str()), serde_json::from_str::<serde_json::Value>(&text)) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours.root().as_str().unwrap(), theirs.as_str().unwrap()),
            (ours, theirs) => prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}", text),
        }
    }

    #[test]
    fn text_is_accepted_exactly_when_serde_json_accepts_it(text in r#"[\[\]{}:, "\\a0-9.eE+\-tfn]{0,24}|.{0,24}"#) {
        let ours = Document::parse(text.as_str()).is_ok();
        let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
        prop_assert_eq!(ours, theirs, "{}", text);
    }
}

#[test]
fn each_member_comes_by_the_name_that_it_means() {
    let document = Document::parse(r#"{"a":1,"\u0061":"two","b":{"c":[3]},"":null}"#).unwrap();
    let mut members = Vec::new();
    document.root().each_member(|name, value| members.push((name.to_vec(), value.raw())));
    let expected = [("a", "1"), ("a", "\"two\""), ("b", r#"{"c":[3]}"#), ("", "null")];
    assert_eq!(members, expected.map(|(name, value)| (name.as_bytes().to_vec(), value)));

    for no_object in ["[1]", "\"a\"", "{}"] {
        let mut count = 0;
        Document::parse(no_object).unwrap().root().each_member(|_name, _value| count += 1);
        assert_eq!(count, 0, "{no_object}");
    }
}

#[test]
fn texts_of_every_short_length_are_told_apart_by_every_byte() {
    let text: Vec<u8> = (0..40).collect();
    for length in 0..=text.len() {
        let text = &text[..length];
        let mut other = text.to_vec();
        assert!(is_equal(text, &other), "{length}");
        for place in 0..length {
            other[place] ^= 0x80;
            assert!(!is_equal(text, &other), "{place} of {length}");
            other[place] ^= 0x80;
        }
    }
}
