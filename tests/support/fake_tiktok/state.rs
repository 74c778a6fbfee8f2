//! Everything that the fake knows, and how it answers one call.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::super::server::{Answer, Request};
use super::account::{self, Accounts, App, Grant};
use super::audience::Library;
use super::audiences::{self, Asker};
use super::endpoint::{BASE_PATH, Endpoint};
use super::fault::Scripted;
use super::journal::{Call, Journal};
use super::limits::Limits;
use super::mapping::{self, Scene};
use super::portal::Consent;
use super::refusal::{Refusal, bad_parameter};
use super::script::Script;
use super::sharing;

/// Everything that the fake knows.
#[derive(Debug)]
pub(super) struct State {
    pub(super) accounts: Accounts,
    pub(super) catalogue: Library,
    pub(super) script: Script,
    pub(super) journal: Journal,
    pub(super) limits: Limits,
    pub(super) poison: HashSet<String>,
    /// The code for an audience of another advertiser.
    pub(super) foreign_code: i64,
    /// Whether a mapping call takes its good rows where others are bad.
    pub(super) partial: bool,
    pub(super) latency: Duration,
    pub(super) consent: Consent,
}

/// One call on its way through the fake.
pub(super) struct Visit {
    pub(super) endpoint: Option<Endpoint>,
    pub(super) request_id: String,
    pub(super) scripted: Option<Scripted>,
    pub(super) at: Instant,
}

/// What TikTok says without any fault.
struct Verdict {
    answer: Answer,
    code: Option<i64>,
    token_valid: bool,
}

impl State {
    pub(super) fn new(app: App) -> Self {
        Self {
            accounts: Accounts::new(app),
            catalogue: Library::default(),
            script: Script::new(1),
            journal: Journal::default(),
            limits: Limits::default(),
            poison: HashSet::new(),
            foreign_code: 40007,
            partial: false,
            latency: Duration::ZERO,
            consent: Consent::Asked,
        }
    }

    /// Notes the arrival of a request's head and picks the fault that needs no body.
    pub(super) fn arrive(&mut self, request: &Request) -> Visit {
        let endpoint = Endpoint::at(&request.path);
        let request_id = self.journal.begin(endpoint);
        let scripted = endpoint.and_then(|endpoint| self.script.at_head(endpoint));
        Visit { endpoint, request_id, scripted, at: Instant::now() }
    }

    /// Answers a request whose body has been read; nothing: the connection breaks.
    pub(super) fn answer(&mut self, visit: &mut Visit, request: &Request, body: Bytes) -> Option<Answer> {
        if let (None, Some(endpoint)) = (&visit.scripted, visit.endpoint) {
            visit.scripted = self.script.at_body(endpoint, [request.query.as_bytes(), &body]);
        }
        let carried_out = visit.scripted.as_ref().is_none_or(|scripted| scripted.applied);
        let verdict = if carried_out { self.judge(visit, request, &body) } else { nothing_done(visit) };
        let code = match &visit.scripted {
            Some(scripted) if !scripted.applied => scripted.fault.code(),
            Some(_) | None => verdict.code,
        };
        let answer = verdict.answer.with_header("x-tt-logid", visit.request_id.clone());
        let answer = match &visit.scripted {
            Some(scripted) => scripted.fault.damage(answer, &visit.request_id),
            None => Some(answer),
        };
        self.journal.end(Call {
            endpoint: visit.endpoint,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            body,
            token_valid: verdict.token_valid,
            code,
            status: answer.as_ref().map(|answer| answer.status),
            answer: answer.as_ref().map(|answer| answer.body.clone()).unwrap_or_default(),
            request_id: visit.request_id.clone(),
            faulted: visit.scripted.is_some(),
            at: visit.at,
        });
        answer
    }

    fn judge(&mut self, visit: &Visit, request: &Request, body: &[u8]) -> Verdict {
        let Some(endpoint) = visit.endpoint else {
            let lacks_slash = Endpoint::at(&format!("{}/", request.path)).is_some();
            let problem = if lacks_slash { "the trailing slash is missing" } else { "there is no such path" };
            return self.turn_away(request, 404, "404 page not found", problem);
        };
        if request.method != endpoint.method() {
            return self.turn_away(request, 405, "405 method not allowed", "wrong method");
        }
        let (result, token_valid) = self.call(endpoint, request, body, visit.at);
        if let Err(Refusal { code, message, violation: true, .. }) = &result {
            self.journal.violations.push(format!("{} {}: {code} {message}", endpoint.method(), endpoint.path()));
        }
        let (code, message, data) = match result {
            Ok(data) => (0, "OK".to_owned(), data),
            Err(refusal) => (refusal.code, refusal.message + &refusal.echo, json!({})),
        };
        let envelope = json!({ "code": code, "message": message, "request_id": visit.request_id, "data": data });
        let answer = Answer::new(200, "application/json", envelope.to_string());
        Verdict { answer, code: Some(code), token_valid }
    }

    /// A wrong path or method never reaches the API: plain text and an HTTP status, not the envelope.
    fn turn_away(&mut self, request: &Request, status: u16, text: &'static str, problem: &str) -> Verdict {
        let path = request.path.strip_prefix(BASE_PATH).unwrap_or(&request.path);
        self.journal.violations.push(format!("{} {path}: {problem}", request.method));
        Verdict { answer: Answer::new(status, "text/plain", text), code: None, token_valid: false }
    }

    /// The checks that precede every endpoint, then the endpoint; also whether the token was good.
    fn call(
        &mut self,
        endpoint: Endpoint,
        request: &Request,
        body: &[u8],
        at: Instant,
    ) -> (Result<Value, Refusal>, bool) {
        if let Some(most) = self.limits.calls_per_second
            && !self.journal.admit(most, at)
        {
            return (Err(Refusal::new(40100, "requests are too frequent")), false);
        }
        let grant = if endpoint.needs_token() {
            match self.accounts.admit(request.header("access-token"), endpoint) {
                Ok(grant) => Some(grant),
                Err(refusal) => return (Err(refusal), false),
            }
        } else {
            None
        };
        let token_valid = grant.is_some();
        let json = request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if endpoint.method() == "POST" && !json {
            return (Err(bad_parameter("the content type is not application/json")), token_valid);
        }
        let grant = grant.unwrap_or_else(|| Grant::of([]));
        (self.dispatch(endpoint, &grant, &request.query, body), token_valid)
    }

    fn dispatch(&mut self, endpoint: Endpoint, grant: &Grant, query: &str, body: &[u8]) -> Result<Value, Refusal> {
        let asker = Asker { grant, most: self.limits.audiences, foreign_code: self.foreign_code };
        let catalogue = &mut self.catalogue;
        let grants = self.accounts.tokens.values().chain([&self.accounts.app.grants]);
        let business = grants.flat_map(|grant| grant.advertisers.iter().cloned()).collect();
        match endpoint {
            Endpoint::Mapping => {
                let scene = Scene {
                    grant,
                    limits: &self.limits,
                    poison: &self.poison,
                    foreign_code: self.foreign_code,
                    partial: self.partial,
                };
                mapping::handle(body, &scene, catalogue).map(|()| json!({}))
            }
            Endpoint::SegmentAudience => audiences::segment(body, &asker, catalogue),
            Endpoint::AudienceList => audiences::list(query, &asker, catalogue),
            Endpoint::AudienceGet => audiences::get(query, &asker, catalogue),
            Endpoint::AudienceDelete => audiences::delete(body, &asker, catalogue),
            Endpoint::Share => sharing::share(body, &asker, &business, catalogue),
            Endpoint::ShareCancel => sharing::cancel(body, &asker, catalogue),
            Endpoint::ShareLog => sharing::share_log(query, &asker, catalogue),
            Endpoint::ApplyLog => sharing::apply_log(query, &asker, catalogue),
            Endpoint::Overlap => sharing::overlap(query, &asker, catalogue),
            Endpoint::UserInfo => account::user_info(query),
            Endpoint::AdvertiserList => self.accounts.advertiser_list(query, grant),
            Endpoint::AccessToken => self.accounts.access_token(body),
            Endpoint::RevokeToken => self.accounts.revoke_token(body),
            Endpoint::AdvertiserInfo => account::advertiser_info(query, grant),
        }
    }
}

/// What a fault damages when the call is not carried out: a success that nothing stands behind.
fn nothing_done(visit: &Visit) -> Verdict {
    let body = super::fault::envelope(0, "OK", &visit.request_id);
    Verdict { answer: Answer::new(200, "application/json", body), code: None, token_valid: false }
}
