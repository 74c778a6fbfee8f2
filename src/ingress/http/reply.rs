//! Replies in the form that API Gateway and function URLs expect.

use serde::Serialize;
use serde::ser::SerializeMap;

use super::Shape;

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The body's content type.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl HttpReply {
    /// A reply with a JSON body.
    pub const fn json(status: u16, body: String) -> Self {
        Self { status, content_type: "application/json", headers: Vec::new(), body }
    }

    /// A reply whose body is `{"error":{"code":…,"message":…}}`.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, serde_json::json!({"error": {"code": code, "message": message}}).to_string())
    }

    /// The reply with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The reply as JSON, for the payload format of its request.
    pub fn render(&self, shape: Shape) -> String {
        let list_key = match shape {
            Shape::V1 => "multiValueHeaders",
            Shape::V2 => "cookies",
        };
        let lists = match shape {
            Shape::V1 => serde_json::json!({}),
            Shape::V2 => serde_json::json!([]),
        };
        let headers = Headers(self);
        let envelope = Envelope { reply: self, headers, list_key, lists };
        serde_json::to_string(&envelope).unwrap_or_default()
    }
}

struct Envelope<'r> {
    reply: &'r HttpReply,
    headers: Headers<'r>,
    list_key: &'static str,
    lists: serde_json::Value,
}

impl Serialize for Envelope<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("statusCode", &self.reply.status)?;
        map.serialize_entry("headers", &self.headers)?;
        map.serialize_entry(self.list_key, &self.lists)?;
        map.serialize_entry("body", &self.reply.body)?;
        map.serialize_entry("isBase64Encoded", &false)?;
        map.end()
    }
}

struct Headers<'r>(&'r HttpReply);

impl Serialize for Headers<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("content-type", self.0.content_type)?;
        map.serialize_entry("cache-control", "no-store")?;
        for (name, value) in &self.0.headers {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
