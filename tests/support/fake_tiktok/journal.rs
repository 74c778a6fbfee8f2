//! What the fake saw: every call, its answer, and what no client may send.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::endpoint::Endpoint;

/// One call as the fake saw it.
#[derive(Clone)]
pub struct Call {
    /// The endpoint; nothing when the path is none.
    pub endpoint: Option<Endpoint>,
    /// The HTTP method.
    pub method: String,
    /// The path, as sent.
    pub path: String,
    /// The query string, as sent.
    pub query: String,
    /// The body, as sent.
    pub body: Bytes,
    /// Whether the `Access-Token` header held a good token.
    pub token_valid: bool,
    /// The answer's code; nothing when the answer had none or was never given.
    pub code: Option<i64>,
    /// The answer's HTTP status; nothing when the connection broke instead.
    pub status: Option<u16>,
    /// The answer's body, as it would reach a client that waits for all of it.
    pub answer: Bytes,
    /// The answer's `request_id`.
    pub request_id: String,
    /// Whether a fault was played.
    pub faulted: bool,
    /// When the head arrived.
    pub at: Instant,
}

impl Call {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Leaves out query, body and answer: they hold hashes and secrets.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("code", &self.code)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// The body of a mapping call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MappingCall {
    /// `advertiser_ids`
    pub advertiser_ids: Vec<String>,
    /// `add` or `delete`
    pub action: String,
    /// The columns.
    pub id_schema: Vec<String>,
    /// The rows.
    pub batch_data: Vec<Vec<MappingCell>>,
    /// The answer's code.
    #[serde(skip)]
    pub code: Option<i64>,
}

/// One cell of a mapping call; empty when it is `{}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct MappingCell {
    /// The hash.
    #[serde(default)]
    pub id: String,
    /// The audiences.
    #[serde(default)]
    pub audience_ids: Vec<String>,
}

/// How much of a soak is kept in full; counters go on.
const RECORDED_CALLS: usize = 10_000;
const RECORDED_BYTES: usize = 64_000_000;

/// All that was seen.
#[derive(Debug)]
pub(super) struct Journal {
    pub(super) recorded: usize,
    pub(super) calls: Vec<Call>,
    bytes: usize,
    pub(super) counts: BTreeMap<Endpoint, u64>,
    pub(super) codes: BTreeMap<Option<i64>, u64>,
    pub(super) violations: Vec<String>,
    pub(super) in_flight: usize,
    pub(super) peak: usize,
    last_second: VecDeque<Instant>,
    request_ids: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            recorded: RECORDED_CALLS,
            calls: Vec::new(),
            bytes: 0,
            counts: BTreeMap::new(),
            codes: BTreeMap::new(),
            violations: Vec::new(),
            in_flight: 0,
            peak: 0,
            last_second: VecDeque::new(),
            request_ids: 0,
        }
    }
}

impl Journal {
    /// Notes that a call has begun, and gives it its `request_id`.
    pub(super) fn begin(&mut self, endpoint: Option<Endpoint>) -> String {
        if let Some(endpoint) = endpoint {
            *self.counts.entry(endpoint).or_default() += 1;
        }
        self.in_flight += 1;
        self.peak = self.peak.max(self.in_flight);
        self.request_ids += 1;
        format!("20261122{:024X}", self.request_ids)
    }

    /// Notes what became of it.
    pub(super) fn end(&mut self, call: Call) {
        *self.codes.entry(call.code).or_default() += 1;
        if self.calls.len() < self.recorded && self.bytes < RECORDED_BYTES {
            self.bytes += call.body.len();
            self.calls.push(call);
        }
    }

    /// Starts anew, except for the calls that are open.
    pub(super) fn clear(&mut self) {
        *self = Self {
            recorded: self.recorded,
            in_flight: self.in_flight,
            peak: self.in_flight,
            request_ids: self.request_ids,
            last_second: std::mem::take(&mut self.last_second),
            ..Self::default()
        };
    }

    /// Counts one call of the current second; false when there were `most` already.
    pub(super) fn admit(&mut self, most: usize, now: Instant) -> bool {
        while self.last_second.front().is_some_and(|first| now.duration_since(*first) >= Duration::from_secs(1)) {
            self.last_second.pop_front();
        }
        let admitted = self.last_second.len() < most;
        if admitted {
            self.last_second.push_back(now);
        }
        admitted
    }
}
