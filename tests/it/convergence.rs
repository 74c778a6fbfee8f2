//! Random streams, random faults, random batches, sent again until they are done: no event is lost, and the members are
//! those of the latest operations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use serde_json::json;

use crate::envelope::{Answer, Door, Record, Way, invoke};
use crate::support::fake_tiktok::{
    ADVERTISER, Audience, Condition, Endpoint, FakeTiktok, Fault, OTHER_ADVERTISER, Rule, Scripted, TOKEN,
};
use crate::world::{Wired, World, fast, hash_of, native, person};

/// An audience of each of two advertisers, and one that is not there any more.
const AUDIENCES: usize = 3;
const ADVERTISERS: [&str; AUDIENCES] = [ADVERTISER, OTHER_ADVERTISER, ADVERTISER];
const DEAD: usize = 2;
/// TikTok refuses this person's address.
const POISONED: usize = 0;

/// What one event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Enter,
    Exit,
    /// The event before it once more.
    Repeat,
    /// Of no concern to the destination.
    Skipped,
    /// Never to be delivered: no event, no address, a contradiction.
    Bad(u8),
}

#[derive(Clone, Copy, Debug)]
struct Said {
    kind: Kind,
    user: usize,
    audience: usize,
    has_phone: bool,
    /// The address comes as its hash.
    is_hashed: bool,
}

fn said() -> impl Strategy<Value = Said> {
    let kind = prop_oneof![
        5 => Just(Kind::Enter), 5 => Just(Kind::Exit), 1 => Just(Kind::Repeat), 1 => Just(Kind::Skipped),
        1 => (0_u8..3).prop_map(Kind::Bad),
    ];
    let audience = prop_oneof![6 => Just(0), 3 => Just(1), 1 => Just(DEAD)];
    (kind, 0_usize..6, audience, any::<bool>(), any::<bool>())
        .prop_map(|(kind, user, audience, has_phone, is_hashed)| Said { kind, user, audience, has_phone, is_hashed })
}

/// A fault that goes away when the call is made again.
fn fault() -> impl Strategy<Value = Scripted> {
    prop_oneof![
        3 => Just(Fault::Code(40001).into()),
        2 => Just(Fault::Code(40001).applied()),
        1 => Just(Fault::not_editable().into()),
        1 => Just(Fault::Code(40105).into()),
        1 => Just(Fault::Code(50000).applied()),
        1 => Just(Fault::HangUpAfterBody.applied()),
        1 => Just(Fault::Garbage.into()),
    ]
}

/// The cells by column and hash.
type Cells = BTreeSet<(String, String)>;

/// The stream as records, and what is to become of it.
struct Stream {
    records: Vec<Record>,
    members: Vec<Cells>,
    bad: usize,
    /// Rejected by TikTok, unless a later event of their batch decides.
    refused: usize,
}

fn phone(user: usize) -> String {
    format!("+1202555014{user}")
}

fn stream(said: &[Said], audiences: &[String]) -> Stream {
    let mut stream = Stream { records: Vec::new(), members: vec![Cells::new(); AUDIENCES], bad: 0, refused: 0 };
    let mut previous: Option<Said> = None;
    for (position, said) in said.iter().enumerate() {
        let said = if said.kind == Kind::Repeat { previous.unwrap_or(*said) } else { *said };
        previous = Some(said);
        stream.add(position, said, &audiences[said.audience]);
    }
    stream
}

impl Stream {
    fn add(&mut self, position: usize, said: Said, audience: &str) {
        let is_exit = said.kind == Kind::Exit;
        let address = if said.is_hashed { hash_of(&person(said.user)) } else { person(said.user) };
        let mut event = native(if is_exit { "Audience Exited" } else { "Audience Entered" }, audience, &address);
        event["context"]["personas"]["audience_settings"]["advertiserId"] = json!(ADVERTISERS[said.audience]);
        event["timestamp"] = json!(format!("2026-11-20T10:{:02}:{:02}Z", position / 60, position % 60));
        event["messageId"] = json!(format!("m-{position}"));
        let mut cells = vec![("EMAIL_SHA256".to_owned(), hash_of(&person(said.user)))];
        if said.has_phone && said.user != POISONED {
            event["context"]["traits"]["phone"] = json!(phone(said.user));
            cells.push(("PHONE_SHA256".to_owned(), hash_of(&phone(said.user))));
        }
        match said.kind {
            Kind::Enter | Kind::Exit | Kind::Repeat if said.user == POISONED || said.audience == DEAD => {
                self.refused += 1;
            }
            Kind::Enter | Kind::Repeat => self.members[said.audience].extend(cells),
            Kind::Exit => self.members[said.audience].retain(|cell| !cells.contains(cell)),
            Kind::Skipped => event["event"] = json!("Something else"),
            Kind::Bad(0) => event = json!(7),
            Kind::Bad(1) => event["context"]["traits"] = json!({"email": "no address"}),
            Kind::Bad(_) => event["properties"]["vip"] = json!(is_exit),
        }
        self.bad += usize::from(matches!(said.kind, Kind::Bad(_)));
        let (id, group) = (format!("{position:04}"), format!("u-{}", said.user));
        self.records.push(Record { id, group, body: event.to_string() });
    }
}

/// What a source sends again after this answer.
fn left(way: Way, batch: &[Record], answer: Answer) -> Vec<Record> {
    let ids = match answer {
        Answer::Failed(_) => return batch.to_vec(),
        Answer::Report(summary) => {
            let outcomes = ["delivered", "accepted", "superseded", "skipped", "rejected", "retryable"];
            let sum: u64 = outcomes.iter().map(|outcome| summary[outcome].as_u64().unwrap()).sum();
            assert_eq!((sum, summary["received"].as_u64()), (batch.len() as u64, Some(sum)), "events in, outcomes out");
            assert_eq!(summary["retryable"], 0);
            return Vec::new();
        }
        Answer::Status(status) => return if status == 503 { batch.to_vec() } else { Vec::new() },
        Answer::Again(ids) => ids,
    };
    if way == Way::Kinesis {
        let from = ids.first().map_or(batch.len(), |id| batch.iter().position(|record| record.id == *id).unwrap());
        return batch[from..].to_vec();
    }
    let left: Vec<Record> = batch.iter().filter(|record| ids.contains(&record.id)).cloned().collect();
    for record in batch.iter().filter(|record| !ids.contains(&record.id)) {
        let is_overtaken = left.iter().any(|failed| failed.group == record.group && failed.id < record.id);
        assert!(!is_overtaken, "a later message of a group is done before an earlier one");
    }
    left
}

/// No cell is both added and removed, and every row is as wide as its schema.
fn check_calls(world: &World) {
    let mut actions: HashMap<(String, String, String), String> = HashMap::new();
    for call in world.tiktok.mapping_calls() {
        for row in &call.batch_data {
            assert_eq!(row.len(), call.id_schema.len());
            for (column, cell) in call.id_schema.iter().zip(row) {
                for audience in &cell.audience_ids {
                    let key = (audience.clone(), column.clone(), cell.id.clone());
                    let action = actions.entry(key).or_insert_with(|| call.action.clone());
                    assert_eq!(*action, call.action, "one invocation adds and removes one cell");
                }
            }
        }
    }
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
    world.tiktok.forget();
}

#[derive(Clone, Debug)]
struct Case {
    way: Way,
    said: Vec<Said>,
    batches: Vec<usize>,
    fault: Scripted,
    chance: f64,
    audiences_per_row: usize,
    batch_rows: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let ways = prop::sample::select(vec![
        Way::Array,
        Way::Http(Door::Api),
        Way::Fifo,
        Way::Kinesis,
        Way::EventBridge,
        Way::Sns,
    ]);
    let said = prop::collection::vec(said(), 1..60);
    let batches = prop::collection::vec(1_usize..20, 1..8);
    (ways, said, batches, fault(), 0.0..0.5, 1_usize..3, 1_usize..12).prop_map(
        |(way, said, batches, fault, chance, audiences_per_row, batch_rows)| Case {
            way,
            said,
            batches,
            fault,
            chance,
            audiences_per_row,
            batch_rows,
        },
    )
}

fn start(case: &Case) -> (World, Vec<String>) {
    let secret = json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
    let settings = json!({"audiences_per_row": case.audiences_per_row, "batch_rows": case.batch_rows});
    let world = World::wired(FakeTiktok::start(), &fast(&settings), &secret, Wired::Rejected);
    let condition = |number| if number == DEAD { Condition::Dead } else { Condition::Ready };
    let audience = |number| Audience::new(ADVERTISERS[number], "vip").in_condition(condition(number));
    let audiences = (0..AUDIENCES).map(|number| world.tiktok.add_audience(audience(number))).collect();
    world.tiktok.poison(&hash_of(&person(POISONED)));
    world.tiktok.rule(Rule::on(Endpoint::Mapping).chance(case.chance), case.fault.clone());
    (world, audiences)
}

async fn run(case: &Case) {
    let (world, audiences) = start(case);
    let stream = stream(&case.said, &audiences);
    let mut waiting = stream.records.clone();
    let mut sizes = case.batches.iter().cycle();
    for round in 0.. {
        assert!(round < 500, "{} records never end", waiting.len());
        if round == 40 {
            // Nothing fails for ever.
            world.tiktok.clear_faults();
        }
        let size = (*sizes.next().unwrap()).min(waiting.len());
        if size == 0 {
            break;
        }
        let rest = waiting.split_off(size);
        let answer = invoke(&world, case.way, &waiting).await;
        waiting = left(case.way, &waiting, answer);
        waiting.extend(rest);
        check_calls(&world);
    }
    for (audience, members) in audiences.iter().zip(&stream.members) {
        assert_eq!(&world.tiktok.members(audience), members, "the members of an audience");
    }
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();
    for message in world.queues.sqs.messages(&world.queues.rejected) {
        let is_refused = message.attribute("reason") == Some("TIKTOK_REFUSED");
        *kept.entry(if is_refused { "refused" } else { "bad" }.to_owned()).or_default() += 1;
    }
    assert_eq!(kept.get("bad").copied().unwrap_or_default(), stream.bad, "each bad event is kept once");
    let refused = kept.get("refused").copied().unwrap_or_default();
    assert!(refused <= stream.refused && (refused > 0) == (stream.refused > 0), "{refused} of {}", stream.refused);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_members_are_those_of_the_latest_operations(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(&case));
    }

    /// Where the source keeps no order, event time decides within an invocation.
    #[test]
    fn shuffled_events_of_one_invocation_end_as_their_times_say(
        said in prop::collection::vec(said(), 1..60),
        order in Just((0_usize..60).collect::<Vec<_>>()).prop_shuffle(),
        way in prop::sample::select(vec![Way::Array, Way::Sqs, Way::Http(Door::Api), Way::EventBridge]),
    ) {
        let case = Case {
            way, said, batches: vec![60], fault: Fault::Garbage.into(), chance: 0.0, audiences_per_row: 1, batch_rows: 7,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (world, audiences) = start(&case);
            let stream = stream(&case.said, &audiences);
            let shuffled: Vec<_> = order.iter().filter_map(|position| stream.records.get(*position)).cloned().collect();
            invoke(&world, way, &shuffled).await;
            check_calls(&world);
            for (audience, members) in audiences.iter().zip(&stream.members) {
                assert_eq!(&world.tiktok.members(audience), members, "the members of an audience");
            }
        });
    }
}
