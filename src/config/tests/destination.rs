use std::time::Duration;

use crate::actions::ActionKind;
use crate::actions::AudienceEntry;
use crate::config::{Findings, parse_destination};
use crate::destination::{ConfiguredMapping, ConsentMissing, Destination, Settings};
use crate::identity::{Country, PhoneRule, RuleSet};
use crate::tiktok::AdvertiserId;

/// A text without errors or warnings.
#[track_caller]
fn good(text: &str) -> Destination {
    let (destination, findings) = parse_destination(text);
    assert_eq!(findings, Findings::default());
    destination
}

fn summary(entry: &ConfiguredMapping) -> (&str, ActionKind, String) {
    (&entry.mapping.name, entry.mapping.action, entry.mapping.trigger.to_string())
}

#[track_caller]
fn has_mappings(text: &str, expected: &[(&str, ActionKind, &str)]) {
    let destination = good(text);
    let found: Vec<_> = destination.mappings.iter().map(summary).collect();
    let found: Vec<_> = found.iter().map(|(name, action, trigger)| (*name, *action, trigger.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn without_mappings_the_default_ones_are_active() {
    let expected = [
        ("Add to Audience", ActionKind::AddToAudience),
        ("Remove from Audience", ActionKind::RemoveFromAudience),
        ("Sync Audience", ActionKind::SyncAudience),
        ("Sync Records", ActionKind::SyncRecords),
    ];
    for text in ["{}", "\u{feff}{\"settings\":{\"batch_rows\":5}}", r#"{"audiences":[]}"#] {
        let destination = good(text);
        let found: Vec<_> =
            destination.mappings.iter().map(|entry| (&*entry.mapping.name, entry.mapping.action)).collect();
        assert_eq!(found, expected, "{text}");
        assert!(destination.default_mappings && destination.mappings.iter().all(|entry| entry.mapping.enabled));
    }
}

#[test]
fn the_default_mappings_follow_the_settings() {
    let destination = good(r#"{"settings":{"identity_rules":"segment"}}"#);
    assert!(destination.mappings.iter().all(|entry| entry.policy.identity.set == RuleSet::Segment));
}

#[test]
fn an_empty_list_of_mappings_means_none() {
    for text in [r#"{"mappings":[]}"#, r#"{"subscriptions":[]}"#, r#"{"data":{"subscriptions":[]}}"#] {
        let destination = good(text);
        assert!(destination.mappings.is_empty() && !destination.default_mappings, "{text}");
    }
}

#[test]
fn settings_have_their_defaults() {
    assert_eq!(good("{}").settings, Settings::default());
    let settings = Settings::default();
    assert_eq!((settings.batch_rows.get(), settings.audiences_per_row.get()), (1000, 1));
    assert_eq!((settings.calls_per_second.get(), settings.reply_within), (5, Duration::from_secs(4)));
    assert_eq!(settings.policy.identity.set, RuleSet::Tiktok);
    assert_eq!(settings.policy.identity.phone, PhoneRule::E164);
}

#[test]
fn every_setting_is_read() {
    let settings = good(
        r#"{"settings":{"advertiser_id":"7000000000000000001","identity_rules":"tiktok-basic","also_remove":"segment",
        "phone_rule":"digits","default_country":"US","auto_create_audiences":true,"batch_rows":10000,
        "audiences_per_row":100,"calls_per_second":1000,"reply_within_seconds":25,"allow_unsigned_tail":true,
        "require_consent":["Advertising","C0004"],"consent_missing":"allow"}}"#,
    )
    .settings;
    assert_eq!(settings.advertiser_id, Some(AdvertiserId::parse("7000000000000000001").unwrap()));
    assert!(settings.auto_create_audiences && settings.allow_unsigned_tail);
    assert_eq!((settings.batch_rows.get(), settings.audiences_per_row.get()), (10_000, 100));
    assert_eq!((settings.calls_per_second.get(), settings.reply_within), (1000, Duration::from_secs(25)));
    assert_eq!(settings.policy.identity.set, RuleSet::TiktokBasic);
    assert_eq!(settings.policy.also_remove, Some(RuleSet::Segment));
    assert_eq!(settings.policy.identity.phone, PhoneRule::Digits);
    assert_eq!(settings.policy.identity.default_country, Some(Country::parse("US").unwrap()));
    assert_eq!(settings.policy.require_consent, ["Advertising", "C0004"]);
    assert_eq!(settings.policy.consent_missing, ConsentMissing::Allow);
}

#[test]
fn a_mapping_overrides_the_rules_and_null_undoes_them() {
    let destination = good(
        r#"{"settings":{"also_remove":"segment","default_country":"US","require_consent":["a"]},"mappings":[
        {"name":"own","action":"addToAudience","identity_rules":"segment","also_remove":null,"default_country":"DE",
         "phone_rule":"digits","require_consent":[],"consent_missing":"allow"},
        {"name":"none","action":"removeFromAudience","default_country":null},
        {"name":"inherited","action":"syncAudience","enabled":false}]}"#,
    );
    let [own, none, inherited] = &*destination.mappings else { panic!("three mappings") };
    assert_eq!((own.policy.identity.set, own.policy.also_remove), (RuleSet::Segment, None));
    assert_eq!((own.policy.identity.phone, own.policy.consent_missing), (PhoneRule::Digits, ConsentMissing::Allow));
    assert_eq!(own.policy.identity.default_country, Some(Country::parse("DE").unwrap()));
    assert!(own.policy.require_consent.is_empty());
    assert_eq!((none.policy.identity.default_country, none.policy.also_remove), (None, Some(RuleSet::Segment)));
    assert_eq!(inherited.policy, destination.settings.policy);
    assert!(own.mapping.enabled && !inherited.mapping.enabled);
}

#[test]
fn our_form_is_read() {
    has_mappings(
        r#"{"mappings":[
        {"name":"VIPs in","action":"addUser","trigger":"event = \"X\"","fields":{"selected_advertiser_id":"7","audience_id":"1"}},
        {"action":"syncRecords"}]}"#,
        &[
            ("VIPs in", ActionKind::AddUser, "event = \"X\""),
            ("Sync Records", ActionKind::SyncRecords, ActionKind::SyncRecords.declaration().default_trigger),
        ],
    );
}

#[test]
fn an_answer_of_segments_public_api_is_read() {
    has_mappings(
        r#"{"settings":{"identity_rules":"segment"},"data":{"pagination":{"current":"MA==","totalEntries":1},"subscriptions":[
        {"id":"dMzB8KhB3mGbEcSpB8LqAB","name":"Add Users","actionId":"3J6pNQZb4rAo1F5HvVSbpB","actionSlug":"addUser",
         "destinationId":"66be7aeca665bd11f8908630","modelId":null,"reverseETLSchedule":null,"enabled":true,
         "trigger":"event = \"Audience Entered\"","settings":{"selected_advertiser_id":"7","audience_id":"1",
         "send_email":true,"email":{"@path":"$.properties.email"},"enable_batching":true,"event_name":{"@path":"$.event"},
         "__segment_internal_matching_key":"email"}}]}}"#,
        &[("Add Users", ActionKind::AddUser, "event = \"Audience Entered\"")],
    );
}

#[test]
fn segments_partner_format_is_read() {
    let text = r#"{"settings":{"identity_rules":"segment","advertiser_ids":["7000000000000000001"]},"subscriptions":[
        {"partnerAction":"removeUser","name":"Out","enabled":true,"subscribe":"event = \"Audience Exited\"",
         "mapping":{"selected_advertiser_id":"7","audience_id":"1","send_phone":true,"phone":"+15555550100"}}]}"#;
    has_mappings(text, &[("Out", ActionKind::RemoveUser, "event = \"Audience Exited\"")]);
    assert_eq!(good(text).settings.advertiser_id, Some(AdvertiserId::parse("7000000000000000001").unwrap()));
}

#[test]
fn both_forms_may_stand_side_by_side() {
    has_mappings(
        r#"{"mappings":[{"action":"addToAudience"},
        {"partnerAction":"removeFromAudience","subscribe":"type = \"track\"","identity_rules":"tiktok","mapping":{"send_email":true}}]}"#,
        &[
            ("Add to Audience", ActionKind::AddToAudience, "event = \"Audience Entered\""),
            ("Remove from Audience", ActionKind::RemoveFromAudience, "type = \"track\""),
        ],
    );
}

#[test]
fn several_advertisers_of_segments_instance_decide_nothing() {
    let text = r#"{"settings":{"identity_rules":"segment","advertiser_ids":["7","8"]},"subscriptions":[]}"#;
    assert_eq!(good(text).settings.advertiser_id, None);
}

#[test]
fn presets_bring_action_trigger_and_name() {
    let add = ActionKind::AddToAudience;
    let remove = ActionKind::RemoveFromAudience;
    let journeys = "type = \"track\" and (event = \"Journeys Step Entered\" or event = \"Journey Step Entered\")";
    let all_steps = "type = \"track\" and context.personas.computation_class = \"journey_step\"";
    has_mappings(
        r#"{"mappings":[{"preset":"warehouse_audience_entered_track"},{"preset":"warehouse_audience_exited_track"},
        {"preset":"warehouse_entity_added_track"},{"preset":"Associated Entity Removed","name":"Cards out"},
        {"preset":"journeys_step_entered_track"},{"preset":"journey_step_all_events_track"},
        {"preset":"warehouse_entity_added_track","name":"Renamed","trigger":"event = \"Card Overdue\""}]}"#,
        &[
            ("Entities Audience Entered", add, "type = \"track\" and event = \"Audience Entered\""),
            ("Entities Audience Exited", remove, "type = \"track\" and event = \"Audience Exited\""),
            ("Associated Entity Added", add, "type = \"track\" and event = \"Entity Added\""),
            ("Cards out", remove, "type = \"track\" and event = \"Entity Removed\""),
            ("Journeys Step Entered", add, journeys),
            ("Journey Step All Events", ActionKind::SyncAudience, all_steps),
            ("Renamed", add, "event = \"Card Overdue\""),
        ],
    );
}

#[test]
fn audiences_are_read() {
    let audiences =
        good(r#"{"audiences":[{"name":"vip"},{"name":"vip","advertiser_id":"7","share_with":["8","9"]}]}"#).audiences;
    let id = |id| AdvertiserId::parse(id).unwrap();
    let entry = |advertiser_id, share_with| AudienceEntry { name: "vip".to_owned(), advertiser_id, share_with };
    assert_eq!(audiences, [entry(None, vec![]), entry(Some(id("7")), vec![id("8"), id("9")])]);
}

#[test]
fn an_audience_has_the_one_advertiser_that_is_listed_for_it() {
    let destination = good(
        r#"{"audiences":[{"name":"one"},{"name":"one","advertiser_id":"7"},{"name":"two","advertiser_id":"7"},
        {"name":"two","advertiser_id":"8"}]}"#,
    );
    assert_eq!(destination.advertiser_of("one"), Some(AdvertiserId::parse("7").unwrap()));
    assert_eq!(destination.advertiser_of("two"), None);
    assert_eq!(destination.advertiser_of("three"), None);
}

#[test]
fn fifty_mappings_are_possible() {
    let mapping = |number: usize| {
        format!(
            r#"{{"name":"{number}","action":"addUser","trigger":"event = \"{number}\"",
            "fields":{{"selected_advertiser_id":"7","audience_id":"{number}"}}}}"#
        )
    };
    let mappings: Vec<_> = (0..50).map(mapping).collect();
    assert_eq!(good(&format!("{{\"mappings\":[{}]}}", mappings.join(","))).mappings.len(), 50);
}
