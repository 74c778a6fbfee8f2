use proptest::prelude::*;

use super::glob::Glob;
use super::*;
use crate::json::Document;
use crate::mapping::samples::{any_json, any_key};

/// Segment's answers to many triggers on one event, and ours.
const ROWS: &str = include_str!("../../../tests/data/triggers.json");

fn answer(trigger: &str, event: &str) -> String {
    let document = Document::parse(event).unwrap();
    let event = Event::read(document.root()).unwrap();
    match Trigger::parse(trigger) {
        Ok(trigger) => trigger.matches(&event).to_string(),
        Err(_) => "error".to_owned(),
    }
}

#[test]
fn segments_examples_give_its_answer_or_a_noted_one() {
    let document = Document::parse(ROWS).unwrap();
    let event = document.root().get("event").unwrap().raw();
    let rows: Vec<_> = document.root().get("rows").unwrap().items().collect();
    assert_eq!(rows.len(), 177);
    for row in rows {
        let word = |key| row.get(key).unwrap().raw().trim_matches('"');
        let text = row.get("fql").unwrap().as_str().unwrap();
        assert_eq!(answer(&text, event), word("ours"), "{text}");
        assert_eq!(
            word("ours") != word("segment"),
            row.get("note").is_some_and(|note| !note.is_str("remark")),
            "{text}"
        );
        let remarked = Trigger::parse(&text).is_ok_and(|trigger| !trigger.remarks().is_empty());
        assert_eq!(remarked, row.get("remarked").is_some(), "{text}");
    }
}

#[track_caller]
fn check(trigger: &str, event: &str, expected: &str) {
    assert_eq!(answer(trigger, event), expected, "{trigger} on {event}");
}

#[test]
fn what_is_written_is_what_is_read() {
    let event =
        r#"{"type":"track","event":"Audience Entered","userId":"an","messageId":"m-1","properties":{"n":5,"t":true}}"#;
    check("userId = an", event, "true");
    check("properties.n=5", event, "true");
    check("type = \"track\"and event = \"Audience Entered\"", event, "true");
    check("type = \"track\"\r\nand\r\nevent = \"X\"", event, "false");
    check("not (type = \"track\" and (event = \"X\" or !(properties.n = 6)))", event, "false");
    check("!contains(event, \"Exited\") AND NOT properties.t = false", event, "true");
    check("event != null and type != null and name = null", event, "true");
    check("event = null or type = null", event, "false");
    check("messageId = \"m-1\" and anonymousId = null", event, "true");
    check("properties.n = 5.0 and properties.n < 1e3", event, "true");
    check("match(event, \"Audience*ed\")", event, "true");
    check("!match(properties.n, \"x\")", event, "false");
    check("not match(properties.n, \"x\")", event, "true");
}

#[test]
fn more_than_one_meaning_is_refused() {
    let event = r#"{"type":"track"}"#;
    for trigger in [
        "type = \"a\" or type = \"b\" and type = \"c\"",
        "type = \"a\" type = \"b\" or type = \"c\"",
        "and type = \"a\" or type = \"b\"",
        "type = \"a\" or type = \"b\" and",
        "properties.n !=5",
        "properties.n >=5",
        "userId = 5.0",
        "userId = 7318294418293948234",
        "properties.n > \"abc\"",
        "contains(userId, null)",
        "contains(type, \"x\")",
        "properties.a = properties.b",
        "groupId = \"g\"",
        "properties.\\. = 1",
        "",
    ] {
        check(trigger, event, "error");
    }
    check(&format!("{}type = \"track\"{}", "(".repeat(50), ")".repeat(50)), event, "true");
    check(&format!("{}type = \"track\"{}", "(".repeat(51), ")".repeat(51)), event, "error");
    check(&"(".repeat(100_000), event, "error");
}

/// The line of a mistake, a mark under its place, and the sentence.
#[track_caller]
fn check_error(trigger: &str, expected: &str) {
    let error = Trigger::parse(trigger).unwrap_err();
    let line = trigger.split('\n').nth(error.line - 1).unwrap();
    let indent: String = line.chars().take(error.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let shown = error.to_string();
    let (_, sentence) = shown.split_once(": ").unwrap();
    assert_eq!(format!("{line}\n{indent}{}\n{sentence}", "^".repeat(error.width.max(1))), expected);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    check_error(
        "type = \"track\" and\n  evnt = \"X\"",
        "  evnt = \"X\"\n  ^^^^\n`evnt` is not something that a condition can be about; write `event`",
    );
    check_error("type == \"track\"", "type == \"track\"\n     ^^\n`==` is not an operator; write `=`");
    check_error(
        "contain(event, \"x\")",
        "contain(event, \"x\")\n^^^^^^^\nthere is no function `contain`, only `contains` and `match`; write `contains`",
    );
    check_error(
        "properties.list.0 = 1",
        "properties.list.0 = 1\n                ^\nas a key, `0` wants a backslash; write `properties.list.\\0`",
    );
    check_error(
        "properties.list[0] = 1",
        "properties.list[0] = 1\n               ^\na bracket wants a backslash; write `properties.list\\[0\\]`",
    );
    check_error("type = \"track", "type = \"track\n       ^\nthis \" is never closed; there are no escapes in a text");
    check_error("(type = \"track\"", "(type = \"track\"\n^\nthis parenthesis is never closed");
    check_error("properties.n>4", "properties.n>4\n            ^\n`>` cannot follow a word; write `n > `");
    check_error(
        "event = \"X\" && type = \"track\"",
        "event = \"X\" && type = \"track\"\n            ^\n`&` means nothing here; write `and`",
    );
    check_error(
        "properties.\\\u{fffd}\\\u{fffd} = 1",
        "properties.\\\u{fffd}\\\u{fffd} = 1\n           ^^^^\nthese are halves of a character; write a backslash and all of it",
    );
    check_error("properties.é = 1", "properties.é = 1\n           ^\n`é` means nothing here; write `\\é`");
    assert_eq!(
        Trigger::parse("type = \"a\"\nor\nTYPE = \"b\"").unwrap_err().to_string(),
        "line 3, column 1: `TYPE` is not something that a condition can be about; write `type`"
    );
}

#[test]
fn the_failing_part_is_named_without_the_events_values() {
    let document = Document::parse(r#"{"type":"track","event":"secret","properties":{"n":5}}"#).unwrap();
    let event = Event::read(document.root()).unwrap();
    for (trigger, expected) in [
        ("type = \"track\" and event = \"X\"", Some("event = \"X\"")),
        ("type = \"track\" and (event = \"X\" or userId = \"u\")", Some("event = \"X\" or userId = \"u\"")),
        ("type = \"track\" and (properties.n = 5 and !(type = \"track\"))", Some("!(type = \"track\")")),
        ("type = \"track\"", None),
    ] {
        assert_eq!(Trigger::parse(trigger).unwrap().failing(&event).as_deref(), expected);
    }
}

fn any_subject() -> impl Strategy<Value = Subject> {
    let keys = || {
        prop::collection::vec(
            any_key().prop_filter("keys are not empty", |key| !key.is_empty() && !key.contains(['.', '[', ']'])),
            1..4,
        )
        .prop_map(|keys| keys.into_iter().map(Into::into).collect::<Box<[Box<str>]>>())
    };
    prop_oneof![
        Just(Subject::Kind),
        Just(Subject::Event),
        Just(Subject::Name),
        Just(Subject::UserId),
        Just(Subject::AnonymousId),
        Just(Subject::MessageId),
        keys().prop_map(Subject::Properties),
        keys().prop_map(Subject::Traits),
        keys().prop_map(Subject::Context),
    ]
}

fn any_check(subject: Subject) -> BoxedStrategy<(Subject, Check)> {
    let text = || prop_oneof!["[a-z\"' ]{0,4}", any::<String>()].prop_map(Into::<Box<str>>::into);
    let comparison = prop::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let mut checks = vec![
        text().prop_map(Check::Is).boxed(),
        text().prop_map(Check::IsNot).boxed(),
        Just(Check::Exists).boxed(),
        Just(Check::Absent).boxed(),
    ];
    if subject.has_booleans() {
        checks.push(any::<bool>().prop_map(Check::IsBoolean).boxed());
        checks.push(any::<bool>().prop_map(Check::IsNotBoolean).boxed());
    }
    if subject.has_numbers() {
        let number = any::<f64>().prop_filter("numbers are finite", |number| number.is_finite());
        checks.push((comparison, number).prop_map(|(comparison, number)| Check::Number(comparison, number)).boxed());
    }
    if subject != Subject::Kind {
        checks.push((text(), any::<bool>()).prop_map(|(text, wanted)| Check::Contains(text, wanted)).boxed());
        checks
            .push((text(), any::<bool>()).prop_map(|(text, wanted)| Check::Matches(Glob::new(&text), wanted)).boxed());
    }
    (Just(subject), prop::strategy::Union::new(checks)).boxed()
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let test =
        any_subject().prop_flat_map(any_check).prop_map(|(subject, check)| Condition::Test(Test { subject, check }));
    test.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::Any),
            inner.prop_map(|part| Condition::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(condition in any_condition()) {
        let printed = condition.to_string();
        prop_assume!(!printed.contains(lexer::HALVES));
        let read = Trigger::parse(&printed);
        prop_assert_eq!(read.as_ref().map(|trigger| &trigger.condition), Ok(&condition), "{}", printed);
    }

    #[test]
    fn reading_never_panics_and_prints_stably(text in r#"[ ()a-f.="'\\!<>0-9,\[\]\r\n]{0,40}|(type|event|properties\.a|and|or|not|contains|=|!=|"x"|5|null|true|\(|\)|,| ){0,16}"#) {
        if let Ok(trigger) = Trigger::parse(&text) {
            let again = Trigger::parse(&trigger.to_string()).unwrap();
            prop_assert_eq!(&again.condition, &trigger.condition);
            prop_assert!(again.remarks.is_empty() || trigger.to_string().contains("properties.properties") || trigger.to_string().contains("traits.traits") || trigger.to_string().contains("context.context"));
        }
    }

    #[test]
    fn evaluation_takes_any_event(condition in any_condition(), event in any_json()) {
        let event = serde_json::json!({"type": "track", "properties": event, "context": event}).to_string();
        let document = Document::parse(event.as_str()).unwrap();
        let event = Event::read(document.root()).unwrap();
        prop_assert_eq!(condition.holds(&event), condition.failing(&event).is_none());
    }
}
