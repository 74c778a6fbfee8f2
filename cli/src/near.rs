//! The audience that was probably meant: names are compared here, since no message of the function quotes one.

use serde_json::Value;
use tiktok_audiences::did_you_mean::nearest;

use crate::support::fake_tiktok::Audience;

/// A line for each event that was rejected with `NO_SUCH_AUDIENCE`: what it says, and which audience is near.
pub(crate) fn audiences(events: &[Option<Value>], report: &Value, known: &[Audience]) -> Vec<String> {
    let results = report["results"].as_array().into_iter().flatten();
    let lost = results.filter(|result| {
        let mut actions = result["actions"].as_array().into_iter().flatten();
        actions.any(|action| action["error"]["code"] == "NO_SUCH_AUDIENCE")
    });
    let index = |result: &Value| usize::try_from(result["index"].as_u64()?).ok();
    let mut lines = Vec::new();
    for index in lost.filter_map(index) {
        let Some(Some(event)) = events.get(index) else { continue };
        let Some(name) = named(event) else { continue };
        let names = known.iter().map(|audience| audience.name.as_str());
        let near = nearest(&name, names.clone()).map_or_else(
            || format!("TikTok has {}", names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
            |near| format!("TikTok has `{near}`"),
        );
        lines.push(format!("       event {index} names the audience `{name}`; {near}"));
    }
    lines
}

/// The audience's name as an event gives it. Source: the native actions' fallbacks.
fn named(event: &Value) -> Option<String> {
    let pointers =
        ["/audience_name", "/context/personas/computation_key", "/properties/audience_key", "/custom_audience_name"];
    pointers.iter().find_map(|pointer| event.pointer(pointer)?.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_names_are_said() {
        let event = |name: &str| [Some(json!({"type": "track", "properties": {"audience_key": name}}))];
        let report = json!({"results": [{"index": 0, "actions": [{"error": {"code": "NO_SUCH_AUDIENCE"}}]}]});
        let known =
            [Audience::new("7000000000000000001", "abandoned_cart"), Audience::new("7000000000000000001", "vip")];
        let lines = audiences(&event("abandonned_cart"), &report, &known);
        assert_eq!(lines, ["       event 0 names the audience `abandonned_cart`; TikTok has `abandoned_cart`"]);
        let lines = audiences(&event("something else"), &report, &known);
        assert_eq!(lines, ["       event 0 names the audience `something else`; TikTok has `abandoned_cart`, `vip`"]);
    }
}
