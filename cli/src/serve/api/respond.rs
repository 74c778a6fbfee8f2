//! Requests to the page's API, to what answers them.

use std::sync::Arc;

use hyper::body::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::changes::{AudienceChange, ConsentChange, TokenChange};
use super::super::faults::FaultOrder;
use super::record::Origin;
use super::refusal::Refusal;
use super::{Sandbox, audiences, compare, examples, files, letters, list, load, routes, trial, weather};
use crate::support::server::{Answer, Request};

/// The largest body of a request.
const MOST_BYTES: usize = 32_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    config: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    payload: String,
}

/// Whether a path is the page's and not the function's.
pub(crate) fn owns(path: &str) -> bool {
    path == "/" || path.starts_with("/_page/") || path.starts_with("/_sandbox/")
}

/// Reads the body of a request, as far as it may go; nothing if the caller has gone.
pub(crate) async fn body(request: &mut Request) -> Option<Result<Bytes, Refusal>> {
    let body = request.body_within(MOST_BYTES).await?;
    Some(body.map_err(|_too_long| Refusal::new(413, format!("the body has more than {MOST_BYTES} bytes"))))
}

/// Answers a request to the page or its API; nothing if the caller has gone.
pub(crate) async fn answer(mut request: Request, sandbox: Arc<Sandbox>) -> Option<Answer> {
    if let Some(path) = request.path.strip_prefix("/_sandbox/") {
        let path = path.to_owned();
        let answered = match body(&mut request).await? {
            Ok(body) => respond(&request.method, &path, &body, &sandbox).await,
            Err(refusal) => Err(refusal),
        };
        return Some(files::guarded(answered.unwrap_or_else(|refusal| refusal.answer())));
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    let file = files::file(&request.path, random).filter(|_| request.method == "GET");
    Some(file.unwrap_or_else(|| files::guarded(Refusal::not_found("such file").answer())))
}

async fn respond(method: &str, path: &str, body: &[u8], sandbox: &Arc<Sandbox>) -> Result<Answer, Refusal> {
    if let Some(answer) = shown(method, path, sandbox) {
        return answer;
    }
    let reply = match (method, path) {
        ("POST", "send") => sandbox.invoke(read::<Payload>(body)?.payload, Origin::Page).await?.detail,
        ("POST", "test") => sandbox.bench.test(&read(body)?).await?,
        ("POST", "check") => json!({ "problems": trial::check(&read::<Configuration>(body)?.config) }),
        ("POST", "compare") => compare::compare(sandbox, &read(body)?).await?,
        ("POST", "operation") => operation(sandbox, body).await?,
        ("POST", "list/preview") => list::preview(sandbox, &read(body)?).await?,
        ("POST", "list") => list::deliver(sandbox, read(body)?).await?,
        ("POST", "rejected/redrive") => letters::redrive(sandbox, &read(body)?).await?,
        ("POST", "rejected/discard") => letters::discard(sandbox, &read(body)?).await?,
        ("POST", "reset") => {
            sandbox.reset().await;
            json!({})
        }
        _ => changed(method, path, body, sandbox)?,
    };
    Ok(json_answer(&reply))
}

/// What is only looked at.
fn shown(method: &str, path: &str, sandbox: &Sandbox) -> Option<Result<Answer, Refusal>> {
    let reply = match (method, path) {
        ("GET", "") => routes::json(),
        ("GET", "state") => sandbox.state(),
        ("GET", "schema") => crate::schema::schema(),
        ("GET", "examples") => examples::list(),
        ("GET", "feed") => sandbox.feed.entries(),
        ("GET", "stream") => return Some(Ok(sandbox.feed.stream())),
        ("GET", "audiences") => audiences::list(sandbox),
        ("GET", "rejected") => letters::list(sandbox),
        ("GET", "load") => sandbox.load.json(),
        ("GET", path) => return one(path, sandbox),
        _ => return None,
    };
    Some(Ok(json_answer(&reply)))
}

/// One of many.
fn one(path: &str, sandbox: &Sandbox) -> Option<Result<Answer, Refusal>> {
    if let Some(name) = path.strip_prefix("examples/") {
        return Some(examples::one(name).ok_or_else(|| Refusal::not_found("such example")));
    }
    if let Some(id) = path.strip_prefix("feed/") {
        let detail = id.parse().ok().and_then(|id| sandbox.feed.detail(id));
        return Some(
            detail
                .map(|detail| json_answer(&detail))
                .ok_or_else(|| Refusal::not_found("such invocation in the feed any more")),
        );
    }
    let id = path.strip_prefix("audiences/")?.strip_suffix("/members")?;
    Some(audiences::members(sandbox, id).map(|members| json_answer(&members)))
}

/// What changes at once.
fn changed(method: &str, path: &str, body: &[u8], sandbox: &Arc<Sandbox>) -> Result<Value, Refusal> {
    match (method, path) {
        ("PUT", "config") => return sandbox.configure(&read::<Configuration>(body)?.config).map(|()| sandbox.state()),
        ("PUT", "weather") => return sandbox.weather.switch(&weather::switch(body)?, sandbox),
        ("PUT", "audiences") => {
            let id = read::<AudienceChange>(body)?.apply(&sandbox.world.tiktok);
            let id = id.map_err(|message| Refusal::new(400, message))?;
            return Ok(json!({ "audience_id": id }));
        }
        ("POST", "load") => return load::start(sandbox, read(body)?),
        ("PUT", "token") => read::<TokenChange>(body)?.apply(&sandbox.world),
        ("PUT", "consent") => read::<ConsentChange>(body)?.apply(&sandbox.world.tiktok),
        ("POST", "faults") => {
            let placed = read::<FaultOrder>(body)?.place(&sandbox.world.tiktok);
            placed.map_err(|message| Refusal::new(400, message))?;
        }
        ("DELETE", "feed") => sandbox.feed.clear(),
        ("DELETE", "load") => sandbox.load.stop(),
        _ => return Err(unknown(path)),
    }
    Ok(json!({}))
}

fn unknown(path: &str) -> Refusal {
    let methods = routes::methods(&format!("/_sandbox/{path}"));
    if methods.is_empty() {
        return Refusal::new(404, "there is no such path; GET /_sandbox/ lists them");
    }
    Refusal::new(405, format!("this path takes {}", methods.join(", ")))
}

/// A control operation's reply, or its error.
async fn operation(sandbox: &Sandbox, body: &[u8]) -> Result<Value, Refusal> {
    let order: Value = read(body)?;
    if !order["operation"].is_string() {
        return Err(Refusal::new(400, "the operation is missing"));
    }
    sandbox.operate(&order).await
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::new(400, error.to_string()))
}

fn json_answer(reply: &Value) -> Answer {
    // The line ends for the terminal's sake.
    Answer::new(200, "application/json", format!("{reply}\n")).with_header("cache-control", "no-store")
}
