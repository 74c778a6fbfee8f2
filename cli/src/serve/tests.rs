//! The sandbox over HTTP: who may speak to it, and what it does not take.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::*;
use crate::world::WRITE_KEY;

const EVENT: &str = r#"{"type":"track","event":"Audience Entered","properties":{"audience_key":"abandoned_cart"},
    "context":{"traits":{"email":"jane@example.com"}}}"#;

/// A sandbox at an address.
struct Open {
    door: Server,
    sandbox: Arc<Sandbox>,
}

impl Open {
    fn new() -> Self {
        let world = Arc::new(World::start(Scheme::Http, Stage::Connected));
        let function = Function::start(world.app(None).unwrap(), Arc::clone(&world)).unwrap();
        let sandbox = Sandbox::new(world, function, "the sandbox".to_owned(), DESTINATION.to_owned());
        let offered = Arc::clone(&sandbox);
        let door = Server::start_at(bind(0).unwrap(), move |request| answer(request, Arc::clone(&offered)));
        Self { door, sandbox }
    }

    /// The status and the body of an answer.
    fn ask(&self, line: &str, headers: &[&str], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.door.address()).unwrap();
        let host = format!("host: {}", self.door.address());
        let own = if headers.iter().any(|header| header.starts_with("host:")) { None } else { Some(host.as_str()) };
        let headers: Vec<_> = headers.iter().copied().chain(own).collect();
        let (headers, length) = (headers.join("\r\n"), body.len());
        let head = format!("{line} HTTP/1.1\r\n{headers}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // A body that is not read to its end may break the connection.
        let _sent = stream.write_all(body.as_bytes());
        let mut reply = Vec::new();
        let _read = stream.read_to_end(&mut reply);
        let reply = String::from_utf8(reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or((&reply, ""));
        (head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default(), body.to_owned())
    }

    fn put(&self, path: &str, order: &Value) -> (u16, String) {
        self.ask(&format!("PUT /_sandbox/{path}"), &[], &order.to_string())
    }
}

#[tokio::test]
async fn no_path_is_for_other_sites_or_other_names() {
    let open = Open::new();
    let key = format!("authorization: Basic {}", base64_of(&format!("{WRITE_KEY}:")));
    assert_eq!(open.ask("POST /events", &[&key], EVENT).0, 200);
    let calls = open.sandbox.world.tiktok.calls().len();
    let invoke = format!("POST {INVOKE_PATH}");
    for line in ["POST /events", "GET /health", "GET /oauth/callback?code=1", "GET /", &invoke, "GET /_sandbox/state"] {
        assert_eq!(open.ask(line, &[&key, "host: evil.example"], EVENT).0, 421, "{line}");
        assert_eq!(open.ask(line, &[&key, "origin: http://evil.example"], EVENT).0, 403, "{line}");
        assert_eq!(open.ask(line, &[&key, "sec-fetch-site: cross-site"], EVENT).0, 403, "{line}");
    }
    assert_eq!(open.sandbox.world.tiktok.calls().len(), calls, "the function has heard of none of them");
    let visit = ["sec-fetch-site: cross-site", "sec-fetch-mode: navigate"];
    for (line, expected) in [("GET /", 200), ("GET /oauth/callback?error=x", 400), ("GET /health", 403)] {
        assert_eq!(open.ask(line, &visit, "").0, expected, "{line}");
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn a_body_is_read_no_further_than_it_may_go() {
    let open = Open::new();
    let endless = "x".repeat(33_000_000);
    for line in ["POST /events", "POST /_sandbox/send"] {
        let (status, body) = open.ask(line, &[], &endless);
        assert!(status == 413 || status == 0, "{line}: {status} {body}");
    }
    assert_eq!(open.ask("GET /health", &[], "").0, 200);
}

#[tokio::test]
async fn the_text_of_a_configuration_is_no_path() {
    let open = Open::new();
    for text in ["", " ", "/etc/hostname", "/nowhere/at/all", "[]", "destination.json"] {
        let (status, body) = open.put("config", &json!({ "config": text }));
        let reply: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &reply["error"]), (422, &json!("the configuration is no JSON object")), "{text}: {body}");
        let (status, body) =
            open.ask("POST /_sandbox/test", &[], &json!({ "event": EVENT, "config": text }).to_string());
        assert_eq!(status, 422, "{text}: {body}");
    }
    assert_eq!(open.put("config", &json!({ "config": " {}" })).0, 200);
}

#[tokio::test]
async fn an_audience_has_an_id_that_the_function_can_read() {
    let open = Open::new();
    for (wrong, expected) in [
        (json!({ "audience_id": "abc" }), "audience_id must be 1 to 30 digits"),
        (json!({ "audience_id": "", "name": "x" }), "audience_id must be 1 to 30 digits"),
        (json!({ "name": "", "size": 1 }), "name is blank"),
        (json!({ "advertiser_id": "7e3" }), "advertiser_id must be 1 to 30 digits"),
    ] {
        let (status, body) = open.put("audiences", &wrong);
        assert!(status == 400 && body.contains(expected), "{wrong}: {status} {body}");
    }
    assert_eq!(open.put("audiences", &json!({ "audience_id": "18", "name": "x" })).0, 200);
    let list = r#"{"operation":"listAudiences"}"#;
    assert_eq!(open.ask("POST /_sandbox/operation", &[], list).0, 200);
}

#[tokio::test]
async fn a_list_that_the_function_refuses_is_refused_and_makes_no_audience() {
    let open = Open::new();
    let of = |action: &str, name: &str| {
        json!({ "text": "email\njane@example.com\n", "action": action, "audience_name": name }).to_string()
    };
    for (order, status, expected) in [
        (of("add", " "), 400, "audience_name is blank"),
        (of("upsert", "made"), 422, "list.action is neither `add` nor `remove`"),
        (of("add", &"n".repeat(71)), 422, "an audience name has at most 70 characters"),
        (of("remove", "made"), 422, "there is no audience of this name to remove people from"),
    ] {
        let (answered, body) = open.ask("POST /_sandbox/list", &[], &order);
        assert!(answered == status && body.contains(expected), "{order}: {answered} {body}");
    }
    let names = |open: &Open| -> Vec<String> {
        open.sandbox.world.tiktok.audiences().into_iter().map(|audience| audience.name).collect()
    };
    assert!(names(&open).iter().all(|name| !name.trim().is_empty() && name != "made"), "{:?}", names(&open));
}
