//! Destinations that use everything that a `destination.json` can say.

use tiktok_audiences::config::parse_destination;
use tiktok_audiences::destination::Router;

/// Every action, every setting, two ad accounts, literal audiences and audiences of the event.
const EVERYTHING: &str = r#"{
 "settings": {"advertiser_id": "7000000000000000001", "identity_rules": "tiktok", "also_remove": "segment",
   "default_country": "US", "batch_rows": 3, "audiences_per_row": 2},
 "audiences": [{"name": "vip", "advertiser_id": "7000000000000000002"}, {"name": "cart"}],
 "mappings": [
  {"name": "legacy in", "action": "addUser",
   "fields": {"selected_advertiser_id": "7000000000000000001", "audience_id": "1800000000000000001"}},
  {"name": "legacy out", "action": "removeUser", "trigger": "event = \"Audience Exited\" or event = \"Order Completed\"",
   "fields": {"selected_advertiser_id": "7000000000000000001", "audience_id": "1800000000000000001"}},
  {"name": "bought", "action": "removeUser", "trigger": "event = \"Order Completed\" or properties.total >= 5",
   "fields": {"selected_advertiser_id": {"@path": "$.properties.advertiser"}, "audience_id": "1800000000000000002",
     "email": {"@path": "$.properties.emails"}, "phone": {"@template": "+1{{properties.phone}}"}, "country": "DE"}},
  {"name": "create", "action": "createAudience",
   "fields": {"selected_advertiser_id": "7000000000000000002", "custom_audience_name": {"@path": "$.properties.name"}}},
  {"name": "in", "action": "addToAudience"},
  {"name": "out", "action": "removeFromAudience"},
  {"name": "sync", "action": "syncAudience", "require_consent": ["ads"], "consent_missing": "allow",
   "fields": {"sync_mode": "mirror", "entered_event": "In", "exited_event": "Out",
     "advertising_id_type": {"@path": "$.context.device.idType"}}},
  {"name": "records", "action": "syncRecords", "fields": {"audience_name": {"@path": "$.audience"}}}
 ]
}"#;

/// The mappings that are active without any, under Segment's rules and the smallest calls.
const DEFAULTS: &str = r#"{"settings": {"identity_rules": "segment", "also_remove": "tiktok", "phone_rule": "digits",
  "batch_rows": 1, "require_consent": ["ads"], "auto_create_audiences": true}}"#;

/// The destinations, ready for events.
pub fn all() -> Vec<Router> {
    [EVERYTHING, DEFAULTS].into_iter().map(router).collect()
}

/// The destination as text, for a whole function.
pub const fn text() -> &'static str {
    EVERYTHING
}

fn router(text: &str) -> Router {
    let (destination, findings) = parse_destination(text);
    assert_eq!(findings.errors, []);
    Router::new(destination)
}
