//! HTTP: API Gateway REST (payload v1), HTTP API (v2) and function URLs (v2).
//!
//! Decides what a request is and how a reply is put; [`crate::ingress::http::auth`] decides who may send it.

pub mod auth;
mod body;
pub mod events;
pub mod lines;
mod reply;
mod route;
pub mod sdk;

use std::borrow::Cow;

use crate::json::{Kind, Value};

pub use body::{BodyError, MAX_BODY_BYTES, MAX_EVENTS, MAX_MESSAGE_BYTES};
pub use events::EventsError;
pub use reply::HttpReply;
pub use route::{Route, RouteError, SdkCall};

/// The payload format of a request, and so of its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// API Gateway REST.
    V1,
    /// HTTP API and function URL.
    V2,
}

impl Shape {
    /// Recognises a request.
    pub fn of(root: Value<'_>) -> Option<Self> {
        let context = root.get("requestContext").filter(|context| context.kind() == Kind::Object)?;
        if root.get("version").is_some_and(|version| version.is_str("2.0")) && context.get("http").is_some() {
            return Some(Self::V2);
        }
        root.get("httpMethod").map(|_method| Self::V1)
    }
}

/// A request, borrowed from the payload.
#[derive(Clone, Copy, Debug)]
pub struct Request<'p> {
    /// Its payload format.
    pub shape: Shape,
    root: Value<'p>,
    context: Option<Value<'p>>,
}

impl<'p> Request<'p> {
    /// A request of a recognised shape.
    pub fn new(shape: Shape, root: Value<'p>) -> Self {
        Self { shape, root, context: root.get("requestContext") }
    }

    /// The method, as sent.
    pub fn method(&self) -> Cow<'p, str> {
        let method = match self.shape {
            Shape::V1 => self.root.get("httpMethod"),
            Shape::V2 => self.context.and_then(|context| context.path(&["http", "method"])),
        };
        method.and_then(Value::as_str).unwrap_or_default()
    }

    /// The path, without the stage that API Gateway puts in front of it.
    pub fn path(&self) -> Cow<'p, str> {
        let path = match self.shape {
            Shape::V1 => self.root.get("path"),
            Shape::V2 => {
                self.root.get("rawPath").or_else(|| self.context.and_then(|context| context.path(&["http", "path"])))
            }
        };
        let path = path.and_then(Value::as_str).unwrap_or_default();
        let stage = self.context.and_then(|context| context.get("stage")).and_then(Value::as_str).unwrap_or_default();
        match without_stage(&path, &stage) {
            Some(rest) if self.shape == Shape::V2 => Cow::Owned(rest.to_owned()),
            _ => path,
        }
    }

    /// The address that was called, as AWS knows it, with the stage.
    pub fn address(&self) -> Option<String> {
        let domain = self.context?.get("domainName")?.as_str()?;
        let path = match self.shape {
            Shape::V1 => self.context?.get("path")?,
            Shape::V2 => self.root.get("rawPath")?,
        };
        Some(format!("https://{domain}{}", path.as_str()?))
    }

    /// A parameter of the query, decoded by AWS.
    pub fn query(&self, name: &str) -> Option<Cow<'p, str>> {
        self.root.get("queryStringParameters")?.get(name)?.as_str()
    }

    /// All values of a header, whatever its case.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = Cow<'p, str>> {
        let multi = self.root.get("multiValueHeaders").filter(|headers| !headers.is_empty());
        let headers = multi.or_else(|| self.root.get("headers"));
        let members = headers.into_iter().flat_map(Value::members);
        let wanted = name.to_owned();
        members
            .filter(move |(key, _)| key.as_str().is_some_and(|key| key.eq_ignore_ascii_case(&wanted)))
            .flat_map(|(_, value)| value.as_str().into_iter().chain(value.items().filter_map(Value::as_str)))
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<Cow<'p, str>> {
        self.headers(name).next()
    }

    /// Whether AWS has authenticated the caller by IAM (API Gateway or function URL with `AWS_IAM`).
    pub fn has_iam_caller(&self) -> bool {
        let arn = match self.shape {
            Shape::V1 => self.context.and_then(|context| context.path(&["identity", "userArn"])),
            Shape::V2 => self.context.and_then(|context| context.path(&["authorizer", "iam", "userArn"])),
        };
        arn.and_then(Value::as_str).is_some_and(|arn| arn.starts_with("arn:"))
    }

    /// Whether the body is newline-delimited JSON, a record on each line.
    pub fn has_lines(&self) -> bool {
        let content_type = self.header("content-type");
        let name = content_type.as_deref().and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        lines::CONTENT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// When AWS received the request, in milliseconds since 1970.
    pub fn received_at(&self) -> Option<i64> {
        let name = match self.shape {
            Shape::V1 => "requestTimeEpoch",
            Shape::V2 => "timeEpoch",
        };
        self.context?.get(name)?.as_number()?.parse().ok()
    }

    /// The body after base64 and content decoding.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub fn body(&self) -> Result<Cow<'p, str>, BodyError> {
        let is_base64 = self.root.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false);
        let sent = self.root.get("body").and_then(Value::as_str).unwrap_or_default();
        body::decode(sent, is_base64, self.header("content-encoding").as_deref())
    }
}

fn without_stage<'t>(path: &'t str, stage: &str) -> Option<&'t str> {
    if stage.is_empty() || stage == "$default" {
        return None;
    }
    let rest = path.strip_prefix('/')?.strip_prefix(stage)?;
    rest.starts_with('/').then_some(rest)
}

#[cfg(test)]
mod tests;
