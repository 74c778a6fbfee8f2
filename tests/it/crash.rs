//! The process is killed a thousand times, at any moment between receiving events and having its reply taken; the
//! sources send again by their own rules. No member is missing or extra, and whatever is rejected is kept.

mod reaper;
mod source;

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bootstrap;
use crate::envelope::{Record, Way};
use crate::support::fake_runtime::{FakeRuntime, Outcome};
use crate::support::fake_secrets::FakeSecrets;
use crate::support::fake_sqs::FakeSqs;
use crate::support::fake_tiktok::{ADVERTISER, Audience, FakeTiktok, TOKEN};
use crate::support::random::Random;
use crate::world::{SECRET_ID, fast, hash_of, native, person};
use reaper::{Plan, Reaper};
use source::Source;

/// Each of the four ways in has its share of the thousand.
const KILLS: u32 = 250;
const DEADLINE: Duration = Duration::from_secs(30);
/// Where order is kept, so few people change their minds again and again.
const PEOPLE: u32 = 12;

/// Where a process is to be killed, whatever the way in.
const DELIVERING: [&str; 11] = [
    "starting: GetSecretValue Arrived",
    "starting: GetSecretValue CarriedOut",
    "delivering: next Arrived",
    "delivering: next CarriedOut",
    "delivering: mapping Arrived",
    "delivering: mapping CarriedOut",
    // The write to the dead-letter queue.
    "delivering: SendMessageBatch Arrived",
    "delivering: SendMessageBatch CarriedOut",
    "delivering: response Arrived",
    "delivering: response CarriedOut",
    "between two requests",
];
/// And where a sender's events are buffered first.
const ACCEPTING: [&str; 4] = [
    "accepting: SendMessageBatch Arrived",
    "accepting: SendMessageBatch CarriedOut",
    "accepting: response Arrived",
    "accepting: response CarriedOut",
];

/// The function's neighbours, its source, and what is to become of the events.
struct Story {
    tiktok: FakeTiktok,
    secrets: FakeSecrets,
    sqs: FakeSqs,
    buffer: String,
    rejected: String,
    audiences: Vec<String>,
    way: Way,
    source: Source,
    /// Whether a sender brings the events, to be buffered first.
    is_sent: bool,
    /// Events of a sender that has not been told that they are taken.
    unsent: Vec<Value>,
    reaper: Reaper,
    random: Random,
    events: u32,
    records: u32,
    /// Members from the beginning, who may leave.
    leavers: Vec<usize>,
    members: Vec<BTreeSet<String>>,
    bad: BTreeSet<String>,
}

impl Story {
    fn start(way: Way, is_sent: bool, seed: u64) -> Self {
        let reaper = Reaper::default();
        let tiktok = FakeTiktok::setup().at(reaper.listen()).seed(seed).start();
        let (secrets, sqs) = (FakeSecrets::start_at(reaper.listen()), FakeSqs::start_at(reaper.listen()));
        let (buffer, rejected) = (sqs.queue("buffer"), sqs.queue("rejected"));
        let secret = json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
        secrets.set(SECRET_ID, &secret.to_string());
        let audiences: Vec<_> = (0..2).map(|_| tiktok.add_audience(Audience::new(ADVERTISER, "vip"))).collect();
        Self {
            members: vec![BTreeSet::new(); audiences.len()],
            source: Source::new(way),
            random: Random::new(seed),
            leavers: Vec::new(),
            unsent: Vec::new(),
            events: 0,
            records: 0,
            bad: BTreeSet::new(),
            tiktok,
            secrets,
            sqs,
            buffer,
            rejected,
            audiences,
            way,
            is_sent,
            reaper,
        }
    }

    /// People who are in from the beginning.
    fn begin(&mut self) {
        self.leavers = (500_000..500_400).collect();
        for user in self.leavers.clone() {
            for audience in 0..self.audiences.len() {
                self.say("Audience Entered", audience, user);
            }
        }
    }

    /// One more event.
    fn go_on(&mut self) {
        let number = self.events as usize;
        let audience = self.random.below(2) as usize;
        let kind = self.random.below(20);
        let is_ordered = matches!(self.way, Way::Fifo | Way::Kinesis);
        // Where nothing keeps order nobody changes their mind: people of the beginning leave, others come.
        let (user, leaves) = match kind {
            0..8 if is_ordered => (self.random.below(PEOPLE) as usize, true),
            8..16 if is_ordered => (self.random.below(PEOPLE) as usize, false),
            0..8 if audience == 0 => self.leavers.pop().map_or((number + 1_000, false), |user| (user, true)),
            _ => (number + 1_000, false),
        };
        let name = if leaves { "Audience Exited" } else { "Audience Entered" };
        match kind {
            16 => self.add(&native("Something else", &self.audiences[audience], &person(user))),
            17 => self.refuse(&native(name, &self.audiences[audience], "no address")),
            18 => {
                self.tiktok.poison(&hash_of(&person(user)));
                self.refuse(&native(name, &self.audiences[audience], &person(user)));
            }
            _ => self.say(name, audience, user),
        }
        if kind == 19 {
            // The sender was not sure.
            self.say(name, audience, user);
        }
    }

    /// An event that TikTok is to learn of.
    fn say(&mut self, name: &str, audience: usize, user: usize) {
        let hash = hash_of(&person(user));
        if name == "Audience Entered" {
            self.members[audience].insert(hash);
        } else {
            self.members[audience].remove(&hash);
        }
        self.add(&native(name, &self.audiences[audience], &person(user)));
    }

    /// An event that can't be delivered.
    fn refuse(&mut self, event: &Value) {
        self.bad.insert(format!("m-{}", self.events));
        self.add(event);
    }

    fn add(&mut self, event: &Value) {
        let number = self.events;
        self.events += 1;
        let mut event = event.clone();
        event["messageId"] = json!(format!("m-{number}"));
        event["timestamp"] =
            json!(format!("2026-11-20T{:02}:{:02}:{:02}Z", number / 3600, number / 60 % 60, number % 60));
        if self.is_sent {
            self.unsent.push(event);
        } else {
            let group = event["context"]["traits"]["email"].to_string();
            self.put(event.to_string(), &group);
        }
    }

    fn put(&mut self, body: String, group: &str) {
        self.records += 1;
        self.source.push(Record { id: format!("{:08}", self.records), group: group.to_owned(), body });
    }

    /// A process that waits for its first invocation, unless it was killed before.
    async fn started(&self, plan: Plan) -> Option<FakeRuntime> {
        let runtime = FakeRuntime::start_at(self.reaper.listen());
        let mut command = bootstrap::command(&runtime, &self.tiktok, &self.secrets, &self.sqs);
        command
            .env("BUFFER_QUEUE_URL", &self.buffer)
            .env("REJECTED_QUEUE_URL", &self.rejected)
            // Of two rows the good one is always found; of four a hunt that meets three bad ones first gives up.
            .env("DESTINATION_CONFIG", fast(&json!({"batch_rows": 2})).to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        self.reaper.doom(&mut command, plan);
        let is_ready = tokio::select! {
            _ = runtime.started() => true,
            () = self.reaper.dead() => false,
        };
        is_ready.then_some(runtime)
    }

    /// A process and what it gets to do until it is killed, or until everything is done.
    async fn live(&mut self, plan: Plan) {
        let Some(runtime) = self.started(plan).await else { return };
        let is_doomed = !matches!(plan, Plan::Never);
        loop {
            while is_doomed && self.source.len() + self.unsent.len() < 12 {
                self.go_on();
            }
            let Some((payload, is_sending)) = self.next() else {
                // The queue may have given up all that there was.
                if is_doomed {
                    continue;
                }
                break self.reaper.dismiss();
            };
            let pending = runtime.enqueue(payload, DEADLINE);
            tokio::select! {
                biased;
                outcome = pending.outcome() => {
                    assert_ne!(outcome, Outcome::TimedOut, "{}", self.reaper.describe());
                    self.replied(&outcome, is_sending);
                }
                () = self.reaper.dead() => break self.source.lost(),
            }
        }
    }

    /// The payload of the next invocation, and whether a sender makes it.
    fn next(&mut self) -> Option<(String, bool)> {
        for message in self.sqs.drain(&self.buffer) {
            self.put(message.body, "buffer");
        }
        let sends = !self.unsent.is_empty() && (self.source.len() == 0 || self.random.below(2) == 0);
        self.reaper.doing(if sends { "accepting" } else { "delivering" });
        if sends {
            return Some((json!(self.unsent).to_string(), true));
        }
        let most = 1 + self.random.below(12) as usize;
        Some((self.source.receive(most, &mut self.random)?, false))
    }

    fn replied(&mut self, outcome: &Outcome, is_sending: bool) {
        if !is_sending {
            return self.source.replied(outcome);
        }
        if let Outcome::Response(_) = outcome {
            assert_eq!(outcome.json()["summary"]["accepted"], self.unsent.len(), "{outcome:?}");
            self.unsent.clear();
        }
    }

    /// The moments that have to be met.
    fn moments(&self) -> Vec<&'static str> {
        let accepting = if self.is_sent { ACCEPTING.as_slice() } else { &[] };
        [&DELIVERING, accepting].concat()
    }

    /// Half of the time at one of those, else at any time.
    fn plan(&mut self) -> Plan {
        let pause = Duration::from_micros(u64::from(self.random.below(3_000)));
        let sights = self.random.below(24);
        let moments = self.moments();
        match self.random.below(10) {
            0 => Plan::After(pause * 8),
            1 | 2 => Plan::At { sights, pause },
            3 | 4 => Plan::At { sights, pause: Duration::ZERO },
            _ => match moments[self.random.below(u32::try_from(moments.len()).unwrap()) as usize] {
                "between two requests" => Plan::At { sights, pause },
                moment => Plan::On(moment),
            },
        }
    }

    /// The message ids of the events in the dead-letter queue, which is empty then.
    fn letters(&mut self) -> Vec<(String, String)> {
        let letters = self.sqs.drain(&self.rejected).into_iter().map(|message| {
            let event: Value = serde_json::from_str(&message.body).unwrap();
            (event["messageId"].as_str().unwrap().to_owned(), message.body)
        });
        letters.collect()
    }

    /// TikTok has the members that the events make, and nothing else has changed.
    fn check_members(&self) {
        for (audience, expected) in self.audiences.iter().zip(&self.members) {
            let members: BTreeSet<_> = self.tiktok.members(audience).into_iter().map(|(_, hash)| hash).collect();
            assert_eq!(&members, expected, "the members of an audience");
        }
        assert_eq!(self.tiktok.violations(), Vec::<String>::new());
    }
}

/// Kills the process again and again, then lets it end its work, then puts back what the dead-letter queue has.
async fn check(way: Way, is_sent: bool, seed: u64) {
    let mut story = Story::start(way, is_sent, seed);
    story.begin();
    story.live(Plan::Never).await;
    story.check_members();
    for _ in 0..KILLS {
        let plan = story.plan();
        story.live(plan).await;
    }
    story.live(Plan::Never).await;
    let kept = story.letters();
    // Redriven, as an operator would: what the queue gave up is delivered now, what TikTok refuses is refused again.
    let buried = std::mem::take(&mut story.source.dead);
    let given_up = buried.len();
    buried
        .into_iter()
        .map(|record| record.body)
        .chain(kept.iter().map(|(_, body)| body.clone()))
        .for_each(|body| story.put(body, "redriven"));
    story.live(Plan::Never).await;
    story.check_members();
    let again: BTreeSet<_> = story.letters().into_iter().map(|(id, _)| id).collect();
    let kept: BTreeSet<_> = kept.into_iter().map(|(id, _)| id).collect();
    assert_eq!(again, story.bad, "what is rejected is kept, and nothing else");
    assert!(kept.is_subset(&story.bad));
    assert!(way == Way::Sqs || kept == story.bad, "no queue gives up where order is kept");
    let kills = story.reaper.kills();
    assert_eq!(kills.values().sum::<u32>(), KILLS, "{kills:?}");
    let missed: Vec<_> = story.moments().into_iter().filter(|moment| !kills.contains_key(*moment)).collect();
    assert!(missed.is_empty(), "never killed at {missed:?}, but at {kills:#?}");
    assert!(way != Way::Sqs || given_up > 0, "the queue gave up nothing");
}

#[tokio::test]
async fn a_queue_loses_nothing_when_the_process_is_killed() {
    check(Way::Sqs, false, 1).await;
}

#[tokio::test]
async fn a_fifo_queue_loses_nothing_when_the_process_is_killed() {
    check(Way::Fifo, false, 2).await;
}

#[tokio::test]
async fn a_stream_loses_nothing_when_the_process_is_killed() {
    check(Way::Kinesis, false, 3).await;
}

#[tokio::test]
async fn a_buffer_loses_nothing_when_the_process_is_killed() {
    check(Way::Sqs, true, 4).await;
}
