//! `fuzz/run 60 envelope`: any payload is opened into events and answered in its source's terms: recognised, opened,
//! judged, planned, replied to. Nothing is sent.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use tiktok_audiences::destination::Router;
use tiktok_audiences::ingress::http::auth::{Credentials, Presented, UnsignedTail};
use tiktok_audiences::ingress::http::{Request, Route, Shape, events, sdk};
use tiktok_audiences::ingress::{self, AcknowledgementScope, Ingress, Intake, Opened, open};
use tiktok_audiences::json::{Document, Kind};
use tiktok_audiences_fuzz::{acknowledgement, destination, function, plan};

static DESTINATIONS: LazyLock<Vec<Router>> = LazyLock::new(destination::all);
static KEYS: LazyLock<[SecretString; 1]> = LazyLock::new(|| ["not to be guessed by any mutation".to_owned().into()]);

/// A few rows, so that a few events are split.
const CALL_BYTES: usize = 1_500;

fuzz_target!(|payload: &str| {
    let Ok(document) = Document::parse(payload) else { return };
    let Ok(ingress) = ingress::detect(document.root()) else { return };
    match ingress {
        Ingress::Http(shape) => request(shape, &document),
        Ingress::Operation | Ingress::Schedule | Ingress::Rows => {}
        Ingress::Direct(shape) => check(&open::direct(shape, document)),
        Ingress::Sqs => check(&open::sqs(document, None)),
        Ingress::Kinesis => check(&open::kinesis(document, None)),
        Ingress::Sns | Ingress::EventBridge => check(&open::unread(document)),
        Ingress::Redrive => check(&open::redrive(document)),
    }
    function::invoke(payload);
});

/// The events of a request, as if its caller had been let in.
fn request(shape: Shape, payload: &Document<'_>) {
    let request = Request::new(shape, payload.root());
    let Ok(route) = Route::find(&request.method(), &request.path()) else { return };
    let Ok(body) = request.body() else { return };
    let parsed = Document::parse(body.as_ref()).ok();
    let presented = Presented::of(&request, parsed.as_ref());
    let accepted = Credentials { webhook_secrets: &*KEYS, write_keys: &*KEYS };
    let judged = presented.check(&body, parsed.as_ref(), accepted, UnsignedTail::Refuse);
    assert!(judged.is_err() || !presented.needs_secret(), "nobody is let in by a guess");
    let Some(document) = parsed else { return };
    let intake = match route {
        Route::Events => events::open(document, request.received_at()),
        Route::Sdk(call) => sdk::open(call, document, request.received_at()),
        Route::WebhookAudiences { .. } | Route::OauthCallback | Route::Health => return,
    };
    let Ok(intake) = intake else { return };
    for event_index in 0..intake.next_index() {
        let write_key = intake.value(event_index).and_then(|event| event.get("writeKey"));
        assert!(write_key.is_none(), "a write key is no part of an event");
    }
    check_intake(&intake, intake.order());
    acknowledgement::check(&Opened { scope: AcknowledgementScope::Whole, intake });
}

fn check(opened: &Opened<'_>) {
    check_intake(&opened.intake, opened.intake.order());
    acknowledgement::check(opened);
}

fn check_intake(intake: &Intake<'_>, order: ingress::Order) {
    for event_index in 0..intake.next_index() {
        assert_ne!(
            intake.value(event_index).is_some(),
            intake.record(event_index).is_some(),
            "an event, or what arrived in its place"
        );
        let Ok(event) = intake.event(event_index) else { continue };
        // What is queued is what arrived.
        let text = intake.text(event_index).expect("an event has a text");
        let queued = Document::parse(text.as_ref()).expect("a queued event is JSON");
        assert_eq!(queued.root().kind(), Kind::Object);
        assert_eq!(queued.root().members().count(), event.root.members().count());
        let may_have_keys = event.root.get("batch").or_else(|| event.root.get("events")).is_some();
        assert!(
            intake.clock_skew(event_index) != 0 || may_have_keys || text == event.root.raw(),
            "byte for byte but for write keys inside"
        );
    }
    for router in &*DESTINATIONS {
        let planned = plan::deliver(router, intake, order, CALL_BYTES);
        assert_eq!(planned.ledger.outcomes().len(), intake.len(), "events in are outcomes out");
    }
}
