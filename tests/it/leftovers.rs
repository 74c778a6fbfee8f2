//! What may succeed later is queued with what overruled it: without that, it would undo what was done.

use serde_json::{Value, json};

use crate::envelope::{Answer, Record, Way, invoke};
use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, Fault, Rule};
use crate::world::{Wired, World, fast, native, person};

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

/// Hands messages over while TikTok refuses what a rule says, and then what was queued of them.
async fn deliver(world: &World, rule: Rule, sent: &[Vec<Value>]) -> Answer {
    world.tiktok.rule(rule, Fault::Code(BUSY));
    let answer = invoke(world, Way::Sqs, &messages(sent)).await;
    world.tiktok.clear_faults();
    let queued = world.queues.sqs.drain(&world.queues.buffer);
    let bodies: Vec<Record> = (0..)
        .zip(queued)
        .map(|(id, message)| Record { id: format!("q{id}"), group: String::new(), body: message.body })
        .collect();
    if !bodies.is_empty() {
        assert_eq!(invoke(world, Way::Sqs, &bodies).await, Answer::Again(Vec::new()));
    }
    answer
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
    let (world, vip, other) = two_mappings(World::fast(Wired::Redrive));
    let [enter, exit] = ["Audience Entered", "Audience Exited"].map(|name| native(name, "", &person(0)));
    let busy = || Rule::on(Endpoint::Mapping).mentioning(&other);
    assert_eq!(deliver(&world, busy(), &[vec![enter.clone(), exit.clone()]]).await, done());
    assert_eq!(counts(&world, [&vip, &other]), [0, 1], "in one message");

    let (world, vip, other) = two_mappings(World::fast(Wired::Redrive));
    let busy = Rule::on(Endpoint::Mapping).mentioning(&other);
    assert_eq!(deliver(&world, busy, &[vec![enter], vec![exit]]).await, done());
    assert_eq!(counts(&world, [&vip, &other]), [0, 1], "in two messages");
}

#[tokio::test]
async fn an_identifier_that_left_stays_out_while_the_others_enter_later() {
    let world =
        World::rewired(World::fast(Wired::Redrive), &fast(&json!({"advertiser_id": ADVERTISER})), Wired::Redrive);
    let vip = audience(&world, "vip");
    let record = |action: &str, phone: Option<&str>| json!({"action": action, "audience_id": vip, "email": person(0), "phone": phone});
    let sent = vec![record("add", Some("+14155550100")), record("remove", None)];
    assert_eq!(deliver(&world, Rule::on(Endpoint::Mapping).mentioning("append"), &[sent]).await, done());
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
