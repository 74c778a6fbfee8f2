//! TikTok's Business API v1.3, as far as audiences need it: strict, scriptable, and with members that can be counted.
//!
//! It knows nothing of events or mappings. TikTok's sandbox does not serve the audience endpoints, so this fake is
//! what the function is developed and tested against. It keeps to TikTok's documentation, its official SDK, and what
//! other vendors' connectors send; where those are silent it takes the stricter reading, and the module of the
//! endpoint says so. What it imitates:
//!
//! - the envelope `{code, message, request_id, data}` with HTTP 200 also for failures; plain text `404 page not found`
//!   for a path without its trailing slash;
//! - token, scope and advertiser before parameters; ids are strings of digits;
//! - `/segment/mapping/` all or nothing, members as sets, 10,000 rows and 1 MiB;
//! - audiences of type Partner, names over 70 characters cut, names that may repeat;
//! - sharing within a Business Center, ad groups that use audiences, overlaps;
//! - OAuth with single-use codes, a consent page, revocation.
//!
//! What only a mistake in the client can cause is also kept in [`FakeTiktok::violations`], which tests assert empty.

mod account;
mod audience;
mod audiences;
mod endpoint;
mod fault;
mod journal;
mod limits;
mod mapping;
mod portal;
mod refusal;
mod script;
mod setup;
mod sharing;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

pub use account::{App, Grant, Life};
pub use audience::{Audience, Condition};
pub use endpoint::Endpoint;
pub use fault::{Fault, Scripted};
pub use journal::{Call, MappingCall, MappingCell};
pub use limits::Limits;
pub use portal::Consent;
pub use script::Rule;
pub use setup::Setup;

use hyper::body::Bytes;

use super::server::{Answer, Request, Server};
use state::{State, Visit};

/// The advertiser that is there unless the test sets up its own.
pub const ADVERTISER: &str = "7318294418293948001";
/// A second advertiser of the same token.
pub const OTHER_ADVERTISER: &str = "7318294418293948002";
/// The token that is good for both.
pub const TOKEN: &str = "fake-access-token-0001";
/// `app_id` of the developer's app.
pub const APP_ID: &str = "7300000000000000001";
/// `secret` of the developer's app.
pub const APP_SECRET: &str = "fake-app-secret-0001";

/// A running fake; stops when it is dropped.
#[derive(Debug)]
pub struct FakeTiktok {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl FakeTiktok {
    /// [`ADVERTISER`] and [`OTHER_ADVERTISER`] with [`TOKEN`], no audiences, plain HTTP on a free port.
    pub fn start() -> Self {
        Self::setup().start()
    }

    /// The same, to be changed before it starts.
    pub fn setup() -> Setup {
        Setup::new()
    }

    fn serve(listen: super::server::Listen, state: State) -> Self {
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let server = Server::start(listen, move |request| handle(Arc::clone(&shared), request));
        Self { server, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The value for `TIKTOK_API_BASE_URL`.
    pub fn base_url(&self) -> String {
        self.server.origin() + endpoint::BASE_PATH
    }

    /// The address of the consent page, without parameters.
    pub fn portal_url(&self) -> String {
        self.server.origin() + portal::PATH
    }
}

/// Audiences and members.
impl FakeTiktok {
    /// Puts an audience in and gives back its id.
    pub fn add_audience(&self, audience: Audience) -> String {
        self.state().catalogue.insert(audience)
    }

    /// Forgets all audiences with their members, as if none had ever been made.
    pub fn forget_audiences(&self) {
        self.state().catalogue.clear();
    }

    /// Changes an audience, for example its condition.
    pub fn change_audience(&self, id: &str, change: impl FnOnce(&mut Audience)) {
        change(&mut self.state().catalogue.find_mut(id).expect("the audience exists").audience);
    }

    /// All audiences in the order in which they were made, deleted ones included.
    pub fn audiences(&self) -> Vec<Audience> {
        self.state().catalogue.all().cloned().collect()
    }

    /// The ids of the living audiences of this name, oldest first.
    pub fn audiences_named(&self, name: &str) -> Vec<String> {
        let state = self.state();
        let named = state.catalogue.all().filter(|audience| audience.name == name);
        named.filter(|audience| audience.condition != Condition::Dead).map(|audience| audience.id.clone()).collect()
    }

    /// Column and hash of every member.
    pub fn members(&self, audience: &str) -> BTreeSet<(String, String)> {
        self.state().catalogue.find(audience).expect("the audience exists").cells()
    }

    /// How many members the audience has.
    pub fn member_count(&self, audience: &str) -> usize {
        self.state().catalogue.find(audience).expect("the audience exists").members.len()
    }

    /// From now on this hash makes every call that has it fail with 40002.
    pub fn poison(&self, hash: &str) {
        self.state().poison.insert(hash.to_owned());
    }

    /// The hash is good again.
    pub fn cure(&self, hash: &str) {
        self.state().poison.remove(hash);
    }
}

/// Tokens.
impl FakeTiktok {
    /// Makes a token good, or changes what it allows.
    pub fn grant(&self, token: &str, grant: Grant) {
        self.state().accounts.tokens.insert(token.to_owned(), grant);
    }

    /// Changes the life of a token.
    pub fn end_token(&self, token: &str, life: Life) {
        self.state().accounts.tokens.get_mut(token).expect("the token exists").life = life;
    }

    /// Revokes a token when it has been used this many times more.
    pub fn revoke_after(&self, token: &str, calls: u64) {
        self.state().accounts.tokens.get_mut(token).expect("the token exists").calls_left = Some(calls);
    }

    /// Revokes a token and gives its grant to another.
    pub fn rotate(&self, old: &str, new: &str) {
        let mut state = self.state();
        let grant = state.accounts.tokens.get_mut(old).expect("the token exists");
        let fresh = Grant { life: Life::Valid, calls_left: None, ..grant.clone() };
        grant.life = Life::Revoked;
        state.accounts.tokens.insert(new.to_owned(), fresh);
    }

    /// All tokens with their grants, those that OAuth issued included.
    pub fn tokens(&self) -> BTreeMap<String, Grant> {
        self.state().accounts.tokens.clone()
    }

    /// A code as the consent page gives out.
    pub fn issue_auth_code(&self) -> String {
        let mut state = self.state();
        let grant = state.accounts.app.grants.clone();
        state.accounts.issue_code(grant)
    }

    /// Makes a code useless before its use, as an hour would.
    pub fn expire_auth_code(&self, code: &str) {
        self.state().accounts.codes.remove(code);
    }

    /// What the advertiser does with the consent page from now on.
    pub fn consent(&self, consent: Consent) {
        self.state().consent = consent;
    }
}

/// Faults.
impl FakeTiktok {
    /// The next call, of whatever endpoint, meets this fault; calls of `next` queue up.
    pub fn next(&self, fault: impl Into<Scripted>) {
        self.state().script.push(None, fault.into());
    }

    /// The next call of this endpoint meets this fault.
    pub fn next_on(&self, endpoint: Endpoint, fault: impl Into<Scripted>) {
        self.state().script.push(Some(endpoint), fault.into());
    }

    /// The calls that the rule chooses meet this fault; of several rules the first decides, after the queue.
    pub fn rule(&self, rule: Rule, fault: impl Into<Scripted>) {
        self.state().script.add_rule(rule, fault.into());
    }

    /// Forgets the queue and all rules.
    pub fn clear_faults(&self) {
        self.state().script.clear();
    }

    /// How many queued faults no call has met yet.
    pub fn queued_faults(&self) -> usize {
        self.state().script.queued()
    }

    /// Answers every call so much later.
    pub fn latency(&self, latency: Duration) {
        self.state().latency = latency;
    }
}

/// What was seen.
impl FakeTiktok {
    /// The calls in the order of their answers, until the set-up number or 64 MB of bodies are reached.
    pub fn calls(&self) -> Vec<Call> {
        self.state().journal.calls.clone()
    }

    /// The recorded calls that have arrived since then.
    pub fn calls_since(&self, moment: Instant) -> Vec<Call> {
        self.state().journal.calls.iter().filter(|call| call.at >= moment).cloned().collect()
    }

    /// The recorded calls of one endpoint.
    pub fn calls_of(&self, endpoint: Endpoint) -> Vec<Call> {
        self.state().journal.calls.iter().filter(|call| call.endpoint == Some(endpoint)).cloned().collect()
    }

    /// The recorded mapping calls that can be read.
    pub fn mapping_calls(&self) -> Vec<MappingCall> {
        let read = |call: &Call| {
            let body: MappingCall = serde_json::from_slice(&call.body).ok()?;
            Some(MappingCall { code: call.code, ..body })
        };
        self.calls_of(Endpoint::Mapping).iter().filter_map(read).collect()
    }

    /// How many calls an endpoint had, recorded or not.
    pub fn call_count(&self, endpoint: Endpoint) -> u64 {
        self.state().journal.counts.get(&endpoint).copied().unwrap_or_default()
    }

    /// How often each code was answered; nothing stands for an answer without one.
    pub fn code_counts(&self) -> BTreeMap<Option<i64>, u64> {
        self.state().journal.codes.clone()
    }

    /// The most calls that were open at once.
    pub fn peak_concurrency(&self) -> usize {
        self.state().journal.peak
    }

    /// What only a mistake in the client can cause, one sentence each.
    pub fn violations(&self) -> Vec<String> {
        self.state().journal.violations.clone()
    }

    /// Forgets calls, counters and violations; audiences, tokens and faults stay.
    pub fn forget(&self) {
        self.state().journal.clear();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no holder panics")
}

/// Counts a call as open until its answer is handed over or the client goes away.
struct InFlight(Arc<Mutex<State>>);

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Ok(mut state) = self.0.lock() {
            state.journal.in_flight -= 1;
        }
    }
}

async fn handle(state: Arc<Mutex<State>>, mut request: Request) -> Option<Answer> {
    if request.path.starts_with(portal::PATH) {
        let mut state = lock(&state);
        let consent = state.consent;
        return Some(portal::visit(&request, consent, &mut state.accounts));
    }
    let mut visit = lock(&state).arrive(&request);
    let _in_flight = InFlight(Arc::clone(&state));
    let hangs_up = visit.scripted.as_ref().is_some_and(|scripted| scripted.fault == Fault::HangUpBeforeBody);
    let body = if hangs_up { Bytes::new() } else { request.body().await? };
    let answer = lock(&state).answer(&mut visit, &request, body);
    let latency = lock(&state).latency;
    wait(&visit, latency).await;
    answer
}

async fn wait(visit: &Visit, latency: Duration) {
    match visit.scripted.as_ref().map(|scripted| &scripted.fault) {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Delay(delay)) => tokio::time::sleep(latency + *delay).await,
        _ if latency.is_zero() => {}
        _ => tokio::time::sleep(latency).await,
    }
}
