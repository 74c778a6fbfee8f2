use super::*;
use crate::identity::Unusable;
use crate::outcome::{Actor, Explanation, Reason, Verdict};

fn names() -> Vec<MappingName> {
    vec![MappingName { name: "VIPs in".to_owned(), action: "addUser" }]
}

#[test]
fn every_event_is_listed_with_its_actions() {
    let mut delivered = Entry::new(0, Some(0), Verdict::Delivered);
    delivered.advertiser = AdvertiserId::parse("7000000000000000001").ok();
    delivered.audience = AudienceId::parse("1800000000000000001").ok();
    delivered.request = Some(0);
    let refused = Explanation::new(Reason::Refused, "TikTok refused the row").with_tiktok_code(Some(40002));
    let entries = vec![delivered, Entry::new(1, Some(0), refused.into())];
    let ledger = Ledger::close(2, entries, vec!["2026r".to_owned()]);
    let report = render(&ledger, &names(), |event_index| Some(format!("m-{event_index}").into()));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let expected = serde_json::json!({
        "summary": {"received": 2, "delivered": 1, "accepted": 0, "superseded": 0, "skipped": 0, "rejected": 1, "retryable": 0},
        "results": [
            {"index": 0, "message_id": "m-0", "outcome": "delivered", "status": 200, "actions": [
                {"mapping": "VIPs in", "action": "addUser", "outcome": "delivered", "advertiser_id": "7000000000000000001",
                 "audience_id": "1800000000000000001", "request_id": "2026r"}]},
            {"index": 1, "message_id": "m-1", "outcome": "rejected", "status": 400, "actions": [
                {"mapping": "VIPs in", "action": "addUser", "outcome": "rejected",
                 "error": {"code": "TIKTOK_REFUSED", "message": "TikTok refused the row", "actor": "operator", "tiktok_code": 40002}}]},
        ],
    });
    assert_eq!(report, expected);
}

fn of_many(events: u32, verdict: impl Fn(u32) -> Verdict) -> serde_json::Value {
    let entries = (0..events).map(|event_index| Entry::new(event_index, None, verdict(event_index))).collect();
    let ledger = Ledger::close(events as usize, entries, Vec::new());
    let report = render(&ledger, &[], |_| None);
    assert!(report.len() <= MAX_BYTES + 100);
    serde_json::from_str(&report).unwrap()
}

#[test]
fn of_more_than_a_thousand_only_those_that_need_attention_are_listed() {
    let some = of_many(1_000, |_| Verdict::Delivered);
    assert_eq!(some["results"].as_array().unwrap().len(), 1_000);
    let many =
        of_many(1_001, |event_index| if event_index == 7 { Reason::NoAudience.into() } else { Verdict::Delivered });
    assert_eq!(many["results"].as_array().unwrap().len(), 1);
    assert_eq!(many["results"][0]["index"], 7);
    assert_eq!(many["summary"]["delivered"], 1_000);
}

#[test]
fn a_report_that_would_be_too_long_is_cut_and_says_so() {
    let report = of_many(20_000, |_| Reason::NoAudience.into());
    assert_eq!(report["truncated"], true);
    assert_eq!(report["summary"]["rejected"], 20_000);
    assert!(report["results"].as_array().unwrap().len() > 1_000);
}

#[test]
fn an_event_that_does_not_fit_takes_nobody_elses_place() {
    let many = |event_index: u32, count| (0..count).map(move |_| Entry::new(event_index, Some(0), Verdict::Delivered));
    let entries =
        many(0, 1).chain(many(1, 20_000)).chain(many(2, 2)).chain(many(3, 20_000)).chain(many(4, 2)).collect();
    let report = render(&Ledger::close(5, entries, Vec::new()), &names(), |_| None);
    assert!(report.len() <= MAX_BYTES + 100);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["truncated"], true);
    let listed: Vec<_> = report["results"].as_array().unwrap().iter().map(|result| &result["index"]).collect();
    assert_eq!(listed, [0, 2, 4]);
}

#[test]
fn the_text_of_an_earlier_event_is_only_that_of_one_that_is_alike() {
    let names = ["VIPs in", "VIPs out"].map(|name| MappingName { name: name.to_owned(), action: "addUser" });
    let requests: Vec<String> = ["2026a", "2026b"].map(str::to_owned).to_vec();
    // Every pair of events comes in both orders, and each kind of first action in several wholes.
    let kinds = |event_index: u32, number: u32| {
        let verdict = match number % 3 {
            0 => Verdict::Delivered,
            1 => Explanation::new(Reason::Refused, format!("TikTok said {}", number / 3 % 2)).into(),
            _ => Reason::NoAudience.into(),
        };
        let mut entry = Entry::new(event_index, Some((number / 6 % 2) as u16), verdict);
        entry.audience = AudienceId::parse(&format!("180000000000000000{}", number / 12 % 2)).ok();
        entry.request = Some(number / 24 % 2);
        entry.note = (number / 48 % 2 == 1).then_some(Note::ConsentWithdrawn);
        entry
    };
    let of_event = |event_index: u32, place: u32| {
        let number = place.wrapping_mul(2_654_435_761) >> 8;
        let several = (0..=number / 96 % 3).map(|more| kinds(event_index, number / (1 + more)));
        several.collect::<Vec<_>>()
    };
    let report =
        |ledger: &Ledger| -> serde_json::Value { serde_json::from_str(&render(ledger, &names, |_| None)).unwrap() };
    let together = (0..900).flat_map(|event_index| of_event(event_index, event_index)).collect();
    let together = report(&Ledger::close(900, together, requests.clone()));
    for place in 0..900 {
        let alone = report(&Ledger::close(1, of_event(0, place), requests.clone()));
        assert_eq!(together["results"][place as usize]["actions"], alone["results"][0]["actions"], "{place}");
    }
}

#[test]
fn only_plain_message_ids_are_repeated() {
    let ledger = Ledger::close(2, Vec::new(), Vec::new());
    let ids = ["m-1", "tel14155550100"];
    let report = render(&ledger, &[], |event_index| ids.get(event_index as usize).map(|id| (*id).into()));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let shown = [&report["results"][0]["message_id"], &report["results"][1]["message_id"]];
    assert_eq!(shown, [&serde_json::json!("m-1"), &serde_json::Value::Null]);
}

#[test]
fn what_was_left_out_is_named_whatever_became_of_the_event() {
    let left_out = |field, reason: Unusable| Some(Box::from([LeftOut::new(field, reason)]));
    let mut delivered = Entry::new(0, Some(0), Verdict::Delivered);
    delivered.left_out = left_out("phone", Unusable::NoCountryCode);
    let ledger = Ledger::close(1, vec![delivered], Vec::new());
    let report: serde_json::Value = serde_json::from_str(&render(&ledger, &names(), |_| None)).unwrap();
    let action = &report["results"][0]["actions"][0];
    assert_eq!(action["left_out"], serde_json::json!([{"field": "phone", "reason": "NO_COUNTRY_CODE"}]));
}

#[test]
fn the_explanation_knows_better_who_can_act_than_its_reason() {
    let refused = Explanation::from(Reason::Refused).with_actor(Actor::Person);
    assert_eq!((refused.actor(), Explanation::from(Reason::Refused).actor()), (Actor::Person, Actor::Operator));
}
