//! What is there before the first call.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::server::Listen;
use super::account::{App, Grant};
use super::audience::Audience;
use super::limits::Limits;
use super::script::Script;
use super::state::State;
use super::{ADVERTISER, APP_ID, APP_SECRET, FakeTiktok, OTHER_ADVERTISER, TOKEN};

/// A fake that has not been started.
#[derive(Debug)]
pub struct Setup {
    listen: Listen,
    state: State,
}

impl Setup {
    pub(super) fn new() -> Self {
        let both = Grant::of([ADVERTISER, OTHER_ADVERTISER]);
        let app = App {
            id: APP_ID.to_owned(),
            secret: APP_SECRET.to_owned(),
            redirect_uris: Vec::new(),
            grants: both.clone(),
        };
        let mut state = State::new(app);
        state.accounts.tokens = BTreeMap::from([(TOKEN.to_owned(), both)]);
        Self { listen: Listen::default(), state }
    }

    /// Starts it; the port is open when this returns.
    pub fn start(self) -> FakeTiktok {
        FakeTiktok::serve(self.listen, self.state)
    }

    /// Listens here, perhaps with HTTPS, instead of on a free port of 127.0.0.1.
    #[must_use]
    pub fn at(mut self, listen: Listen) -> Self {
        self.listen = listen;
        self
    }

    /// One token more.
    #[must_use]
    pub fn token(mut self, token: &str, grant: Grant) -> Self {
        self.state.accounts.tokens.insert(token.to_owned(), grant);
        self
    }

    /// One audience more.
    #[must_use]
    pub fn audience(mut self, audience: Audience) -> Self {
        self.state.catalogue.insert(audience);
        self
    }

    /// Another app.
    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.state.accounts.app = app;
        self
    }

    /// Other limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.state.limits = limits;
        self
    }

    /// The code for an audience that belongs to another advertiser: 40007 unless set; 40001 is the other reading of
    /// TikTok's table ("no permission for the object").
    #[must_use]
    pub fn foreign_code(mut self, code: i64) -> Self {
        self.state.foreign_code = code;
        self
    }

    /// A mapping call takes its good rows where others are bad, and answers 20001; else it is all or nothing.
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.state.partial = true;
        self
    }

    /// The seed of all chances.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.state.script = Script::new(seed);
        self
    }

    /// Audiences are made at this time instead of now.
    #[must_use]
    pub fn clock(mut self, now: Timestamp) -> Self {
        self.state.catalogue.clock = Some(now);
        self
    }

    /// How many calls are kept in full, 10,000 unless set; counters have no limit.
    #[must_use]
    pub fn recorded_calls(mut self, most: usize) -> Self {
        self.state.journal.recorded = most;
        self
    }
}
