//! HTTP requests as API Gateway and function URLs hand them over, and the answers to them.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tiktok_audiences::clock;
use tiktok_audiences::clock::InvocationTime;
use tiktok_audiences::handler;

use crate::world::World;

/// A request, before it is put into one of the payload formats.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    path: String,
    headers: Map<String, Value>,
    body: String,
    is_base64: bool,
    is_iam: bool,
}

/// An answer, whatever its format.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    headers: Value,
    /// The body, which is always JSON.
    pub body: Value,
}

impl Response {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers[name].as_str()
    }
}

impl Request {
    /// A request without headers.
    pub fn new(method: &str, path: &str, body: impl Into<String>) -> Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        Self { method, path, headers: Map::new(), body: body.into(), is_base64: false, is_iam: false }
    }

    /// A `POST`.
    pub fn post(path: &str, body: impl Into<String>) -> Self {
        Self::new("POST", path, body)
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), json!(value));
        self
    }

    /// With a body that is base64 already.
    #[must_use]
    pub fn base64(self) -> Self {
        Self { is_base64: true, ..self }
    }

    /// From a caller whose IAM signature AWS has checked.
    #[must_use]
    pub fn iam(self) -> Self {
        Self { is_iam: true, ..self }
    }

    /// The payload of an invocation: `v1` (REST), `v2` (HTTP API) or `url` (function URL).
    pub fn payload(&self, shape: &str) -> Value {
        let arn = self.is_iam.then_some("arn:aws:sts::123456789012:assumed-role/loader/loader");
        if shape == "v1" {
            let multi: Map<_, _> = self.headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
            return json!({
                "resource": "/{proxy+}", "path": self.path, "httpMethod": self.method, "headers": self.headers,
                "multiValueHeaders": multi, "queryStringParameters": null,
                "requestContext": {"stage": "prod", "path": format!("/prod{}", self.path), "httpMethod": self.method,
                                   "requestTimeEpoch": 1_795_000_000_000_i64, "identity": {"userArn": arn}},
                "body": self.body, "isBase64Encoded": self.is_base64,
            });
        }
        let (stage, route) = if shape == "v2" { ("prod", "ANY /{proxy+}") } else { ("$default", "$default") };
        let raw_path = if shape == "v2" { format!("/prod{}", self.path) } else { self.path.clone() };
        // Both lower-case all names of headers.
        let headers: Map<_, _> =
            self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        let authorizer = if arn.is_some() { json!({"iam": {"userArn": arn}}) } else { Value::Null };
        json!({
            "version": "2.0", "routeKey": route, "rawPath": raw_path, "rawQueryString": "", "headers": headers,
            "requestContext": {"stage": stage, "http": {"method": self.method, "path": raw_path},
                               "authorizer": authorizer, "timeEpoch": 1_795_000_000_000_i64},
            "body": self.body, "isBase64Encoded": self.is_base64,
        })
    }

    /// Sends it to the function.
    pub async fn send(&self, world: &World, shape: &str) -> Response {
        self.send_at(world, shape, clock::invocation_time_with(Duration::from_secs(30))).await
    }

    /// Sends it to the function at some time.
    pub async fn send_at(&self, world: &World, shape: &str, invocation_time: InvocationTime) -> Response {
        let reply = handler::handle(&world.app, &self.payload(shape).to_string(), invocation_time).await.unwrap();
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(reply["headers"]["content-type"], "application/json");
        Response {
            status: u16::try_from(reply["statusCode"].as_u64().unwrap()).unwrap(),
            headers: reply["headers"].clone(),
            body: serde_json::from_str(reply["body"].as_str().unwrap()).unwrap(),
        }
    }
}
