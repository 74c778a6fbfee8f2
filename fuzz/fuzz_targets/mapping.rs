//! `fuzz/run 60 mapping`: any JSON is a mapping or a list of problems, and has a value or an error that does not tell
//! what is in the event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tiktok_audiences::actions::ActionKind;
use tiktok_audiences::event::Event;
use tiktok_audiences::json::Document;
use tiktok_audiences::mapping::{Expression, Fields, Form};

const EVENT: &str = r#"{"type":"track","userId":"u1","a":"text","n":5,"properties":{"email":"a@example.com","list":[1,{"k":null},"x"]},"context":{"traits":{"phone":5550100}}}"#;

fuzz_target!(|text: &str| {
    let Ok(mapping) = Document::parse(text) else { return };
    let document = Document::parse(EVENT).expect("the event is JSON");
    let event = Event::read(document.root()).expect("the event is an object");
    let mut problems = Vec::new();
    let expression = Expression::compile_root(mapping.root(), "$", &mut problems);
    match expression.resolve(&event) {
        Ok(resolved) => {
            let _owned = resolved.to_owned_json();
        }
        Err(error) => check(text, &error.to_string()),
    }
    for form in [Form::Ours, Form::Segment] {
        let fields = Fields::compile(Some(mapping.root()), ActionKind::SyncAudience, form, "$", &mut problems);
        if let Err(error) = fields.resolve(&event) {
            check(text, &error.to_string());
        }
    }
});

/// An error may quote the mapping, and never the event.
fn check(mapping: &str, error: &str) {
    let quotes = |value: &&str| error.contains(*value) && !mapping.contains(*value);
    assert_eq!(["a@example.com", "5550100"].iter().find(|value| quotes(value)), None);
}
