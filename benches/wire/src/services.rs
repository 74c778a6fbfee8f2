//! The function's surroundings on loopback: the Runtime API, Secrets Manager and TikTok, the latter two over HTTPS.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::authority::Authority;
use crate::support::fake_runtime::FakeRuntime;
use crate::support::server::{Answer, Listen, Request, Server};

const SECRET: &str = r#"{"access_token":"token","advertiser_ids":["7000000000000000001"]}"#;

/// What one program runs between. Each has its own, since a Runtime API serves one function.
pub(crate) struct Services {
    /// Hands out the invocations and takes the replies.
    pub(crate) runtime: FakeRuntime,
    authority: Authority,
    secrets: Server,
    firehose: Server,
    tiktok: Server,
    rows: Arc<AtomicUsize>,
}

impl Services {
    /// Starts the servers, Secrets Manager and TikTok on two addresses, so that they share no connection.
    pub(crate) fn start() -> Self {
        let (authority, rows) = (Authority::new(), Arc::<AtomicUsize>::default());
        let secrets = Server::start(Listen::https([127, 0, 0, 3], &authority), secret);
        let firehose = Server::start(Listen::https([127, 0, 0, 4], &authority), journal);
        let counted = Arc::clone(&rows);
        let tiktok = Server::start(Listen::https([127, 0, 0, 2], &authority), move |request| {
            mapping(request, Arc::clone(&counted))
        });
        Self { runtime: FakeRuntime::start(), authority, secrets, firehose, tiktok, rows }
    }

    /// The environment of a function between these servers: Lambda's own variables, and where everything is.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let authority = self.authority.pem_path().to_string_lossy().into_owned();
        let mut variables = self.runtime.environment();
        variables.extend([
            ("TIKTOK_SECRET_ID", "secret".to_owned()),
            ("TIKTOK_API_BASE_URL", format!("{}/open_api/v1.3", self.tiktok.origin())),
            ("TIKTOK_ORIGIN", self.tiktok.origin()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets.origin()),
            ("AWS_ENDPOINT_URL_FIREHOSE", self.firehose.origin()),
            ("SSL_CERT_FILE", authority.clone()),
            ("NODE_EXTRA_CA_CERTS", authority),
        ]);
        variables
    }

    /// The rows that TikTok has got since this was asked last.
    pub(crate) fn take_rows(&self) -> usize {
        self.rows.swap(0, Ordering::Relaxed)
    }
}

async fn secret(mut request: Request) -> Option<Answer> {
    request.body().await?;
    let body = json!({
        "ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:secret-AbCdEf",
        "Name": "secret",
        "SecretString": SECRET,
        "VersionId": "00000000-0000-4000-8000-000000000001",
        "VersionStages": ["AWSCURRENT"],
    });
    Some(Answer::new(200, "application/x-amz-json-1.1", body.to_string()))
}

/// Firehose: takes every record.
async fn journal(mut request: Request) -> Option<Answer> {
    request.body().await?;
    let body = json!({ "FailedPutCount": 0, "Encrypted": false, "RequestResponses": [] });
    Some(Answer::new(200, "application/x-amz-json-1.1", body.to_string()))
}

async fn mapping(mut request: Request, rows: Arc<AtomicUsize>) -> Option<Answer> {
    let body: Value = serde_json::from_slice(&request.body().await?).unwrap_or_default();
    let sent = body.get("batch_data").and_then(Value::as_array).map_or(0, Vec::len);
    rows.fetch_add(sent, Ordering::Relaxed);
    let answer = r#"{"code":0,"message":"OK","request_id":"202511200915300101890","data":{}}"#;
    Some(Answer::new(200, "application/json", answer))
}
