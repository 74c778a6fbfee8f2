//! Calls to TikTok's Business API.
//!
//! Every call goes through [`Client::send`]; those that may be repeated get up to three attempts. The client knows
//! nothing of ingress, events or mappings, never logs, and keeps neither tokens nor bodies.

mod audiences;
mod authorization;
mod sharing;

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::uri::{InvalidUri, Uri};
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use reqwest::Url;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::{Instant, timeout, timeout_at};

use super::attempts::{Attempt, Attempts, Calls};
use super::envelope::{self, ApiReply};
use super::error::{BodyProblem, BuildError, RequestId, SendError};
use super::limiter::Limiter;
use super::retry::{self, MINIMUM_LEFT};
use super::token::AccessToken;
use super::wire::{MappingBody, path};
use crate::net::https::Tls;
use crate::net::origin::{self, Body, Origin, OriginError};

/// The longest that one attempt may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer that is read, but for lists; mapping answers have about 100 bytes.
const ANSWER_BYTES: usize = 1024 * 1024;

/// Headers of a request, those of HTTP included.
const HEADERS: usize = 6;

/// Source: the authentication page of the Business API; there is no `Authorization` header.
const ACCESS_TOKEN: HeaderName = HeaderName::from_static("access-token");

/// TikTok's Business API.
#[derive(Debug)]
pub struct Client {
    origin: Origin,
    base: Url,
    /// That of [`path::MAPPING`], which nearly every call goes to.
    mapping: Uri,
    limiter: Limiter,
    attempts: Attempts,
}

/// TikTok took a call in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// TikTok's id of the request.
    pub request_id: Option<RequestId>,
}

impl Client {
    /// A client for the API at `base`, such as `https://business-api.tiktok.com/open_api/v1.3`.
    ///
    /// Whether the address may be called in clear is for the configuration to decide.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(tls: &Tls, base: Url, limiter: Limiter) -> Result<Self, http::Error> {
        let origin = Origin::new(&base.origin().ascii_serialization(), tls)?;
        let mapping = target(&base, path::MAPPING, &[])?;
        Ok(Self { origin, base, mapping, limiter, attempts: Attempts::default() })
    }

    /// Connects, so that the next call need not. Whether that worked is for the next call to say.
    pub(crate) async fn connect_ahead(&self, deadline: Instant) {
        let _has_ended = timeout_at(deadline, self.origin.connect_ahead()).await;
    }

    /// Adds users to audiences or removes them, as `body` says; repeating it changes nothing.
    ///
    /// All or nothing: TikTok answers for the call, never for a row.
    pub async fn map_users(
        &self,
        token: &AccessToken,
        body: &MappingBody,
        deadline: Instant,
    ) -> Result<Accepted, SendError> {
        let request = Prepared::new(Method::POST, self.mapping.clone(), Some(token), Content::Mapping(body))?;
        let reply: Result<ApiReply<IgnoredAny>, _> = self.send_patiently(&request, ANSWER_BYTES, deadline).await;
        if !matches!(reply, Err(SendError::NoTime)) {
            self.attempts.add_batch(body.rows());
        }
        Ok(Accepted { request_id: reply?.request_id })
    }

    /// Sends a body of `/segment/mapping/` as it is, in one attempt: for a probe, which looks at what TikTok says.
    pub(crate) async fn map_raw(
        &self,
        token: &AccessToken,
        body: Vec<u8>,
        deadline: Instant,
    ) -> Result<Accepted, SendError> {
        let request = Prepared::new(Method::POST, self.mapping.clone(), Some(token), Content::Text(body.into()))?;
        let reply: ApiReply<IgnoredAny> = self.send(&request, ANSWER_BYTES, deadline).await?;
        Ok(Accepted { request_id: reply.request_id })
    }

    /// The attempts since they were last taken, in short.
    pub fn calls_so_far(&self) -> Calls {
        self.attempts.so_far()
    }

    /// The attempts since this was last asked, in order of their ends.
    pub fn take_attempts(&self) -> Vec<Attempt> {
        self.attempts.take()
    }

    /// How many rows each call of [`Client::map_users`] had since this was last asked; repeated calls count once.
    pub fn take_batch_rows(&self) -> Vec<usize> {
        self.attempts.take_batch_rows()
    }

    fn post_json<T: Serialize>(
        &self,
        path: &str,
        token: Option<&AccessToken>,
        body: &T,
    ) -> Result<Prepared<'static>, SendError> {
        let body = serde_json::to_vec(body).map_err(|error| SendError::Build(BuildError::Body(error)))?;
        Prepared::new(Method::POST, self.target(path, &[])?, token, Content::Text(body.into()))
    }

    fn get(&self, path: &str, token: &AccessToken, query: &[(&str, &str)]) -> Result<Prepared<'static>, SendError> {
        Prepared::new(Method::GET, self.target(path, query)?, Some(token), Content::None)
    }

    fn target(&self, path: &str, query: &[(&str, &str)]) -> Result<Uri, SendError> {
        target(&self.base, path, query).map_err(|error| SendError::Build(BuildError::Target(error)))
    }

    /// Up to three attempts; for calls that may be repeated.
    async fn send_patiently<T: DeserializeOwned>(
        &self,
        request: &Prepared<'_>,
        answer_bytes: usize,
        deadline: Instant,
    ) -> Result<ApiReply<T>, SendError> {
        retry::with_backoff(deadline, async || self.send(request, answer_bytes, deadline).await).await
    }

    /// One attempt.
    async fn send<T: DeserializeOwned>(
        &self,
        request: &Prepared<'_>,
        answer_bytes: usize,
        deadline: Instant,
    ) -> Result<ApiReply<T>, SendError> {
        let latest = deadline.checked_sub(MINIMUM_LEFT).ok_or(SendError::NoTime)?;
        if !self.limiter.start_by(latest).await {
            return Err(SendError::NoTime);
        }
        let started = Instant::now();
        let patience = deadline.saturating_duration_since(started).min(CALL_TIMEOUT);
        let outcome = self.exchange(request, answer_bytes, patience).await;
        let error = outcome.as_ref().err();
        let (failure, verdict) = (error.map(SendError::label), error.map(SendError::verdict));
        self.attempts.add(Attempt { took: started.elapsed(), failure, verdict });
        outcome
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        request: &Prepared<'_>,
        answer_bytes: usize,
        patience: Duration,
    ) -> Result<ApiReply<T>, SendError> {
        let answer = timeout(patience, self.origin.exchange(request.attempt(), answer_bytes)).await;
        let answer = answer.map_err(|_elapsed| SendError::Timeout)?.map_err(failed)?;
        let (status, body) = (answer.status().as_u16(), answer.body());
        if request.method == Method::GET { envelope::read_some(status, body) } else { envelope::read(status, body) }
    }
}

/// The path and the query of an endpoint, as they are requested.
fn target(base: &Url, path: &str, query: &[(&str, &str)]) -> Result<Uri, InvalidUri> {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()).try_into(),
        None => url.path().try_into(),
    }
}

/// What a request says besides its head.
#[derive(Debug)]
enum Content<'b> {
    None,
    /// JSON.
    Text(Bytes),
    /// JSON that each attempt writes anew.
    Mapping(&'b MappingBody),
}

/// A request that can be sent as often as needed.
#[derive(Debug)]
struct Prepared<'b> {
    method: Method,
    target: Uri,
    token: Option<HeaderValue>,
    content: Content<'b>,
}

impl<'b> Prepared<'b> {
    fn new(method: Method, target: Uri, token: Option<&AccessToken>, content: Content<'b>) -> Result<Self, SendError> {
        let token = token.map(AccessToken::header).transpose();
        let token = token.map_err(|error| SendError::Build(BuildError::Token(error)))?;
        Ok(Self { method, target, token, content })
    }

    fn attempt(&self) -> Request<Body> {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if !matches!(self.content, Content::None) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.extend(self.token.clone().map(|token| (ACCESS_TOKEN, token)));
        let body = match &self.content {
            Content::None => origin::text(Bytes::new()),
            Content::Text(text) => origin::text(text.clone()),
            Content::Mapping(mapping) => mapping.stream().boxed_unsync(),
        };
        let mut attempt = Request::new(body);
        *attempt.method_mut() = self.method.clone();
        *attempt.uri_mut() = self.target.clone();
        *attempt.headers_mut() = headers;
        attempt
    }
}

fn failed(error: OriginError) -> SendError {
    match error {
        OriginError::Connect(_) => SendError::Connect(error),
        OriginError::Broken(_) | OriginError::CutOff(_) => SendError::Transport(error),
        OriginError::TooLong { .. } => SendError::Body { problem: BodyProblem::TooLong, request_id: None },
    }
}
