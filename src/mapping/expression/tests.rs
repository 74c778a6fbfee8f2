mod liquid;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::json::Document;
use crate::mapping::problem::Severity;
use crate::mapping::samples::{any_json, any_key};

/// Segment's results of many mappings for one event, and ours.
const ROWS: &str = include_str!("../../../tests/data/mappings.json");

/// The result; the problems' paths and messages; or the error.
fn outcome(mapping: &str, event: &str) -> Result<Option<serde_json::Value>, Vec<String>> {
    let mapping = Document::parse(mapping).unwrap();
    let mut problems = Vec::new();
    let expression = Expression::compile_root(mapping.root(), "$", &mut problems);
    problems.retain(|problem| problem.severity == Severity::Error);
    if !problems.is_empty() {
        return Err(problems.into_iter().map(|problem| format!("{} {}", problem.path, problem.message)).collect());
    }
    let event = Document::parse(event).unwrap();
    let event = Event::read(event.root()).unwrap();
    let resolved = expression.resolve(&event).map_err(|error| vec![error.to_string()])?;
    Ok(resolved.kind().map(|_| resolved.to_owned_json()))
}

#[test]
fn segments_examples_give_its_result_or_a_noted_one() {
    let document = Document::parse(ROWS).unwrap();
    let event = document.root().get("event").unwrap().raw();
    let rows: Vec<_> = document.root().get("rows").unwrap().items().collect();
    assert_eq!(rows.len(), 173);
    for row in rows {
        let id = row.get("id").unwrap().raw();
        let outcome = outcome(row.get("mapping").unwrap().raw(), event);
        let expected = row.get("result").map(Value::to_owned_json);
        match row.get("problems").and_then(Value::as_number) {
            Some(count) => assert_eq!(outcome.unwrap_err().len().to_string(), count, "{id}"),
            None => assert_eq!(outcome, Ok(expected), "{id}"),
        }
        assert_eq!(row.get("segment").is_some(), row.get("note").is_some(), "{id}");
    }
}

const EVENT: &str = r#"{"userId":"u1","id":7318294418293948234567,"a.b":"dotted","it's":1,"nul":null,
    "list":[{"k":"x"},{"k":null},{},5],"deep":{"a.b":{"c":1},"m":{"x":{"k":1},"y":{"k":2}}},"braces":"{{userId}}","text":"é😀"}"#;

#[track_caller]
fn check(mapping: &str, expected: serde_json::Value) {
    assert_eq!(outcome(mapping, EVENT), Ok(Some(expected)), "{mapping}");
}

#[test]
fn paths_reach_keys_with_dots_and_every_item() {
    check(r#"{"@path":"$['a.b']"}"#, json!("dotted"));
    check(r#"{"@path":"$.deep['a.b'].c"}"#, json!(1));
    check(r#"{"@path":"$.deep[\"m.x\"].k"}"#, json!(1));
    check(r#"{"@path":"$[\"it's\"]"}"#, json!(1));
    check(r#"{"@path":"$.list[*].k"}"#, json!(["x", null]));
    check(r#"{"@path":"$.deep.m[*].k"}"#, json!([1, 2]));
    check(r#"{"@path":"$.list[*]"}"#, json!([{"k":"x"}, {"k":null}, {}, 5]));
    assert_eq!(outcome(r#"{"@path":"$.list[*].nope"}"#, EVENT), Ok(None));
    assert_eq!(outcome(r#"{"@path":"$.userId[*]"}"#, EVENT), Ok(None));
    check(r#"{"@transform":{"apply":{"l":[{"k":1},{"k":2}]},"mapping":{"@path":"$.l[*].k"}}}"#, json!([1, 2]));
}

#[test]
fn ids_keep_their_digits() {
    check(r#"{"@template":"{{id}}"}"#, json!("7318294418293948234567"));
    check(r#"{"@replace":{"pattern":"x","value":{"@path":"id"}}}"#, json!("7318294418293948234567"));
    check(r#"{"@json":{"mode":"encode","value":{"@path":"id"}}}"#, json!("7318294418293948234567"));
    check(r#"{"@liquid":"{{ id }}"}"#, json!("7318294418293948234567"));
    check(r#"{"@template":{"@json":{"mode":"decode","value":"\"{{id}}\""}}}"#, json!("7318294418293948234567"));
}

#[test]
fn json_text_has_no_infinity() {
    check(r#"{"@json":{"mode":"encode","value":[1e400,-1e400,{"a":1e-400}]}}"#, json!(r#"[null,null,{"a":0}]"#));
}

#[test]
fn data_is_never_a_template() {
    check(r#"{"@template":"{{{braces}}} {{braces}}"}"#, json!("{{userId}} {{userId}}"));
    check(r#"{"@liquid":"{{ braces }}"}"#, json!("{{userId}}"));
}

#[test]
fn nothing_outside_the_event_is_read() {
    for path in ["constructor", "constructor.name", "__proto__", "text.toString", "list.map", "userId.constructor"] {
        assert_eq!(outcome(&format!(r#"{{"@path":"{path}"}}"#), EVENT), Ok(None), "{path}");
        check(&format!(r#"{{"@template":"[{{{{{path}}}}}]"}}"#), json!("[]"));
    }
    check(r#"{"@liquid":"[{{ constructor }}{{ text.toString }}{{ list.map }}]"}"#, json!("[]"));
}

#[track_caller]
fn check_problems(mapping: &str, expected: &[&str]) {
    assert_eq!(outcome(mapping, EVENT).unwrap_err(), expected);
}

#[test]
fn every_problem_is_named_with_its_path() {
    check_problems(
        r#"{"a":{"@pathh":"x"},"b":[{"@if":{"exsts":1}}],"c c":{"@replace":{"pattern":"","global":1}},"d":{"@path":"x","y":1}}"#,
        &[
            "$.a['@pathh'] there is no directive `@pathh`; did you mean `@path`?",
            "$.b[0]['@if'].exsts is unknown here; did you mean `exists`?",
            "$.b[0]['@if'] needs `exists` or `blank`, with something that can be missing",
            "$['c c']['@replace'].pattern is a text of 1 to 10 characters",
            "$['c c']['@replace'].global is a number, expected a boolean",
            "$['c c']['@replace'] lacks `value`",
            "$.d mixes a directive with other members; a directive stands alone in its object",
        ],
    );
    check_problems(
        r#"{"a":{"@if":{"exists":{"@path":"a"},"blank":{"@path":1}}}}"#,
        &["$.a['@if'].blank['@path'] is a number, expected a string or a directive"],
    );
    check_problems(
        r#"{"a":{"@liquid":"{% for x in a %}{% endfor %}"},"b":{"@liquid":"{{ a | sort }}"}}"#,
        &[
            "$.a['@liquid'] uses the tag `for`, which Segment has switched off",
            "$.b['@liquid'] uses the filter `sort`, which Segment has switched off",
        ],
    );
    check_problems(
        r#"{"a":{"@liquid":"x\n {{ secret | upcas }}"},"b":{"@liquid":"{{ secret secret }}"},"c":{"@liquid":"{% secret %}"}}"#,
        &[
            "$.a['@liquid'] is not a Liquid template: line 2, column 14: there is no such filter; did you mean `upcase`?",
            "$.b['@liquid'] is not a Liquid template: line 1, column 4: a value, a filter or the end of the tag is expected",
            "$.c['@liquid'] is not a Liquid template: line 1, column 4: there is no such tag",
        ],
    );
    check_problems(
        r#"{"a":{"@liquid":"{{ a | default: 'x', allow_false: true | truncate: 5, secret: a }}"},"b":{"@liquid":"{{ b | default: secret: 1 }}"}}"#,
        &[
            "$.a['@liquid'] uses the filter `truncate` with an argument by a name that it does not have",
            "$.b['@liquid'] uses the filter `default` with an argument by a name that it does not have",
        ],
    );
}

#[test]
fn slips_in_templates_and_paths_are_found_when_they_are_loaded() {
    let unclosed = "$['@template'] unclosed placeholder: `{{` wants a `}}`";
    let empty = "$['@template'] empty placeholder: `{{…}}` wants a path";
    let bracket = "$['@template'] unclosed bracket: `[` wants a `]`";
    let foreign = "$['@template'] not a placeholder: `${…}` stays as it stands; write `{{…}}`";
    for (template, problems) in [
        ("a {{userId", vec![unclosed]),
        ("{{ a {{ b }}", vec![unclosed]),
        ("{{{a}}", vec![unclosed]),
        ("{{}}", vec![empty]),
        ("x{{ }}y{{ a", vec![unclosed, empty]),
        ("{{{ }}}", vec![empty]),
        ("{{list[0}}", vec![bracket]),
        ("{{a['b.c'}}", vec![bracket]),
        ("${properties.email}", vec![foreign]),
    ] {
        check_problems(&json!({"@template": template}).to_string(), &problems);
    }
    for path in ["list[0", "$.a['b", "a[0].b[\"x]"] {
        check_problems(&json!({"@path": path}).to_string(), &["$['@path'] unclosed bracket: `[` wants a `]`"]);
    }
    for fine in ["{{a}} } ]", "{{{a}}}", "{{a..b}}", "{{a]}}", "{{ list[0].k }}{ $5", "{"] {
        assert!(outcome(&json!({"@template": fine}).to_string(), EVENT).is_ok(), "{fine}");
    }
}

#[test]
fn a_path_that_is_nearly_a_well_known_one_is_a_warning() {
    let warnings = |mapping: serde_json::Value| {
        let text = mapping.to_string();
        let (document, mut problems) = (Document::parse(text.as_str()).unwrap(), Vec::new());
        Expression::compile(document.root(), "$", &mut problems);
        problems.into_iter().map(|problem| (problem.severity, problem.message)).collect::<Vec<_>>()
    };
    let warning =
        |known: &str| vec![(Severity::Warning, format!("leads nowhere that is known; did you mean `{known}`?"))];
    assert_eq!(warnings(json!({"@path": "$.propertis.email"})), warning("properties"));
    assert_eq!(warnings(json!({"@template": "+1{{contxt.traits.phone}}x"})), warning("context"));
    assert_eq!(warnings(json!({"@template": "+1{{context.trait.phone}}x"})), warning("context.traits"));
    assert_eq!(warnings(json!({"@path": "$.context.device.advertisingID"})), warning("context.device.advertisingId"));
    assert_eq!(warnings(json!({"@path": "$.context.device.advertisngId"})), warning("context.device.advertisingId"));
    assert_eq!(warnings(json!({"@path": "$.userid"})), warning("userId"));
    for fine in ["properties.emails", "traits.x", "context.page.url", "name", "row.email", ""] {
        assert_eq!(warnings(json!({"@path": fine})), vec![], "{fine}");
    }
}

#[test]
fn chained_directives_cannot_grow_without_end() {
    let mut mapping = r#"{"@path":"a"}"#.to_owned();
    for _ in 0..20 {
        mapping = format!(
            r#"{{"@transform":{{"apply":{{"a":{{"@template":"{{{{a}}}}{{{{a}}}}xxxxxxxxxx"}}}},"mapping":{mapping}}}}}"#
        );
    }
    assert_eq!(outcome(&mapping, EVENT), Err(vec!["the result is larger than 1048576 bytes".to_owned()]));
    let doubling = "{% assign a = a | append: a | append: a %}".repeat(20);
    let liquid = json!({"@liquid": format!("{{% assign a = 'x' %}}{doubling}{{{{ a }}}}")}).to_string();
    assert_eq!(outcome(&liquid, EVENT), Err(vec!["the Liquid template fails for this event".to_owned()]));
    let long = json!({"a": "x".repeat(1000)}).to_string();
    let deep = format!(r#"{{"a":{}{}{}}}"#, "[".repeat(60), "1,".repeat(10_000), "1".to_owned() + &"]".repeat(60));
    for (template, event) in [("{{ a | replace: 'x', a }}", &long), ("{{ a | json: 10 }}", &deep)] {
        let liquid = json!({"@liquid": template}).to_string();
        assert_eq!(outcome(&liquid, event), Err(vec!["the Liquid template fails for this event".to_owned()]));
    }
}

/// Any value of a mapping, with directives in it.
fn any_mapping() -> impl Strategy<Value = serde_json::Value> {
    let path = || {
        let part = prop_oneof![any_key(), Just("[0]".to_owned()), Just("[*]".to_owned()), Just("['a.b']".to_owned())];
        prop::collection::vec(part, 0..4).prop_map(|parts| format!("$.{}", parts.join(".")))
    };
    let leaf = prop_oneof![
        path().prop_map(|path| json!({"@path": path})),
        path().prop_map(|path| json!({"@template": format!("x{{{{{path}}}}}{{{{{{a}}}}}}")})),
        path().prop_map(|path| json!({"@liquid": format!("{{{{ {path} }}}}")})),
        Just(json!({"@liquid": "{{ a | json }}{{ b | size | plus: a | append: b }}"})),
        any_json(),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            pair.clone().prop_map(|(a, b)| json!({"@if": {"exists": a.clone(), "then": b, "else": a}})),
            pair.clone().prop_map(|(a, b)| json!({"@if": {"blank": a, "then": b}})),
            inner.clone().prop_map(|a| json!({"@case": {"operator": "upper", "value": a}})),
            inner.clone().prop_map(
                |a| json!({"@replace": {"pattern": "a", "replacement": "$&$'", "ignorecase": true, "value": a}})
            ),
            pair.clone().prop_map(|(a, b)| json!({"@arrayPath": [a, {"k": b}]})),
            inner.clone().prop_map(|a| json!({"@flatten": {"separator": ".", "value": a}})),
            inner.clone().prop_map(|a| json!({"@json": {"mode": "encode", "value": a}})),
            inner.clone().prop_map(|a| json!({"@json": {"mode": "decode", "value": a}})),
            pair.clone().prop_map(|(a, b)| json!({"@merge": {"direction": "left", "objects": [a, b]}})),
            pair.prop_map(|(a, b)| json!({"@transform": {"apply": {"a": a}, "mapping": {"b": b}}})),
            inner.clone().prop_map(|a| json!({"@excludeWhenNull": a})),
            prop::collection::vec(inner, 0..3).prop_map(Into::into),
        ]
    })
}

/// Whether a path may lead there: a part of the event, a length or character of one, or an array of such by a wildcard.
fn is_of_event(found: &serde_json::Value, event: &serde_json::Value) -> bool {
    let here = match event {
        serde_json::Value::String(text) => {
            let units: Vec<_> = text.encode_utf16().collect();
            // A character is a text of its own, of length 1.
            found.as_u64() == Some(units.len() as u64)
                || found.as_u64() == Some(1) && !units.is_empty()
                || units.iter().any(|unit| found.as_str() == Some(&String::from_utf16_lossy(&[*unit])))
        }
        serde_json::Value::Array(items) => {
            found.as_u64() == Some(items.len() as u64) || items.iter().any(|item| is_of_event(found, item))
        }
        serde_json::Value::Object(members) => members.values().any(|member| is_of_event(found, member)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => false,
    };
    found == event || here
}

proptest! {
    #[test]
    fn any_mapping_of_any_event_gives_a_result_or_an_error(mapping in any_mapping(), event in any_json()) {
        let event = json!({"a": event, "b": {"a": event}, "context": event}).to_string();
        // The mapping may have problems; it must not panic either way.
        let _outcome = outcome(&mapping.to_string(), &event);
    }

    #[test]
    fn a_path_never_leads_outside_the_event(path in r"[a-z0-9.\[\]'*$ ]{0,16}|(constructor|__proto__|length|a|\.|\[0\]|\[\*\]){0,6}", event in any_json()) {
        let event = json!({"a": event, "0": event}).to_string();
        let mapping = json!({"@path": path}).to_string();
        if let Ok(Some(found)) = outcome(&mapping, &event) {
            let event = Document::parse(event.as_str()).unwrap().root().to_owned_json();
            let items = if path.contains('*') { found.as_array() } else { None };
            let inside = is_of_event(&found, &event)
                || items.is_some_and(|items| items.iter().all(|item| is_of_event(item, &event)));
            prop_assert!(inside, "{path}");
        }
    }
}
