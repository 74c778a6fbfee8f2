//! `fuzz/run 60 event`: any event, or array of events, goes through mappings, identity and batch to bodies that TikTok
//! takes, with an outcome each, whatever the destination and the order.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tiktok_audiences::destination::Router;
use tiktok_audiences::event::Event;
use tiktok_audiences::ingress::{Intake, Order};
use tiktok_audiences::json::Document;
use tiktok_audiences::outcome::Outcome;
use tiktok_audiences::outcome::report;
use tiktok_audiences_fuzz::plan::{self, Planned};
use tiktok_audiences_fuzz::{assert_clean, assert_impersonal, destination};

static DESTINATIONS: LazyLock<Vec<Router>> = LazyLock::new(destination::all);

/// A few rows, so that a few events are split.
const CALL_BYTES: usize = 1_500;

fuzz_target!(|text: &str| {
    for router in &*DESTINATIONS {
        for order in [Order::Time, Order::Position] {
            let Ok(document) = Document::parse(text) else { return };
            let mut intake = Intake::default();
            let document = intake.add_document(document);
            intake.add_events(document, 0, None);
            let planned = plan::deliver(router, &intake, order, CALL_BYTES);
            check_report(router, &intake, &planned);
        }
    }
});

fn check_report(router: &Router, intake: &Intake<'_>, planned: &Planned) {
    let summary = planned.ledger.summary();
    assert_eq!(summary.received, intake.len());
    assert_eq!(Outcome::ALL.iter().map(|outcome| summary.count(*outcome)).sum::<usize>(), intake.len());
    let message_id = |event_index| intake.event(event_index).ok().as_ref().and_then(Event::message_id);
    let text = report::render(&planned.ledger, router.names(), message_id);
    assert_clean("a report", &text);
    let report: Value = serde_json::from_str(&text).expect("a report is JSON");
    for result in report["results"].as_array().expect("results") {
        for action in result["actions"].as_array().expect("actions") {
            action["error"]["message"].as_str().into_iter().for_each(assert_impersonal);
        }
    }
}
