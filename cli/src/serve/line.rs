//! One line per request, as it comes: when, by which way, what became of it and why, what TikTok got, how long it took.

use serde_json::Value;

use crate::arrival::counted;
use crate::console::{self, DIM, style_of, styled};

/// Prints the line of an entry of the feed.
pub(super) fn print(entry: &Value) {
    console::note(&line(entry));
}

/// The line.
fn line(entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let count = |key: &str| entry[key].as_u64().unwrap_or_default();
    // `2026-11-25T19:44:05.123456Z`: the day is today.
    let time = text("time").split(['T', '.']).nth(1).unwrap_or_default();
    let outcome = text("outcome");
    let reasons: Vec<_> = entry["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(" {}", reasons.join(", ")) };
    let (events, calls) = (counted(count("events"), "event"), counted(count("calls"), "call"));
    let took = entry["milliseconds"].as_f64().unwrap_or_default();
    format!(
        "{}  {}, {events}  {}{reasons}  {calls}  {took:.0} ms",
        styled(DIM, time),
        text("described"),
        styled(style_of(outcome), outcome),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_what_became_of_a_request() {
        let entry = json!({"time": "2026-11-25T19:44:05.123456Z", "described": "POST /events by function URL", "events": 2,
            "outcome": "rejected", "reasons": ["NO_SUCH_AUDIENCE"], "calls": 1, "milliseconds": 12.4});
        let line = anstream::adapter::strip_str(&line(&entry)).to_string();
        let expected = "19:44:05  POST /events by function URL, 2 events  rejected NO_SUCH_AUDIENCE  1 call  12 ms";
        assert_eq!(line, expected);
    }
}
