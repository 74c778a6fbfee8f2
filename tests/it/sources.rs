//! Simulated sources that follow AWS's rules and the replies until they are empty, through bad records, outages, dead
//! tokens and time that runs out: nothing is lost, nobody is blamed who should not be, and the members are right.

mod rules;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::envelope::{Door, Record, Way, invoke};
use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, Fault, Grant, Life, Rule, TOKEN};
use crate::world::{SECRET_ID, Wired, World, hash_of, native, person};
use rules::Source;

/// A token that is granted when the first one has died.
const NEXT_TOKEN: &str = "fake-access-token-0002";
/// What each record that can never be delivered has in it.
const BAD: [&str; 2] = ["never-an-event", "never-an-address"];

/// What goes wrong at first, how long an invocation may take meanwhile, and how it is fixed.
#[derive(Clone, Copy)]
struct Weather {
    name: &'static str,
    begin: fn(&World),
    end: fn(&World),
    /// Invocations until it is fixed.
    lasts: usize,
    remaining: Duration,
}

impl Weather {
    const fn new(name: &'static str, begin: fn(&World), end: fn(&World)) -> Self {
        Self { name, begin, end, lasts: 2, remaining: Duration::from_secs(30) }
    }
}

fn fix(world: &World) {
    world.tiktok.clear_faults();
    world.queues.sqs.always(None);
}

fn weathers() -> [Weather; 6] {
    let hangs = Weather::new("timeout", |world| world.tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Hang), fix);
    [
        Weather::new("calm", |_| {}, |_| {}),
        Weather::new("outage", |world| world.tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Status(503)), fix),
        Weather::new(
            "outage of removes",
            |world| world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning("\"delete\""), Fault::Code(40001)),
            fix,
        ),
        Weather::new("dead token", |world| world.tiktok.end_token(TOKEN, Life::Revoked), renew_token),
        Weather { remaining: Duration::from_millis(3_100), ..hangs },
        Weather::new("SQS away", |world| world.queues.sqs.always(Some(AwsFault::error("AccessDenied"))), fix),
    ]
}

fn renew_token(world: &World) {
    world.tiktok.grant(NEXT_TOKEN, Grant::of([ADVERTISER]));
    world.secrets.set(SECRET_ID, &json!({"access_token": NEXT_TOKEN, "advertiser_ids": [ADVERTISER]}).to_string());
}

/// Who is a member before, of whom the first ones leave.
const MEMBERS: usize = 6;
const LEAVE: usize = 4;
/// Who enters.
const ENTER: std::ops::Range<usize> = 6..16;

fn record(position: usize, number: usize, body: String) -> Record {
    Record { id: format!("{position:04}"), group: format!("u-{number}"), body }
}

fn event(name: &str, audience: &str, number: usize, second: usize) -> Value {
    let mut event = native(name, audience, &person(number));
    event["timestamp"] = json!(format!("2026-11-20T10:00:{second:02}Z"));
    event
}

/// Moves of people and two bad records. Where the source keeps order, a person enters, leaves and enters again.
fn records(audience: &str, keeps_order: bool) -> Vec<Record> {
    let mut moves: Vec<(usize, &str)> = Vec::new();
    for number in ENTER {
        if keeps_order {
            moves.push((number, "Audience Entered"));
        }
        if number - ENTER.start < LEAVE {
            moves.push((number - ENTER.start, "Audience Exited"));
        }
        moves.push((number, "Audience Entered"));
    }
    if keeps_order {
        moves.insert(9, (ENTER.start, "Audience Exited"));
        moves.insert(15, (ENTER.start, "Audience Entered"));
    }
    let mut bodies: Vec<(usize, String)> = moves
        .iter()
        .enumerate()
        .map(|(second, (number, name))| (*number, event(name, audience, *number, second).to_string()))
        .collect();
    let mut unusable = event("Audience Entered", audience, 0, 0);
    unusable["messageId"] = json!(BAD[1]);
    unusable["context"]["traits"] = json!({"email": "no address"});
    bodies.insert(2, (99, json!(BAD[0]).to_string()));
    bodies.insert(8, (98, unusable.to_string()));
    bodies.into_iter().enumerate().map(|(position, (number, body))| record(position, number, body)).collect()
}

async fn check(way: Way, wired: Wired, weather: Weather) {
    let name = format!("{way:?} {wired:?} {}", weather.name);
    let world = World::fast(wired);
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let before =
        (0..MEMBERS).map(|number| record(number, number, event("Audience Entered", &audience, number, 0).to_string()));
    invoke(&world, Way::Envelope, &before.collect::<Vec<_>>()).await;
    assert_eq!(world.tiktok.member_count(&audience), MEMBERS, "{name}");

    let keeps_order = matches!(way, Way::Fifo | Way::Kinesis);
    let mut source = Source::new(&world, weather);
    source.send(way, records(&audience, keeps_order)).await;

    let expected: BTreeSet<_> =
        (LEAVE..ENTER.end).map(|number| ("EMAIL_SHA256".to_owned(), hash_of(&person(number)))).collect();
    assert_eq!(world.tiktok.members(&audience), expected, "{name}: the members");
    assert_eq!(world.tiktok.violations(), Vec::<String>::new(), "{name}");
    // Without a dead-letter queue nothing keeps what an SDK sends and is no event: SDKs understand no report.
    let is_untold = way == Way::Http(Door::Sdk) && matches!(wired, Wired::Nothing | Wired::Buffer);
    for bad in BAD {
        assert!(is_untold || source.knows(bad), "{name}: {bad} is lost");
    }
    let kept = world.queues.sqs.messages(&world.queues.rejected);
    assert!(
        kept.iter().all(|letter| BAD.iter().any(|bad| letter.body.contains(bad))),
        "{name}: a good event is given up"
    );
}

async fn check_all(wired: Wired) {
    for weather in weathers() {
        let checks = Way::ALL.map(async |way| check(way, wired, weather).await);
        futures_util::future::join_all(checks).await;
    }
}

#[tokio::test]
async fn nothing_is_lost_with_both_queues() {
    check_all(Wired::Both).await;
}

#[tokio::test]
async fn nothing_is_lost_without_the_buffer() {
    check_all(Wired::Rejected).await;
}

#[tokio::test]
async fn nothing_is_lost_without_any_queue() {
    check_all(Wired::Nothing).await;
}

#[tokio::test]
async fn nothing_is_lost_with_the_buffer_alone() {
    check_all(Wired::Buffer).await;
}
