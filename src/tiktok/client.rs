//! Calls to TikTok's Business API.
//!
//! Every call goes through [`Client::send`]; those that may be repeated get up to three attempts. The client knows
//! nothing of ingress, events or mappings, never logs, and keeps neither tokens nor bodies.

mod audiences;
mod authorization;
mod sharing;

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Body, Method, Request, Response, Url};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::{Instant, timeout_at};

use super::attempts::{Attempt, Attempts, Calls};
use super::envelope::{self, ApiReply};
use super::error::{BodyProblem, BuildError, RequestId, SendError};
use super::limiter::Limiter;
use super::retry::{self, MINIMUM_LEFT};
use super::token::AccessToken;
use super::wire::{MappingBody, path};
use crate::net::ahead::Ahead;

/// The longest that one attempt may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer that is read, but for lists; mapping answers have about 100 bytes.
const ANSWER_BYTES: usize = 1024 * 1024;

/// Source: the authentication page of the Business API; there is no `Authorization` header.
const ACCESS_TOKEN: HeaderName = HeaderName::from_static("access-token");

/// TikTok's Business API.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    /// That of [`path::MAPPING`], which nearly every call goes to.
    mapping: Url,
    limiter: Limiter,
    attempts: Attempts,
    ahead: Option<Ahead>,
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
    pub fn new(http: reqwest::Client, base: Url, limiter: Limiter) -> Self {
        let mapping = url(&base, path::MAPPING);
        Self { http, base, mapping, limiter, attempts: Attempts::default(), ahead: None }
    }

    /// The same, able to connect before the first call.
    #[must_use]
    pub fn connecting_ahead(self, ahead: Ahead) -> Self {
        Self { ahead: Some(ahead), ..self }
    }

    /// Connects, so that the next call need not. Whether that worked is for the next call to say.
    pub(crate) async fn connect_ahead(&self, deadline: Instant) {
        if let Some(ahead) = &self.ahead {
            let _has_ended = timeout_at(deadline, ahead.connect(&self.http, self.base.clone())).await;
        }
    }

    /// Drops the connection that was made ahead, where no call took it.
    pub(crate) fn forget_connection(&self) {
        if let Some(ahead) = &self.ahead {
            ahead.forget();
        }
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
        let request = Prepared { request: post(self.mapping.clone(), Some(token))?, mapping: Some(body) };
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
        let request = with_body(post(self.mapping.clone(), Some(token))?, body);
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
        Ok(with_body(post(url(&self.base, path), token)?, body))
    }

    fn get(&self, path: &str, token: &AccessToken, query: &[(&str, &str)]) -> Result<Prepared<'static>, SendError> {
        let mut url = url(&self.base, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(authorize(Request::new(Method::GET, url), Some(token))?.into())
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
        let timeout = deadline.saturating_duration_since(started).min(CALL_TIMEOUT);
        let outcome = self.exchange(request, answer_bytes, timeout).await;
        let error = outcome.as_ref().err();
        let (failure, verdict) = (error.map(SendError::label), error.map(SendError::verdict));
        self.attempts.add(Attempt { took: started.elapsed(), failure, verdict });
        outcome
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        request: &Prepared<'_>,
        answer_bytes: usize,
        timeout: Duration,
    ) -> Result<ApiReply<T>, SendError> {
        let mut attempt = request.attempt()?;
        *attempt.timeout_mut() = Some(timeout);
        let response = self.http.execute(attempt).await.map_err(failed)?;
        let status = response.status().as_u16();
        envelope::read(status, &read_body(response, answer_bytes).await?)
    }
}

fn url(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

/// A request that can be sent as often as needed.
#[derive(Debug)]
struct Prepared<'b> {
    /// Its body is a buffer, which the copies share, or missing.
    request: Request,
    /// The body that each attempt writes anew.
    mapping: Option<&'b MappingBody>,
}

impl From<Request> for Prepared<'_> {
    fn from(request: Request) -> Self {
        Self { request, mapping: None }
    }
}

impl Prepared<'_> {
    fn attempt(&self) -> Result<Request, SendError> {
        let mut attempt = self.request.try_clone().ok_or(SendError::Build(BuildError::NotACopy))?;
        if let Some(mapping) = self.mapping {
            *attempt.body_mut() = Some(Body::wrap(mapping.stream()));
        }
        Ok(attempt)
    }
}

/// A request whose body is JSON that is still to be put in.
fn post(url: Url, token: Option<&AccessToken>) -> Result<Request, SendError> {
    let mut request = Request::new(Method::POST, url);
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    authorize(request, token)
}

fn with_body(mut request: Request, body: Vec<u8>) -> Prepared<'static> {
    *request.body_mut() = Some(body.into());
    request.into()
}

fn authorize(mut request: Request, token: Option<&AccessToken>) -> Result<Request, SendError> {
    if let Some(token) = token {
        let header = token.header().map_err(|error| SendError::Build(BuildError::Token(error)))?;
        request.headers_mut().insert(ACCESS_TOKEN, header);
    }
    Ok(request)
}

async fn read_body(mut response: Response, limit: usize) -> Result<Vec<u8>, SendError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > limit {
            return Err(SendError::Body { problem: BodyProblem::TooLong, request_id: None });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Names a failure of the transport. Its URL goes: the query of one endpoint holds the app's secret.
fn failed(error: reqwest::Error) -> SendError {
    let error = error.without_url();
    if error.is_builder() {
        SendError::Build(BuildError::Request(error))
    } else if error.is_connect() {
        SendError::Connect(error)
    } else if error.is_timeout() {
        SendError::Timeout(error)
    } else {
        SendError::Transport(error)
    }
}
