//! The calls that would be made: planned by the planner of real deliveries, with stand-ins for what only TikTok or the
//! secret knows, and rendered from the bodies that TikTok would get.
//!
//! Hashes are numbered, so that equal ones can be told and none is shown.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;

use super::mask;
use crate::batch::Call;
use crate::delivery;
use crate::delivery::planner::{FoundOrCreated, Resolver};
use crate::identity::Direction;
use crate::outcome::Explanation;
use crate::tiktok::wire::{AudienceRequest, ListQuery, path};
use crate::tiktok::{AdvertiserId, AudienceId, BadId};

/// Stand-ins for ids have 30 digits, TikTok's have 19.
const STAND_IN_DIGITS: usize = 30;

/// Why an audience is created.
const UNLESS_THERE: &str = "if there is no such audience";

/// A call that would be made.
#[derive(Debug, Serialize)]
pub(super) struct PlannedRequest {
    method: &'static str,
    path: String,
    /// Why, or when.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The events that it is for.
    events: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Json>,
}

/// Answers with stand-ins, and notes the call that a real answer would take.
#[derive(Debug, Default)]
pub(super) struct StandInResolver {
    auto_create: bool,
    /// What stand-ins stand for.
    stand_ins: Vec<String>,
    /// Look-ups and creates, each once.
    requests: Vec<PlannedRequest>,
    /// The hashes that were shown, in order.
    hashes: Vec<String>,
}

impl StandInResolver {
    pub(super) fn new(auto_create: bool) -> Self {
        Self { auto_create, ..Self::default() }
    }

    /// The look-ups and creates, then the calls that change members, in the order in which they would be sent.
    pub(super) fn finish(mut self, calls: &[Call], events_of: fn(&Call) -> Vec<u32>) -> Vec<PlannedRequest> {
        for call in calls {
            let body = delivery::body(&Arc::new(call.clone())).ok();
            let body = body.and_then(|body| serde_json::from_slice(&body.to_json()).ok());
            self.note("POST", path::MAPPING, None, events_of(call), (None, body));
        }
        self.requests
    }

    /// An id, or what it stands for.
    pub(super) fn shown(&self, id: &str) -> String {
        let stand_in = (id.len() == STAND_IN_DIGITS).then(|| id.parse::<usize>().ok()).flatten();
        let text = stand_in.and_then(|position| self.stand_ins.get(position));
        text.map_or_else(|| mask::text(id), |text| format!("<{text}>"))
    }

    fn stand_in<T>(&mut self, text: String, parse: impl Fn(&str) -> Result<T, BadId>) -> Result<T, Explanation> {
        let known = self.stand_ins.iter().position(|known| *known == text);
        let position = known.unwrap_or_else(|| {
            self.stand_ins.push(text);
            self.stand_ins.len() - 1
        });
        let digits = format!("{position:0STAND_IN_DIGITS$}");
        parse(&digits).map_err(|_impossible| crate::outcome::Reason::BadAudienceId.into())
    }

    fn named(&mut self, name: &str) -> Result<AudienceId, Explanation> {
        self.stand_in(format!("the one named `{}`", mask::text(name)), AudienceId::parse)
    }

    fn list(&mut self, event_index: u32, advertiser: AdvertiserId, why: String) {
        let query = serde_json::to_value(ListQuery::page(advertiser, 1)).ok();
        self.note("GET", path::AUDIENCE_LIST, Some(why), vec![event_index], (query, None));
    }

    fn make(&mut self, event_index: u32, advertiser: AdvertiserId, name: &str, why: Option<&str>) {
        let body = AudienceRequest::Create { advertiser_id: advertiser, custom_audience_name: name };
        let body = serde_json::to_value(body).ok();
        self.note("POST", path::AUDIENCE, why.map(str::to_owned), vec![event_index], (None, body));
    }

    /// Adds a request, or its events to the same request.
    fn note(
        &mut self,
        method: &'static str,
        path: &str,
        why: Option<String>,
        events: Vec<u32>,
        (query, body): (Option<Json>, Option<Json>),
    ) {
        let path = format!("/{path}");
        let (query, body) = (query.map(|query| self.masked(query)), body.map(|body| self.masked(body)));
        let is_same = |known: &&mut PlannedRequest| {
            (&known.path, &known.why, &known.query, &known.body) == (&path, &why, &query, &body)
        };
        match self.requests.iter_mut().find(is_same) {
            Some(known) => {
                known.events.extend(events);
                known.events.sort_unstable();
                known.events.dedup();
            }
            None => self.requests.push(PlannedRequest { method, path, why, events, query, body }),
        }
    }

    /// A request with nothing of a person in it: hashes as numbers, stand-ins as what they stand for.
    fn masked(&mut self, value: Json) -> Json {
        match value {
            Json::String(text) if is_hash(&text) => format!("<hash {}>", self.number(text)).into(),
            Json::String(text) => self.shown(&text).into(),
            Json::Array(items) => items.into_iter().map(|item| self.masked(item)).collect(),
            Json::Object(members) => members.into_iter().map(|(key, value)| (key, self.masked(value))).collect(),
            Json::Null | Json::Bool(_) | Json::Number(_) => value,
        }
    }

    fn number(&mut self, hash: String) -> usize {
        let known = self.hashes.iter().position(|known| *known == hash);
        known.unwrap_or_else(|| {
            self.hashes.push(hash);
            self.hashes.len() - 1
        }) + 1
    }
}

/// Whether a text is a SHA-256 or an MD5 in hexadecimal digits.
fn is_hash(text: &str) -> bool {
    matches!(text.len(), 32 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Resolver for StandInResolver {
    async fn read_names(&mut self, _names: &HashMap<AdvertiserId, HashSet<&str>>) {}

    async fn only_advertiser(&mut self) -> Result<AdvertiserId, Explanation> {
        self.stand_in("the secret's only advertiser".to_owned(), AdvertiserId::parse)
    }

    async fn other_advertisers(&mut self, configured: &[AdvertiserId]) -> Result<Vec<AdvertiserId>, Explanation> {
        let text =
            if configured.is_empty() { "each advertiser of the secret" } else { "each other advertiser of the secret" };
        Ok(vec![self.stand_in(text.to_owned(), AdvertiserId::parse)?])
    }

    async fn audience(
        &mut self,
        event_index: u32,
        advertiser: AdvertiserId,
        name: &str,
        direction: Direction,
    ) -> Result<AudienceId, Explanation> {
        self.list(event_index, advertiser, format!("which audience is named `{}`", mask::text(name)));
        if self.auto_create && direction == Direction::Add {
            self.make(event_index, advertiser, name, Some(UNLESS_THERE));
        }
        self.named(name)
    }

    async fn audiences(
        &mut self,
        event_index: u32,
        advertiser: AdvertiserId,
    ) -> Result<Arc<[AudienceId]>, Explanation> {
        self.list(event_index, advertiser, "which Partner audiences there are".to_owned());
        Ok([self.stand_in("every Partner audience of the advertiser".to_owned(), AudienceId::parse)?].into())
    }

    async fn create(
        &mut self,
        event_index: u32,
        advertiser: AdvertiserId,
        name: &str,
        allow_duplicate: bool,
    ) -> Result<FoundOrCreated, Explanation> {
        if allow_duplicate {
            self.make(event_index, advertiser, name, None);
        } else {
            self.list(event_index, advertiser, format!("which audience is named `{}`", mask::text(name)));
            self.make(event_index, advertiser, name, Some(UNLESS_THERE));
        }
        Ok(FoundOrCreated { audience: self.named(name)?, is_new: true, request_id: None })
    }
}
