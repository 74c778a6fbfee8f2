//! Which call gets which fault: a queue, and rules by endpoint, audience, count and chance.

use std::collections::VecDeque;

use super::super::random::Random;
use super::endpoint::Endpoint;
use super::fault::Scripted;

/// Which of the calls that a rule matches get its fault.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Always,
    /// The first so many.
    First(u64),
    /// The one of this number, counted from 1.
    Nth(u64),
    /// Each with this probability.
    Chance(f64),
}

/// Which calls get a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    endpoint: Option<Endpoint>,
    mentions: Option<String>,
    when: When,
}

impl Rule {
    /// Every call.
    pub const fn any() -> Self {
        Self { endpoint: None, mentions: None, when: When::Always }
    }

    /// Every call of an endpoint.
    pub const fn on(endpoint: Endpoint) -> Self {
        Self { endpoint: Some(endpoint), mentions: None, when: When::Always }
    }

    /// Only calls whose body or query has this text: an advertiser's or audience's id, a hash.
    #[must_use]
    pub fn mentioning(mut self, text: &str) -> Self {
        self.mentions = Some(text.to_owned());
        self
    }

    /// Only the first `count` of these calls.
    #[must_use]
    pub fn first(mut self, count: u64) -> Self {
        self.when = When::First(count);
        self
    }

    /// Only the `number`th of these calls, counted from 1.
    #[must_use]
    pub fn nth(mut self, number: u64) -> Self {
        self.when = When::Nth(number);
        self
    }

    /// Each of these calls with this probability, drawn from the fake's seed.
    #[must_use]
    pub fn chance(mut self, probability: f64) -> Self {
        self.when = When::Chance(probability);
        self
    }
}

#[derive(Debug)]
struct ActiveRule {
    rule: Rule,
    scripted: Scripted,
    matched: u64,
}

/// All faults to come.
#[derive(Debug)]
pub(super) struct Script {
    queue: VecDeque<(Option<Endpoint>, Scripted)>,
    rules: Vec<ActiveRule>,
    random: Random,
}

impl Script {
    pub(super) fn new(seed: u64) -> Self {
        Self { queue: VecDeque::new(), rules: Vec::new(), random: Random::new(seed) }
    }

    pub(super) fn push(&mut self, endpoint: Option<Endpoint>, scripted: Scripted) {
        self.queue.push_back((endpoint, scripted));
    }

    pub(super) fn add_rule(&mut self, rule: Rule, scripted: Scripted) {
        self.rules.push(ActiveRule { rule, scripted, matched: 0 });
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.rules.clear();
    }

    /// Faults that have been queued and not met yet.
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// The fault that can be chosen by the head: the first queued one of this endpoint, else a rule without text.
    pub(super) fn at_head(&mut self, endpoint: Endpoint) -> Option<Scripted> {
        let fits = |(of, _): &(Option<Endpoint>, Scripted)| of.is_none_or(|of| of == endpoint);
        if let Some(position) = self.queue.iter().position(fits) {
            return self.queue.remove(position).map(|(_, scripted)| scripted);
        }
        self.by_rule(endpoint, None)
    }

    /// The fault that the body or query chooses.
    pub(super) fn at_body(&mut self, endpoint: Endpoint, texts: [&[u8]; 2]) -> Option<Scripted> {
        self.by_rule(endpoint, Some(texts))
    }

    fn by_rule(&mut self, endpoint: Endpoint, texts: Option<[&[u8]; 2]>) -> Option<Scripted> {
        let random = &mut self.random;
        self.rules.iter_mut().find_map(|active| {
            let fits = active.rule.endpoint.is_none_or(|of| of == endpoint)
                && match (&active.rule.mentions, texts) {
                    (None, None) => true,
                    (Some(text), Some(texts)) => texts.iter().any(|bytes| contains(bytes, text.as_bytes())),
                    (None, Some(_)) | (Some(_), None) => false,
                };
            active.matched += u64::from(fits);
            (fits && due(active.rule.when, active.matched, random)).then(|| active.scripted.clone())
        })
    }
}

fn due(when: When, matched: u64, random: &mut Random) -> bool {
    match when {
        When::Always => true,
        When::First(count) => matched <= count,
        When::Nth(number) => matched == number,
        When::Chance(probability) => random.below_one() < probability,
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
