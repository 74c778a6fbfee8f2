//! Invented people: most enter and stay, one in ten leaves again, one in a thousand has an address that TikTok refuses.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::support::fake_tiktok::ADVERTISER;

/// One of so many is refused.
const REFUSED: usize = 1_000;

/// The people of a soak, by number.
pub(crate) struct People {
    entering: usize,
    leaving: usize,
}

impl People {
    /// As many as make so many events.
    pub(crate) fn of(events: usize) -> Self {
        let leaving = events / 11;
        Self { entering: events - leaving, leaving }
    }

    /// The events with which people come.
    pub(crate) fn entries(&self) -> Range<usize> {
        0..self.entering
    }

    /// The events with which the first of them leave.
    pub(crate) fn exits(&self) -> Range<usize> {
        self.entering..self.entering + self.leaving
    }

    /// An event of Segment Engage.
    pub(crate) fn event(&self, number: usize, audience: &str) -> String {
        let person = number % self.entering;
        let enters = number < self.entering;
        let name = if enters { "Audience Entered" } else { "Audience Exited" };
        format!(
            r#"{{"type":"track","event":"{name}","messageId":"m-{number}","userId":"u-{person}","timestamp":"2026-11-20T09:43:00Z","properties":{{"audience_key":"soak","soak":{enters}}},"context":{{"traits":{{"email":"{}"}},"personas":{{"computation_class":"audience","computation_key":"soak","external_audience_id":"{audience}","audience_settings":{{"advertiserId":"{ADVERTISER}"}}}}}}}}"#,
            address(person)
        )
    }

    /// The hashes that TikTok refuses.
    pub(crate) fn refused(&self) -> impl Iterator<Item = String> {
        self.entries().filter(|person| is_refused(*person)).map(hash)
    }

    /// The message ids of the events that TikTok refuses.
    pub(crate) fn refused_events(&self) -> impl Iterator<Item = String> {
        let events = 0..self.exits().end;
        events.filter(|number| is_refused(number % self.entering)).map(|number| format!("m-{number}"))
    }

    /// The hashes of those who are members in the end.
    pub(crate) fn members(&self) -> impl Iterator<Item = String> {
        (self.leaving..self.entering).filter(|person| !is_refused(*person)).map(hash)
    }
}

const fn is_refused(person: usize) -> bool {
    person % REFUSED == REFUSED / 2
}

fn address(person: usize) -> String {
    format!("user{person}@example.com")
}

fn hash(person: usize) -> String {
    const_hex::encode(Sha256::digest(address(person)))
}
