//! CloudWatch Logs with the pages that a test gives it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tiktok_audiences::net::aws::{AwsKeys, AwsSettings};
use tiktok_audiences::net::https;
use tiktok_audiences::net::signed::{Endpoints, SignedClient};

use crate::support::server::{Answer, Listen, Server};

#[derive(Debug, Default)]
struct State {
    pages: VecDeque<Value>,
    asked: Vec<Value>,
}

/// A running fake; stops when it is dropped.
#[derive(Debug)]
pub struct FakeLogs {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl FakeLogs {
    /// Without pages: each answer is empty.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(Listen::default(), move |mut request| {
            let state = Arc::clone(&shared);
            async move {
                let body = request.body().await?;
                assert_eq!(request.header("x-amz-target"), Some("Logs_20140328.FilterLogEvents"));
                let mut state = state.lock().unwrap();
                state.asked.push(serde_json::from_slice(&body).unwrap());
                let page = state.pages.pop_front().unwrap_or_else(|| json!({"events": []}));
                Some(Answer::new(200, "application/x-amz-json-1.1", page.to_string()))
            }
        });
        Self { server, state }
    }

    /// The next answer: these lines, and whether there are more.
    pub fn page(&self, lines: &[Value], next: Option<&str>) {
        let events: Vec<_> = lines.iter().map(|line| json!({"message": line.to_string()})).collect();
        self.state.lock().unwrap().pages.push_back(json!({"events": events, "nextToken": next}));
    }

    /// The bodies of all calls.
    pub fn asked(&self) -> Vec<Value> {
        self.state.lock().unwrap().asked.clone()
    }

    /// A client whose logs are here.
    pub fn client(&self) -> SignedClient {
        let keys = AwsKeys { access_key_id: "test".to_owned(), secret_access_key: "test".into(), session_token: None };
        let settings = AwsSettings { region: Some("us-east-1".to_owned()), keys: Some(keys) };
        let endpoints = Endpoints { logs: Some(self.server.origin().parse().unwrap()), ..Endpoints::default() };
        SignedClient::new(&settings, endpoints, https::client(None).unwrap()).unwrap()
    }
}
