//! The fake's own tests: without them a test that passes against it would prove little.

mod audiences;
mod mapping;
mod tokens;
mod transport;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::raw::http_client;
use crate::support::fake_tiktok::{FakeTiktok, TOKEN};

/// A SHA-256 in hex of nobody's email.
const HASH: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Another.
const OTHER_HASH: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// Calls this fake.
fn client(fake: &FakeTiktok) -> Caller<'_> {
    Caller { fake, http: http_client(None) }
}

struct Caller<'a> {
    fake: &'a FakeTiktok,
    http: Client,
}

impl Caller<'_> {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.fake.base_url() + path).header("Access-Token", TOKEN)
    }

    /// A POST as a careful client sends it; gives the envelope.
    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        envelope(request.body(body.to_string())).await
    }

    /// A GET as a careful client sends it; gives the envelope.
    async fn get(&self, path: &str) -> Value {
        envelope(self.request(Method::GET, path)).await
    }
}

/// The envelope, which TikTok sends with HTTP 200 whatever it says.
async fn envelope(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let envelope: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let mut keys: Vec<_> = envelope.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["code", "data", "message", "request_id"]);
    envelope
}
