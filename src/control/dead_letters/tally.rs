//! Dead letters by reason, mapping and age.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::event::Event;
use crate::json::{Document, Kind};
use crate::outcome::Reason;
use crate::outcome::plain_id::is_plain_id;
use crate::queue::DeadLetter;

use super::selection::{mappings, reasons};

/// Messages of a reason that are named.
const SAMPLES: usize = 5;
/// Mappings of a reason that are named: a destination has 50, and some had other names once.
const MAPPINGS: usize = 100;
/// What is told of a reason that this version does not know.
const UNKNOWN: &str = "UNKNOWN";

const DAY: i64 = 24 * 3_600 * 1_000;
/// Ages by which messages are counted, in days; SQS forgets them after 14.
const AGES: [(&str, i64); 4] =
    [("under_1_day", DAY), ("under_3_days", 3 * DAY), ("under_10_days", 10 * DAY), ("older", i64::MAX)];

/// Dead letters, counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    count: usize,
    oldest: Option<i64>,
    ages: [usize; AGES.len()],
    by_reason: BTreeMap<String, Group>,
}

#[derive(Debug, Default)]
struct Group {
    count: usize,
    actor: Option<&'static str>,
    oldest: Option<i64>,
    mappings: BTreeMap<String, usize>,
    samples: Vec<Sample>,
}

/// A message by its ids, under which its lines in the log are found.
#[derive(Clone, Debug, Serialize)]
struct Sample {
    sqs_message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
}

/// The counts as a reply has them.
#[derive(Serialize)]
pub(super) struct TallyJson<'t> {
    messages: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_age_hours: Option<u64>,
    ages: BTreeMap<&'static str, usize>,
    reasons: Vec<GroupJson<'t>>,
}

#[derive(Serialize)]
struct GroupJson<'t> {
    reason: &'t str,
    actor: &'static str,
    /// A message with several reasons counts for each.
    messages: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<String>,
    mappings: &'t BTreeMap<String, usize>,
    samples: &'t [Sample],
}

impl Tally {
    /// Counts a message.
    pub(super) fn add(&mut self, letter: &DeadLetter, now: Timestamp) {
        self.count += 1;
        self.oldest = earlier(self.oldest, letter.sent_at);
        let age = letter.sent_at.map_or(0, |sent| now.as_millisecond().saturating_sub(sent));
        let counts = AGES.iter().zip(&mut self.ages);
        if let Some((_, count)) = counts.into_iter().find(|((_, below), _)| age < *below) {
            *count += 1;
        }
        for reason in reasons(letter) {
            let known = Reason::ALL.iter().find(|known| known.code() == reason);
            let is_shown = known.is_some() || super::selection::OTHERS.contains(&reason);
            let group = self.by_reason.entry(if is_shown { reason } else { UNKNOWN }.to_owned()).or_default();
            group.add(letter, known.map(|known| known.actor().as_str()));
        }
    }

    /// How long the oldest has been there.
    pub(super) fn oldest_age(&self, now: Timestamp) -> Duration {
        let age = self.oldest.map_or(0, |oldest| now.as_millisecond().saturating_sub(oldest));
        Duration::from_millis(u64::try_from(age).unwrap_or_default())
    }

    pub(super) fn to_json(&self, now: Timestamp) -> TallyJson<'_> {
        let groups = self.by_reason.iter().map(|(reason, group)| GroupJson {
            reason,
            actor: group.actor.unwrap_or("operator"),
            messages: group.count,
            oldest: time(group.oldest),
            mappings: &group.mappings,
            samples: &group.samples,
        });
        TallyJson {
            messages: self.count,
            oldest: time(self.oldest),
            oldest_age_hours: self.oldest.map(|_oldest| self.oldest_age(now).as_secs() / 3_600),
            ages: AGES.iter().map(|(name, _)| *name).zip(self.ages).collect(),
            reasons: groups.collect(),
        }
    }
}

impl Group {
    fn add(&mut self, letter: &DeadLetter, actor: Option<&'static str>) {
        self.count += 1;
        // TikTok's refusals are one or the other's business, which only their message tells.
        let actor = letter.attribute("actor").and_then(known_actor).or(actor);
        self.actor = if self.count == 1 { actor } else { self.actor.filter(|known| actor == Some(known)).or(actor) };
        self.oldest = earlier(self.oldest, letter.sent_at);
        for mapping in mappings(letter) {
            if self.mappings.len() < MAPPINGS || self.mappings.contains_key(mapping) {
                *self.mappings.entry(mapping.to_owned()).or_default() += 1;
            }
        }
        if self.samples.len() < SAMPLES {
            let message_id = message_id(letter.body());
            self.samples.push(Sample { sqs_message_id: letter.id.clone(), message_id });
        }
    }
}

fn known_actor(word: &str) -> Option<&'static str> {
    crate::outcome::Actor::ALL.iter().map(|actor| actor.as_str()).find(|known| *known == word)
}

/// The id of the first event in a message, where it may be shown.
fn message_id(body: &str) -> Option<String> {
    let document = Document::parse(body).ok()?;
    let root = document.root();
    let first = if root.kind() == Kind::Array { root.items().next()? } else { root };
    let id = Event::read(first).ok()?.message_id()?;
    is_plain_id(&id).then(|| id.into_owned())
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

fn time(millisecond: Option<i64>) -> Option<String> {
    Timestamp::from_millisecond(millisecond?).ok().map(|time| time.to_string())
}
