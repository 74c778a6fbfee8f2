//! Twenty files as people break them, each with the exact answer; and how an answer is laid out.

use super::*;

/// A file's text, and the path, the message and the hint of its one error.
const BROKEN: [(&str, &str, &str, &str, &str); 29] = [
    (
        "two documents",
        "{\"settings\": {}}\n{\"mappings\": []}",
        "$",
        "is not JSON: expected the end of the text",
        "the first bracket is closed in front of this: there must be nothing behind it",
    ),
    (
        "a backslash",
        r#"{"mappings": [{"name": "C:\users"}]}"#,
        "$",
        "is not JSON: unknown escape",
        r"write \\ for a backslash in a text",
    ),
    (
        "not a number",
        r#"{"settings": {"batch_rows": NaN}}"#,
        "$",
        "is not JSON: expected a value",
        "JSON has no such number; leave the key out",
    ),
    (
        "mappings alone",
        r#"[{"name": "x", "action": "addToAudience"}]"#,
        "$",
        "must be an object: put the mappings under `subscriptions`, and `identity_rules` under `settings`",
        "write {\"mappings\": […]} around it",
    ),
    (
        "a variable of a shell",
        r#"{"settings": {"advertiser_id": "${ADVERTISER}"}}"#,
        "$.settings.advertiser_id",
        "must be 1 to 30 digits",
        "variables are not replaced here; write the value itself",
    ),
    (
        "an action's title",
        r#"{"mappings": [{"name": "x", "action": "Add Users (Legacy)"}]}"#,
        "$.mappings[0].action",
        "unknown action, known are addUser, removeUser, createAudience, addToAudience, removeFromAudience, syncAudience, syncRecords",
        "write \"addUser\"",
    ),
    (
        "CRLF at the end of lines",
        "{\r\n  \"settings\": {\r\n    \"batch_row\": 5\r\n  }\r\n}\r\n",
        "$.settings.batch_row",
        "unknown key, did you mean `batch_rows`?",
        "",
    ),
    (
        "a key that is given twice",
        r#"{"settings": {"batch_rows": 5, "batch_rows": 6}}"#,
        "$.settings.batch_rows",
        "given twice",
        "",
    ),
    (
        "typographic quotes",
        "{“settings”: {}}",
        "$",
        "is not JSON: expected a key in double quotes",
        "`“` is a quote of a word processor; write \" before and behind the text",
    ),
    (
        "a quote that is not closed",
        "{\"settings\": {\n  \"identity_rules\": \"tiktok,\n  \"batch_rows\": 5\n}}",
        "$",
        "is not JSON: control character in a string",
        "the quote that opens a text on line 2 is not closed on that line",
    ),
    (
        "words without quotes in a trigger",
        r#"{"mappings":[{"action":"addUser","trigger":"event = VIP Entered"}]}"#,
        "$.mappings[0].trigger",
        "`Entered` is not something that a condition can be about",
        r#"a text of several words wants quotes: event = \"VIP Entered\""#,
    ),
    (
        "LIKE",
        r#"{"mappings":[{"action":"addUser","trigger":"event LIKE 'VIP%'"}]}"#,
        "$.mappings[0].trigger",
        "`LIKE` is not an operator",
        r#"write match(event, \"VIP*\") for a text with *, or contains(event, \"VIP\")"#,
    ),
    (
        "IN",
        r#"{"mappings":[{"action":"addUser","trigger":"event IN (\"a\", \"b\")"}]}"#,
        "$.mappings[0].trigger",
        "`IN` is not an operator",
        r#"write (event = \"a\" or event = \"b\")"#,
    ),
    (
        "a comma behind the last member",
        r#"{"settings": {"batch_rows": 5,}}"#,
        "$",
        "is not JSON: expected a key in double quotes",
        "remove the comma in front of it; JSON has none behind the last one",
    ),
    (
        "a comma behind the last item",
        r#"{"mappings": [{"preset": "journeys_step_entered_track"},]}"#,
        "$",
        "is not JSON: expected a value",
        "remove the comma in front of it; JSON has none behind the last one",
    ),
    (
        "YAML",
        "settings:\n  batch_rows: 5\n",
        "$",
        "is not JSON: expected a value",
        "this looks like YAML; destination.json is JSON, and `tta schema` describes it",
    ),
    (
        "CSV",
        "name,action\nvip,addUser\n",
        "$",
        "is not JSON: expected a value",
        "this looks like CSV; destination.json is JSON, and `tta schema` describes it",
    ),
    (
        "single quotes",
        "{'settings': {}}",
        "$",
        "is not JSON: expected a key in double quotes",
        "JSON has double quotes only: write \" in place of '",
    ),
    (
        "a comment",
        "{\n  // comment\n  \"settings\": {}}",
        "$",
        "is not JSON: expected a key in double quotes",
        "JSON has no comments; remove it",
    ),
    (
        "an empty file",
        "",
        "$",
        "is not JSON: the text ends here",
        "the file is empty; the smallest destination.json is {}",
    ),
    (
        "a key without quotes",
        "{settings: {}}",
        "$",
        "is not JSON: expected a key in double quotes",
        "write it in double quotes: \"settings\"",
    ),
    (
        "a word of another language",
        r#"{"settings": {"auto_create_audiences": True}}"#,
        "$",
        "is not JSON: expected a value",
        "write true",
    ),
    (
        "a bracket that is not closed",
        r#"{"mappings": [{"preset": "journeys_step_entered_track"}"#,
        "$",
        "is not JSON: the text ends here",
        "a closing `]` is missing",
    ),
    (
        "a comma that is missing",
        r#"{"settings": {"batch_rows": 5 "calls_per_second": 1}}"#,
        "$",
        "is not JSON: expected a comma or the end of the array or object",
        "a comma is missing in front of this",
    ),
    (
        "typographic quotes in a trigger",
        r#"{"mappings":[{"action":"addUser","trigger":"event = “VIP”"}]}"#,
        "$.mappings[0].trigger",
        "`“` means nothing here; write `\"`",
        r#"this is a quote of a word processor; write \" before and behind the text"#,
    ),
    (
        "an id as a number",
        r#"{"settings": {"advertiser_id": 7000000000000000001}}"#,
        "$.settings.advertiser_id",
        "must be a string, not a number",
        "",
    ),
    ("a key that is nearly right", r#"{"mapings": []}"#, "$.mapings", "unknown key, did you mean `mappings`?", ""),
    (
        "a text in a trigger that is not closed",
        r#"{"mappings":[{"action":"addUser","trigger":"event = \"VIP"}]}"#,
        "$.mappings[0].trigger",
        "this \" is never closed; there are no escapes in a text",
        "",
    ),
    (
        "an action that is nearly right",
        r#"{"mappings":[{"action":"addUsers"}]}"#,
        "$.mappings[0].action",
        "unknown action, did you mean `addUser`?",
        "",
    ),
];

fn checked(text: &str) -> Checked {
    Checked::of(Source { name: "x.json".to_owned(), text: text.to_owned() })
}

fn plain(checked: &Checked) -> String {
    anstream::adapter::strip_str(&checked.text()).to_string()
}

#[test]
fn what_people_break_is_answered_with_what_to_do() {
    for (name, text, path, message, hint) in BROKEN {
        let checked = checked(text);
        let [error] = checked.findings.errors.as_slice() else { panic!("{name}: {:?}", checked.findings.errors) };
        assert_eq!((error.path.as_str(), error.message.as_str()), (path, message), "{name}");
        assert_eq!(super::hint(text, error).unwrap_or_default(), hint, "{name}");
        assert_eq!(checked.verdict(false), Verdict::Problems, "{name}");
    }
}

#[test]
fn a_problem_is_shown_once_at_its_place() {
    let expected = "\
error: $.settings.batch_row: unknown key, did you mean `batch_rows`?
 --> x.json:2:16
  |
2 |   \"settings\": {\"batch_row\": 5}
  |                ^^^^^^^^^^^

no mappings of this file could be read

x.json: 1 error, 0 warnings
";
    let text = "{\n  \"settings\": {\"batch_row\": 5}\n}";
    let shown = plain(&checked(text));
    assert_eq!(shown, expected);
}

#[test]
fn of_a_minified_file_a_window_is_shown() {
    let one = r#"{"preset":"journeys_step_entered_track","name":"N"},"#;
    let many = (0..40).map(|number| one.replace('N', &number.to_string())).collect::<String>();
    let text =
        format!(r#"{{"mappings":[{many}{{"action":"addUsers","name":"broken"}},{}]}}"#, one.trim_end_matches(','));
    let shown = plain(&checked(&text));
    let window = shown.lines().find(|line| line.contains("addUsers")).unwrap();
    assert!(window.chars().count() < 160, "{window}");
    assert!(shown.contains(&format!("x.json:1:{}", text.find("\"addUsers\"").unwrap() + 1)), "{shown}");
    assert_eq!(shown.matches("unknown action").count(), 1, "{shown}");
}

#[test]
fn what_the_file_says_is_shown_with_what_is_broken() {
    let text = r#"{"mappings":[{"action":"addUsers","name":"first"},{"preset":"journeys_step_entered_track","name":"second"}]}"#;
    let checked = checked(text);
    let shown = plain(&checked);
    let line =
        |name: &str| shown.lines().find(|line| line.contains(name) && line.contains(['✓', '✗'])).unwrap().to_owned();
    assert!(line("first").starts_with('✗') && line("first").contains("addUsers"), "{shown}");
    assert!(line("second").starts_with('✓'), "{shown}");
    assert_eq!(checked.json()["mappings"][0]["broken"], true);
    for broken in ["{", r#"{"mapings": []}"#] {
        assert!(!plain(&self::checked(broken)).contains("addToAudience"), "defaults are not the user's");
    }
    let defaults = plain(&self::checked("{}"));
    assert!(defaults.starts_with("the file has no mappings, so that these default mappings hold:"), "{defaults}");
}

#[test]
fn warnings_fail_a_strict_check_only() {
    let text = r#"{"mappings":[{"preset":"journeys_step_entered_track","trigger":"event = \"a\" and"}]}"#;
    let checked = checked(text);
    assert_eq!((checked.findings.errors.len(), checked.findings.warnings.len()), (0, 1), "{:?}", checked.findings);
    assert_eq!((checked.verdict(false), checked.verdict(true)), (Verdict::Well, Verdict::Problems));
}

#[test]
fn an_event_in_the_place_of_a_configuration_is_known() {
    let text = r#"{"type": "track", "event": "Audience Entered"}"#;
    let checked = checked(text);
    let hint = hint(text, &checked.findings.errors[0]);
    assert_eq!(hint.as_deref(), Some("this looks like an event: `tta explain` says what would become of it"));
}

#[test]
fn a_name_without_end_is_shown_by_its_beginning() {
    let text = format!(r#"{{"mappings":[{{"name":"{}","action":"addUser"}}]}}"#, "x".repeat(1_000_000));
    let listing = checked(&text).listing.text();
    assert!(listing.contains("xxx…") && listing.chars().filter(|letter| *letter == 'x').count() == 300, "{listing}");
}
