//! What may succeed later is queued with what overruled it: without that, it would undo what was done.

use serde_json::{Value, json};

use crate::envelope::{Answer, Record, Way, invoke};
use crate::support::fake_sqs::Message;
use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, Fault, OTHER_ADVERTISER, Rule};
use crate::world::{Wired, World, fast, hash_of, native, person};

const BUSY: i64 = 40001;

/// Messages of a standard queue, each with so many events.
fn messages(messages: &[Vec<Value>]) -> Vec<Record> {
    let record = |(number, events): (usize, &Vec<Value>)| Record {
        id: number.to_string(),
        group: String::new(),
        body: json!(events).to_string(),
    };
    messages.iter().enumerate().map(record).collect()
}

/// Events that are each a record of their own.
fn events(events: &[Value]) -> Vec<Record> {
    let record = |event: &Value| Record { id: String::new(), group: String::new(), body: event.to_string() };
    events.iter().map(record).collect()
}

/// Hands messages over while TikTok refuses what a rule says; then what the queue sends again of them, and what was queued.
async fn deliver(world: &World, rule: Rule, sent: &[Vec<Value>]) -> Answer {
    world.tiktok.rule(rule, Fault::Code(BUSY));
    let sent = messages(sent);
    let answer = invoke(world, Way::Sqs, &sent).await;
    world.tiktok.clear_faults();
    let mut again: Vec<Record> = match &answer {
        Answer::Again(ids) => sent.into_iter().filter(|record| ids.contains(&record.id)).collect(),
        Answer::Failed(_) => sent,
        other @ (Answer::Report(_) | Answer::Status(_)) => panic!("{other:?}"),
    };
    again.extend(queued(world));
    if !again.is_empty() {
        assert_eq!(invoke(world, Way::Sqs, &again).await, done());
    }
    answer
}

/// Takes out of the buffer what is in it.
fn queued(world: &World) -> Vec<Record> {
    let queued = world.queues.sqs.drain(&world.queues.buffer);
    let record =
        |(id, message): (usize, Message)| Record { id: format!("q{id}"), group: String::new(), body: message.body };
    queued.into_iter().enumerate().map(record).collect()
}

fn done() -> Answer {
    Answer::Again(Vec::new())
}

/// Enters two audiences, and leaves one of them.
fn two_mappings(world: World) -> (World, String, String) {
    let (vip, other) = (audience(&world, "vip"), audience(&world, "other"));
    let mapping = |name: &str, action: &str, event: &str, audience: &str| {
        json!({"name": name, "action": action, "trigger": format!("event = \"{event}\""),
               "fields": {"external_audience_id": audience}})
    };
    let mut destination = fast(&json!({"advertiser_id": ADVERTISER}));
    destination["mappings"] = json!([
        mapping("enter vip", "addToAudience", "Audience Entered", &vip),
        mapping("enter other", "addToAudience", "Audience Entered", &other),
        mapping("leave vip", "removeFromAudience", "Audience Exited", &vip),
    ]);
    (World::rewired(world, &destination, Wired::Redrive), vip, other)
}

fn audience(world: &World, name: &str) -> String {
    world.tiktok.add_audience(Audience::new(ADVERTISER, name))
}

fn counts(world: &World, audiences: [&str; 2]) -> [usize; 2] {
    audiences.map(|audience| world.tiktok.member_count(audience))
}

#[tokio::test]
async fn an_exit_that_was_done_is_not_undone_by_what_is_left_of_its_enter() {
    let [enter, exit] = ["Audience Entered", "Audience Exited"].map(|name| native(name, "", &person(0)));
    let another = native("Audience Exited", "", &person(1));
    let sent = [
        ("in one message", vec![vec![enter.clone(), exit.clone()]], Answer::Failed("Retryable".to_owned())),
        ("beside another", vec![vec![enter.clone(), exit.clone(), another.clone()]], done()),
        ("in two messages", vec![vec![enter.clone()], vec![exit.clone()]], done()),
        ("the second beside another", vec![vec![enter], vec![exit, another]], done()),
    ];
    for (name, sent, answer) in sent {
        let (world, vip, other) = two_mappings(World::fast(Wired::Redrive));
        let busy = Rule::on(Endpoint::Mapping).mentioning(&other);
        assert_eq!(deliver(&world, busy, &sent).await, answer, "{name}");
        assert_eq!(counts(&world, [&vip, &other]), [0, 1], "{name}");
    }
}

/// What was queued on its own waits in the queue from then on, which counts how often it was received.
#[tokio::test]
async fn what_is_left_is_queued_once_however_long_it_is_refused() {
    let (world, _, other) = two_mappings(World::fast(Wired::Redrive));
    world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&other), Fault::Code(BUSY));
    let [enter, exit] = ["Audience Entered", "Audience Exited"].map(|name| native(name, "", &person(0)));
    assert_eq!(invoke(&world, Way::Sqs, &messages(&[vec![enter], vec![exit]])).await, done());
    let left = queued(&world);
    assert_eq!(left.len(), 1, "an event and the one that overruled it are one message");
    for _ in 0..3 {
        assert_eq!(invoke(&world, Way::Sqs, &left).await, Answer::Failed("Retryable".to_owned()));
        assert_eq!(queued(&world).len(), 0);
    }
}

/// The exit's message is mixed, the enter's is not; apart, the enter would come after the exit.
#[tokio::test]
async fn an_exit_does_not_leave_its_enter_behind() {
    let (world, vip, other) = two_mappings(World::fast(Wired::Redrive));
    let [enter, exit] = ["Audience Entered", "Audience Exited"].map(|name| native(name, "", &person(0)));
    world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&hash_of(&person(0))), Fault::Code(BUSY));
    let another = native("Audience Exited", "", &person(1));
    let sent = messages(&[vec![enter], vec![exit, another]]);
    assert_eq!(invoke(&world, Way::Sqs, &sent).await, done());
    let left = queued(&world);
    assert_eq!(left.len(), 1);
    world.tiktok.clear_faults();
    assert_eq!(invoke(&world, Way::Sqs, &left).await, done());
    assert_eq!(counts(&world, [&vip, &other]), [0, 1]);
}

#[tokio::test]
async fn an_identifier_that_left_stays_out_while_the_others_enter_later() {
    let world =
        World::rewired(World::fast(Wired::Redrive), &fast(&json!({"advertiser_id": ADVERTISER})), Wired::Redrive);
    let vip = audience(&world, "vip");
    let record = |action: &str, phone: Option<&str>| json!({"action": action, "audience_id": vip, "email": person(0), "phone": phone});
    let sent = vec![record("add", Some("+14155550100")), record("remove", None)];
    let failed = Answer::Failed("Retryable".to_owned());
    assert_eq!(deliver(&world, Rule::on(Endpoint::Mapping).mentioning("\"add\""), &[sent]).await, failed);
    let members = world.tiktok.members(&vip);
    let kinds: Vec<&str> = members.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["PHONE_SHA256"]);
}

#[tokio::test]
async fn whoever_was_erased_is_not_brought_back_by_what_is_left() {
    let settings = json!({"advertiser_id": ADVERTISER, "auto_create_audiences": true});
    let enter = json!({"action": "add", "audience_name": "new", "email": person(0)});
    let exit = json!({"action": "remove", "audience_name": "new", "email": person(0)});
    let erase = json!({"type": "delete", "messageId": "d-1", "traits": {"email": person(0)}});
    for (name, then) in [("a deletion", vec![erase]), ("an exit", vec![exit])] {
        let world = World::rewired(World::fast(Wired::Redrive), &fast(&settings), Wired::Redrive);
        let vip = audience(&world, "vip");
        let another = json!({"action": "add", "audience_id": vip, "email": person(1)});
        let sent = [vec![enter.clone()], then, vec![another]].concat();
        assert_eq!(deliver(&world, Rule::on(Endpoint::SegmentAudience), &[sent]).await, done(), "{name}");
        let audiences = world.tiktok.audiences();
        let new = audiences.iter().find(|audience| audience.name == "new").unwrap();
        assert_eq!(counts(&world, [&vip, &new.id]), [1, 0], "{name}");
        assert_eq!(world.queues.sqs.messages(&world.queues.rejected).len(), 0, "{name}");
    }
}

/// A name is created in the ad account in which people are added to it, and in no other.
#[tokio::test]
async fn a_remove_creates_no_audience_in_another_ad_account() {
    let settings = json!({"advertiser_id": ADVERTISER, "auto_create_audiences": true});
    let world = World::rewired(World::fast(Wired::Redrive), &fast(&settings), Wired::Redrive);
    let record = |action: &str, advertiser: &str| json!({"action": action, "audience_name": "new", "advertiser_id": advertiser, "email": person(0)});
    let sent = [record("add", ADVERTISER), record("remove", OTHER_ADVERTISER)];
    let Answer::Report(summary) = invoke(&world, Way::Array, &events(&sent)).await else { panic!() };
    assert_eq!((&summary["delivered"], &summary["rejected"]), (&json!(1), &json!(1)));
    assert_eq!(world.tiktok.audiences().len(), 1);
}

/// Who is to be erased is in no audience that is not there; that another event names one is that event's fault.
#[tokio::test]
async fn a_deletion_is_not_refused_for_an_audience_that_another_event_names() {
    let world =
        World::rewired(World::fast(Wired::Redrive), &fast(&json!({"advertiser_id": ADVERTISER})), Wired::Redrive);
    let vip = audience(&world, "vip");
    let add = |audience: &str| json!({"action": "add", "audience_id": audience, "email": person(0)});
    let erase = json!({"type": "delete", "messageId": "d-1", "traits": {"email": person(0)}});
    let sent = [add("1999999999999999999"), add(&vip), erase];
    let Answer::Report(summary) = invoke(&world, Way::Array, &events(&sent)).await else { panic!() };
    assert_eq!((&summary["delivered"], &summary["superseded"]), (&json!(1), &json!(2)));
}
