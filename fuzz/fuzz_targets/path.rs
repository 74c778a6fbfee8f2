//! `fuzz/run 60 path`: any text is a path, or is refused for a reason that is documented; a path and an event, separated
//! by a line feed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tiktok_audiences::event::Event;
use tiktok_audiences::json::Document;
use tiktok_audiences::mapping::{Expression, MappingProblem, Severity};

/// How the message of a path that is refused begins.
const REFUSED: [&str; 4] = ["unclosed placeholder", "empty placeholder", "unclosed bracket", "not a placeholder"];

fuzz_target!(|text: &str| {
    let (path, event) = text.split_once('\n').unwrap_or((text, r#"{"a":{"b":[1,"x"]},"properties":{"a.b":null}}"#));
    let Ok(document) = Document::parse(event) else { return };
    let Ok(event) = Event::read(document.root()) else { return };
    for directive in ["@path", "@template"] {
        let argument = if directive == "@path" { path.to_owned() } else { format!("{{{{{path}}}}}") };
        let mapping = serde_json::json!({ directive: argument }).to_string();
        let mapping = Document::parse(mapping.as_str()).expect("the mapping is JSON");
        let mut problems = Vec::new();
        let expression = Expression::compile(mapping.root(), "$", &mut problems);
        problems.retain(|problem| problem.severity == Severity::Error);
        let is_documented = |problem: &MappingProblem| REFUSED.iter().any(|known| problem.message.starts_with(known));
        assert!(problems.iter().all(is_documented), "{problems:?}");
        if !problems.is_empty() {
            continue;
        }
        expression.resolve(&event).expect("a path has a value or none");
    }
});
