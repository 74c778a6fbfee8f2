//! The calls that would be made: planned as real ones are, with stand-ins for what only TikTok or the secret knows.
//!
//! Hashes are numbered, so that equal ones can be told and none is shown.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{Decision, Decisions, mask};
use crate::actions::{Advertiser, Audience, Intent};
use crate::batch::{self, Call, Coalesced, Limits, Task, Verb};
use crate::dispatch::Wish;
use crate::identity::Hashed;
use crate::outcome::{Entry, Note, Reason, Verdict};
use crate::tiktok::{AdvertiserId, AudienceId};

const LIST: &str = "/dmp/custom_audience/list/";
const CREATE: &str = "/segment/audience/";
const MAPPING: &str = "/segment/mapping/";

/// Stand-ins for ids have 30 digits, TikTok's have 19.
const STAND_IN_DIGITS: usize = 30;

/// A call that would be made.
#[derive(Debug, Serialize)]
pub(super) struct Request {
    method: &'static str,
    path: &'static str,
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

/// The calls in the making.
pub(super) struct Plan {
    auto_create: bool,
    /// What stands-in stand for.
    stand_ins: Vec<String>,
    tasks: Vec<Task>,
    /// The mappings of the tasks, and what is to be said of them.
    notes: Vec<(Option<u16>, String)>,
    /// Look-ups and creates, each once.
    requests: Vec<Request>,
    created: Vec<((u32, Option<u16>), Decision)>,
    hashes: BTreeMap<Hashed, usize>,
}

impl Plan {
    pub(super) fn new(auto_create: bool) -> Self {
        Self {
            auto_create,
            stand_ins: Vec::new(),
            tasks: Vec::new(),
            notes: Vec::new(),
            requests: Vec::new(),
            created: Vec::new(),
            hashes: BTreeMap::new(),
        }
    }

    /// Adds what a mapping wants.
    pub(super) fn add(&mut self, wish: Wish) {
        let Wish { slot, mapping, rank, intent } = wish;
        match intent {
            Intent::Create { advertiser, name, allow_duplicate } => {
                let Some(advertiser) = self.advertiser(advertiser) else { return };
                let why = (!allow_duplicate).then(|| {
                    self.look_up(slot, advertiser, &name);
                    "if there is no such audience".to_owned()
                });
                self.create(slot, advertiser, &name, why);
                let message = format!("find or create audience `{}`", mask::text(&name));
                self.created.push(((slot, mapping), Decision { outcome: "planned", code: None, message }));
            }
            Intent::Members { verb, advertiser, audience, rows, note } => {
                let Some(advertiser) = self.advertiser(advertiser) else { return };
                let (id, is_by_name) = self.audience(slot, verb, advertiser, audience);
                let Some(audience) = id else { return };
                self.tasks.push(Task { slot, rank, advertiser, audience, is_by_name, verb, rows });
                self.note(mapping, verb, audience, note);
            }
            Intent::Forget { mut advertisers, rows } => {
                if advertisers.is_empty() {
                    advertisers.extend(self.advertiser(Advertiser::OnlyOfSecret));
                }
                for advertiser in advertisers {
                    let why = Some("which Partner audiences there are".to_owned());
                    self.list(slot, advertiser, why);
                    let Some(audience) = self.stand_in("every Partner audience of the advertiser") else { return };
                    let verb = Verb::Remove;
                    let rows = rows.clone();
                    self.tasks.push(Task { slot, rank, advertiser, audience, is_by_name: true, verb, rows });
                    self.note(mapping, verb, audience, None);
                }
            }
        }
    }

    /// The requests in order, with a decision for every task.
    pub(super) fn finish(mut self, limits: Limits, decisions: &mut Decisions) -> Vec<Request> {
        let coalesced = batch::coalesce(&mut self.tasks);
        for ((task, verdict), (mapping, message)) in self.tasks.iter().zip(coalesced).zip(&self.notes) {
            let decided = |verdict: Verdict| Decision::of(&Entry::new(task.slot, *mapping, verdict));
            let decision = match verdict {
                Coalesced::Kept => Decision { outcome: "planned", code: None, message: message.clone() },
                Coalesced::Superseded => decided(Verdict::Superseded),
                Coalesced::Conflicting => decided(Reason::ConflictingMappings.into()),
            };
            decisions.entry((task.slot, *mapping)).or_default().push(decision);
        }
        for (key, decision) in std::mem::take(&mut self.created) {
            decisions.entry(key).or_default().push(decision);
        }
        let calls = batch::plan(&self.tasks, limits);
        let mapped: Vec<_> = calls.iter().map(|call| self.mapping_call(call)).collect();
        self.requests.extend(mapped);
        self.requests
    }

    fn note(&mut self, mapping: Option<u16>, verb: Verb, audience: AudienceId, note: Option<Note>) {
        let direction = match verb {
            Verb::Add => "add to",
            Verb::Remove => "remove from",
        };
        let note = note.map(|note| format!(" ({})", note.code())).unwrap_or_default();
        self.notes.push((mapping, format!("{direction} audience {}{note}", self.shown(audience.as_str()))));
    }

    fn advertiser(&mut self, advertiser: Advertiser) -> Option<AdvertiserId> {
        match advertiser {
            Advertiser::Known(id) => Some(id),
            Advertiser::OnlyOfSecret => AdvertiserId::parse(&self.digits("the secret's only advertiser")).ok(),
        }
    }

    /// The id of an audience, and whether it has to be looked up.
    fn audience(
        &mut self,
        slot: u32,
        verb: Verb,
        advertiser: AdvertiserId,
        audience: Audience,
    ) -> (Option<AudienceId>, bool) {
        match audience {
            Audience::Known(id) => (Some(id), false),
            Audience::Named(name) => {
                self.look_up(slot, advertiser, &name);
                if self.auto_create && verb == Verb::Add {
                    self.create(slot, advertiser, &name, Some("if there is no such audience".to_owned()));
                }
                (self.stand_in(&format!("the one named `{}`", mask::text(&name))), true)
            }
        }
    }

    fn stand_in(&mut self, text: &str) -> Option<AudienceId> {
        AudienceId::parse(&self.digits(text)).ok()
    }

    fn digits(&mut self, text: &str) -> String {
        let known = self.stand_ins.iter().position(|known| known == text);
        let position = known.unwrap_or_else(|| {
            self.stand_ins.push(text.to_owned());
            self.stand_ins.len() - 1
        });
        format!("{position:0STAND_IN_DIGITS$}")
    }

    /// An id, or what it stands for.
    fn shown(&self, id: &str) -> String {
        let stand_in = (id.len() == STAND_IN_DIGITS).then(|| id.parse::<usize>().ok()).flatten();
        let text = stand_in.and_then(|position| self.stand_ins.get(position));
        text.map_or_else(|| mask::text(id), |text| format!("<{text}>"))
    }

    fn look_up(&mut self, slot: u32, advertiser: AdvertiserId, name: &str) {
        self.list(slot, advertiser, Some(format!("which audience is named `{}`", mask::text(name))));
    }

    fn list(&mut self, slot: u32, advertiser: AdvertiserId, why: Option<String>) {
        let query = json!({"advertiser_id": self.shown(advertiser.as_str()), "page": "1", "page_size": "100"});
        self.once(Request { method: "GET", path: LIST, why, events: vec![slot], query: Some(query), body: None });
    }

    fn create(&mut self, slot: u32, advertiser: AdvertiserId, name: &str, why: Option<String>) {
        let advertiser = self.shown(advertiser.as_str());
        let body = json!({"advertiser_id": advertiser, "action": "create", "custom_audience_name": mask::text(name)});
        self.once(Request { method: "POST", path: CREATE, why, events: vec![slot], query: None, body: Some(body) });
    }

    /// Adds a request, or the event to the same request.
    fn once(&mut self, request: Request) {
        let same = self.requests.iter_mut().find(|known| {
            (known.path, &known.why, &known.query, &known.body)
                == (request.path, &request.why, &request.query, &request.body)
        });
        match same {
            Some(known) if known.events.last() == request.events.first() => {}
            Some(known) => known.events.extend(request.events),
            None => self.requests.push(request),
        }
    }

    fn mapping_call(&mut self, call: &Call) -> Request {
        let schema = call.schema();
        let mut slots: Vec<u32> = Vec::new();
        let mut rows = Vec::with_capacity(call.rows.len());
        for row in &call.rows {
            let tasks = row.tasks.iter().filter_map(|task| self.tasks.get(*task as usize));
            slots.extend(tasks.map(|task| task.slot));
            let audiences: Vec<_> = row.audiences.iter().map(|audience| self.shown(audience.as_str())).collect();
            let of_column = schema.iter().map(|column| {
                let hashed = row.cells.iter().find(|hashed| hashed.id_type() == *column);
                let shown = hashed.map(|hashed| json!({"id": self.numbered(*hashed), "audience_ids": audiences}));
                shown.unwrap_or_else(|| json!({}))
            });
            rows.push(of_column.collect::<Json>());
        }
        slots.sort_unstable();
        slots.dedup();
        let columns: Vec<_> = schema.iter().map(|column| column.as_str()).collect();
        let body = json!({
            "advertiser_ids": [self.shown(call.advertiser.as_str())],
            "action": call.verb.as_str(),
            "id_schema": columns,
            "batch_data": rows,
        });
        Request { method: "POST", path: MAPPING, why: None, events: slots, query: None, body: Some(body) }
    }

    fn numbered(&mut self, hashed: Hashed) -> String {
        let next = self.hashes.len() + 1;
        format!("<hash {}>", self.hashes.entry(hashed).or_insert(next))
    }
}
