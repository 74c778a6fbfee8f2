//! Segment's Public API: which destinations a workspace has, and their subscriptions, page by page.
//!
//! Sources: Segment, Public API, "List Destinations", "List Subscriptions from Destination", "Pagination", "Rate limits".

use std::time::Duration;

use indicatif::ProgressBar;
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use tiktok_audiences::net::https;

use crate::console;
use crate::error::SandboxError;
use crate::remote::variable;

/// The slug of the destination in Segment's catalog.
const SLUG: &str = "actions-tiktok-audiences";
/// Items per page.
const PER_PAGE: usize = 200;
/// More pages than any workspace has.
const MOST_PAGES: usize = 100;
/// How often a page is asked for.
const ATTEMPTS: u32 = 4;
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest that the API may make us wait.
const LONGEST_WAIT: u64 = 60;

/// Where a workspace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Region {
    /// North America
    Us,
    /// Europe
    Eu,
}

impl Region {
    const fn url(self) -> &'static str {
        match self {
            Self::Us => "https://api.segmentapis.com",
            Self::Eu => "https://eu1.api.segmentapis.com",
        }
    }
}

struct Api {
    client: reqwest::Client,
    base: String,
    token: String,
}

/// All subscriptions of a destination, in the form of one answer.
pub(super) async fn fetch(region: Region, url: Option<&Url>, destination: Option<&str>) -> Result<Value, SandboxError> {
    fetch_with(region, url, destination, token()?).await
}

/// The same, with a token that is there.
pub(super) async fn fetch_with(
    region: Region,
    url: Option<&Url>,
    destination: Option<&str>,
    token: String,
) -> Result<Value, SandboxError> {
    let roots = variable("SSL_CERT_FILE").map(std::path::PathBuf::from);
    let client = https::client(roots.as_deref()).map_err(|error| SandboxError::Unusable(error.to_string()))?;
    let base = url.map_or(region.url(), Url::as_str).trim_end_matches('/').to_owned();
    let api = Api { client, base, token };
    let destination = match destination {
        Some(id) => id.to_owned(),
        None => only_one(&api.all("/destinations", "destinations").await?)?,
    };
    let id: String = form_urlencoded::byte_serialize(destination.as_bytes()).collect();
    let subscriptions = api.all(&format!("/destinations/{id}/subscriptions"), "subscriptions").await?;
    Ok(json!({ "subscriptions": subscriptions }))
}

/// The token: of the variable, or typed.
fn token() -> Result<String, SandboxError> {
    if let Some(token) = variable("SEGMENT_TOKEN") {
        return Ok(token);
    }
    let typed = rpassword::prompt_password("Token of Segment's Public API: ");
    let typed = typed.map_err(|_no_terminal| {
        SandboxError::Usage("there is no terminal to ask for the token; put it into SEGMENT_TOKEN".to_owned())
    })?;
    Ok(typed.trim().to_owned())
}

/// The one destination of a workspace that is this one.
fn only_one(destinations: &[Value]) -> Result<String, SandboxError> {
    let ours = destinations.iter().filter(|destination| destination["metadata"]["slug"] == SLUG);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let ours: Vec<_> = ours.map(|destination| (text(&destination["id"]), text(&destination["name"]))).collect();
    match ours.as_slice() {
        [(id, _)] => Ok(id.clone()),
        [] => Err(SandboxError::Unusable("the workspace has no destination TikTok Audiences".to_owned())),
        several => {
            let lines: Vec<_> = several.iter().map(|(id, name)| format!("\n  --destination {id}  {name}")).collect();
            Err(SandboxError::Usage(format!("the workspace has several; name one:{}", lines.concat())))
        }
    }
}

impl Api {
    /// The items of all pages.
    async fn all(&self, path: &str, key: &str) -> Result<Vec<Value>, SandboxError> {
        let progress = ProgressBar::new_spinner().with_message(format!("Segment: {key}"));
        progress.enable_steady_tick(Duration::from_millis(100));
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let answer = self.page(path, cursor.as_deref()).await?;
            items.extend(answer["data"][key].as_array().into_iter().flatten().cloned());
            progress.set_message(format!("Segment: {} {key}", items.len()));
            cursor = answer["data"]["pagination"]["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                progress.finish_and_clear();
                return Ok(items);
            }
        }
        Err(SandboxError::Unusable(format!("{path} has more than {MOST_PAGES} pages")))
    }

    async fn page(&self, path: &str, cursor: Option<&str>) -> Result<Value, SandboxError> {
        let failed = |why: String| SandboxError::Unusable(format!("Segment's API, {path}: {why}"));
        let mut query = vec![("pagination.count", PER_PAGE.to_string())];
        query.extend(cursor.map(|cursor| ("pagination.cursor", cursor.to_owned())));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let url = format!("{}{path}?{query}", self.base);
        let url: Url = url.parse().map_err(|_not_one| failed("not an address".to_owned()))?;
        for attempt in 1..=ATTEMPTS {
            let request = self.client.get(url.clone()).timeout(TIMEOUT).bearer_auth(&self.token);
            let response = request.send().await.map_err(|error| failed(error.without_url().to_string()))?;
            let status = response.status();
            let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let wait = header.and_then(|text| text.parse().ok()).unwrap_or(1).clamp(1, LONGEST_WAIT);
            let again = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
            if again && attempt < ATTEMPTS {
                console::note(&format!("Segment's API answered {status}; asking again in {wait} s"));
                tokio::time::sleep(Duration::from_secs(wait)).await;
                continue;
            }
            let body = response.text().await.map_err(|error| failed(error.without_url().to_string()))?;
            if !status.is_success() {
                return Err(failed(refusal(status, &body)));
            }
            return serde_json::from_str(&body).map_err(|error| failed(format!("its answer is not JSON: {error}")));
        }
        Err(failed("it does not answer".to_owned()))
    }
}

fn refusal(status: StatusCode, body: &str) -> String {
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return format!("{status}: the token is wrong, of another region, or may not read this workspace");
    }
    let parsed: Value = serde_json::from_str(body).unwrap_or_default();
    let message = parsed.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or_default();
    format!("{status} {message}")
}
