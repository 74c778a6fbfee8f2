//! How a call can fail, and what each failure asks of the caller.
//!
//! TikTok's `message` may quote an identifier that it refuses, so it is read for one question only (is the audience
//! busy?) and never kept. What leaves this module is a code, our own words for it, and TikTok's request id.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::classification::{Class, Classification, Scope};
use super::codes;
use crate::net::origin::OriginError;

/// TikTok's id of a request, to be quoted to its support.
///
/// An `Arc`, since every row of a call shares it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Today's ids have 35 characters.
    const MAX_LENGTH: usize = 64;

    /// Accepts up to 64 letters, digits, hyphens and underscores: an id is replied and logged, other text is not.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (plain && (1..=Self::MAX_LENGTH).contains(&text.len())).then(|| Self(Arc::from(text)))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with an answer that should be TikTok's envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyProblem {
    /// Not JSON, not an object, not UTF-8, or cut off.
    #[error("the answer is not a JSON object")]
    NotJson,
    /// No `code` in it.
    #[error("the answer has no code")]
    NoCode,
    /// A `code` that is text, a fraction or anything else but an integer.
    #[error("the answer's code is not an integer")]
    CodeNotInteger,
    /// Success, but its `data` is not what the endpoint promises.
    #[error("the answer's data is not what was expected")]
    Data,
    /// Longer than any answer of the endpoint can be.
    #[error("the answer is too long")]
    TooLong,
}

/// Why a call could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A row does not fit the schema of its call.
    #[error("the rows can't be written")]
    Misaligned(#[source] super::wire::Misaligned),
    /// The body is not JSON that we can write.
    #[error("the body cannot be written")]
    Body(#[source] serde_json::Error),
    /// The token cannot be a header.
    #[error("the access token cannot be sent in a header")]
    Token(#[source] http::header::InvalidHeaderValue),
    /// Its path and query are none.
    #[error("the request is not valid")]
    Target(#[source] http::uri::InvalidUri),
}

/// Why a call was not a success.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Too little time was left to start the call.
    #[error("no time left to start the call")]
    NoTime,
    /// The call could not be built; nothing was sent.
    #[error("the call could not be built")]
    Build(#[source] BuildError),
    /// No connection came about; nothing was sent.
    #[error("no connection to TikTok")]
    Connect(#[source] OriginError),
    /// No complete answer in time.
    #[error("no answer from TikTok in time")]
    Timeout,
    /// The connection broke.
    #[error("the connection to TikTok broke")]
    Transport(#[source] OriginError),
    /// An HTTP status that is not a success, without a code of TikTok's.
    #[error("TikTok answered HTTP {status}")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// TikTok's own refusal.
    #[error("TikTok answered code {code}: {}", codes::meaning(*code))]
    Api {
        /// TikTok's code, never 0.
        code: i64,
        /// The HTTP status that it came with.
        status: u16,
        /// Whether the message says that the audience is being processed.
        busy: bool,
        /// TikTok's id of the request.
        request_id: Option<RequestId>,
    },
    /// A 2xx that is not a readable success.
    #[error("{problem}")]
    Body {
        /// What is wrong with the answer.
        problem: BodyProblem,
        /// TikTok's id of the request, if it could be read.
        request_id: Option<RequestId>,
    },
    /// A list with more pages than are ever read.
    #[error("the list has more than {pages} pages")]
    TooManyPages {
        /// How many pages were read.
        pages: u32,
    },
    /// A list that TikTok refuses to give for good.
    #[error("{0}")]
    List(#[source] Box<SendError>),
}

impl SendError {
    /// The failure as that of a list which something else waits for: a refusal for good is none of that, which had no part
    /// in the call. Only where the advertiser itself is refused nothing that waits for it can succeed.
    #[must_use]
    pub fn of_list(self) -> Self {
        let is_of_advertiser = self.code().is_some_and(codes::is_of_advertiser);
        if self.class() == Class::Permanent && !is_of_advertiser { Self::List(Box::new(self)) } else { self }
    }

    /// What the failure asks of the caller, and what it is about.
    pub fn verdict(&self) -> Classification {
        match self {
            Self::NoTime | Self::Connect(_) | Self::Timeout | Self::Transport(_) | Self::Body { .. } => {
                Classification::new(Class::Transient, Scope::Account)
            }
            Self::Build(_) => Classification::new(Class::Blocked, Scope::Account),
            Self::TooManyPages { .. } => Classification::new(Class::Blocked, Scope::Advertiser),
            Self::List(_) => Classification::new(Class::Transient, Scope::Advertiser),
            Self::Status { status } => by_status(*status),
            Self::Api { code, status, busy, .. } => by_code(*code, *status, *busy),
        }
    }

    /// What the failure asks of the caller.
    pub fn class(&self) -> Class {
        self.verdict().class
    }

    /// What the failure is about.
    pub fn scope(&self) -> Scope {
        self.verdict().scope
    }

    /// TikTok's code, if it gave one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Api { code, .. } => Some(*code),
            Self::List(refusal) => refusal.code(),
            Self::NoTime
            | Self::Build(_)
            | Self::Connect(_)
            | Self::Timeout
            | Self::Transport(_)
            | Self::Status { .. }
            | Self::Body { .. }
            | Self::TooManyPages { .. } => None,
        }
    }

    /// TikTok's code, or a short word for what stands in its place: the name of the failure in metrics.
    pub fn label(&self) -> Cow<'static, str> {
        match self {
            Self::NoTime => "NO_TIME".into(),
            Self::Build(_) => "BUILD".into(),
            Self::Connect(_) => "CONNECT".into(),
            Self::Timeout => "TIMEOUT".into(),
            Self::Transport(_) => "TRANSPORT".into(),
            Self::Status { status } => format!("HTTP_{status}").into(),
            Self::Api { code, .. } => code.to_string().into(),
            Self::Body { .. } => "BODY".into(),
            Self::TooManyPages { .. } => "PAGES".into(),
            Self::List(refusal) => refusal.label(),
        }
    }

    /// TikTok's id of the request, if it gave one.
    pub fn request_id(&self) -> Option<&RequestId> {
        match self {
            Self::Api { request_id, .. } | Self::Body { request_id, .. } => request_id.as_ref(),
            Self::List(refusal) => refusal.request_id(),
            Self::NoTime
            | Self::Build(_)
            | Self::Connect(_)
            | Self::Timeout
            | Self::Transport(_)
            | Self::Status { .. }
            | Self::TooManyPages { .. } => None,
        }
    }

    /// Whether TikTok may have acted on the call, so that repeating a create could make a second audience.
    ///
    /// A refusal is taken at its word, except a fault on TikTok's side and a partial success.
    pub fn reached(&self) -> bool {
        match self {
            Self::NoTime | Self::Build(_) | Self::Connect(_) | Self::List(_) => false,
            Self::Timeout | Self::Transport(_) | Self::Body { .. } | Self::TooManyPages { .. } => true,
            Self::Status { .. } => self.class() == Class::Transient,
            Self::Api { code, .. } => self.class() == Class::Transient || *code == codes::PARTIAL,
        }
    }

    /// The scope, account or advertiser, for which nothing more is to be sent in this invocation.
    ///
    /// Asked of a failure that survived its retries (and, for [`Class::Unauthorized`], a reloaded token).
    pub fn ends_sending_for(&self) -> Option<Scope> {
        if matches!(self, Self::NoTime) {
            return Some(Scope::Account);
        }
        match self.class() {
            Class::Throttled | Class::Unauthorized => Some(self.scope()),
            // Blocked: most of these codes are about one object or one advertiser too, and the others must not wait.
            Class::Blocked | Class::Busy | Class::Transient | Class::Permanent => None,
        }
    }
}

/// The verdict on an HTTP status without a code.
///
/// A 4xx that is not TikTok's envelope comes from something in front of the API (a wrong base URL, a proxy, a filter):
/// an operator's matter, so no row is rejected for it.
fn by_status(status: u16) -> Classification {
    match status {
        401 => Classification::new(Class::Unauthorized, Scope::Account),
        413 => Classification::new(Class::Permanent, Scope::Size),
        429 => Classification::new(Class::Throttled, Scope::Account),
        408 | 500.. => Classification::new(Class::Transient, Scope::Account),
        _ => Classification::new(Class::Blocked, Scope::Account),
    }
}

/// The verdict on a code: the code outranks the status, with two exceptions that keep a healthy row from being rejected.
///
/// An unlisted code on an HTTP error is judged by the status, and a server that reports a fault of its own (5xx) is not
/// believed when it refuses for good.
fn by_code(code: i64, status: u16, busy: bool) -> Classification {
    let verdict = match codes::listed(code) {
        None if !(200..300).contains(&status) => by_status(status),
        Some(verdict) => verdict,
        None => codes::verdict(code),
    };
    match verdict.class {
        Class::Permanent if busy && code == codes::PARAMETER => Classification::new(Class::Busy, Scope::Audience),
        Class::Permanent if status >= 500 => Classification::new(Class::Transient, Scope::Account),
        Class::Permanent | Class::Throttled | Class::Unauthorized | Class::Blocked | Class::Busy | Class::Transient => {
            verdict
        }
    }
}

#[cfg(test)]
mod tests;
