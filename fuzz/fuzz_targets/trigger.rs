//! `fuzz/run 60 trigger`: any text is a trigger or an error; what is read prints as the same trigger.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tiktok_audiences::event::Event;
use tiktok_audiences::json::Document;
use tiktok_audiences::mapping::Trigger;

const EVENT: &str = r#"{"type":"track","event":"Audience Entered","userId":"u1","properties":{"n":5,"s":"x","a":[1,{"k":null}]},"traits":null,"context":{"device":{"type":"ios"}}}"#;

fuzz_target!(|text: &str| {
    let Ok(trigger) = Trigger::parse(text) else { return };
    let printed = trigger.to_string();
    let again = Trigger::parse(&printed).expect("what is printed can be read");
    assert_eq!(again.to_string(), printed);
    let document = Document::parse(EVENT).expect("the event is JSON");
    let event = Event::read(document.root()).expect("the event is an object");
    assert_eq!(trigger.matches(&event), again.matches(&event));
    assert_eq!(trigger.matches(&event), trigger.failing(&event).is_none());
});
