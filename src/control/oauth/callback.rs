//! `GET /oauth/callback`: TikTok sends the advertiser back, with a code or without.
//!
//! The token in use is replaced only by one that is at least as good: with the scopes that audiences need, and for
//! every advertiser that is configured or that the working token serves.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use tokio::time::Instant;

use crate::app::App;
use crate::clock::InvocationTime;
use crate::control::target;
use crate::delivery::session::Session;
use crate::ingress::http::{HttpReply, Request};
use crate::secrets::{self, Loaded, Secret, SecretsError};
use crate::tiktok::wire::{Advertiser, Granted};
use crate::tiktok::{AdvertiserId, Class, SendError};

use super::super::credentials::Credentials;
use super::page::Page;
use super::state::{self, BadState};

/// Where TikTok sends the advertiser back to.
const CALLBACK_PATH: &str = "/oauth/callback";

/// How long a person waits; API Gateway hangs up after 29 seconds.
const PATIENCE: Duration = Duration::from_secs(25);

/// How long a question to TikTok may take that is good to have an answer to: the code is spent by then, and the token has
/// to be stored in what is left.
const GOOD_TO_KNOW: Duration = Duration::from_secs(5);

/// The scopes of audiences. Source: TikTok's permission index: 3 is audience management with 30, read, and 31, create
/// and update, below it.
const ALL_OF_AUDIENCES: u64 = 3;
const READ_AUDIENCES: u64 = 30;
const WRITE_AUDIENCES: u64 = 31;

/// TikTok's codes for an authorisation code that can't be used (any more).
const CODE_REFUSED: [i64; 2] = [40_110, 40_115];
/// TikTok's codes for a wrong `app_id` or `app_secret`.
const APP_REFUSED: [i64; 2] = [40_101, 40_113];

/// Answers the advertiser's browser.
pub(crate) async fn callback(app: &App, request: &Request<'_>, invocation_time: InvocationTime) -> HttpReply {
    let session = Session::new(&app.client, &app.secrets, &app.metrics, invocation_time.budget(Some(PATIENCE)));
    let (page, is_ours) = match begun(&session, request).await {
        Ok(loaded) => (connect(app, &session, request, &loaded).await.unwrap_or_else(|page| page), true),
        // Of a state that has expired the signature is ours.
        Err(page) => {
            let is_ours = matches!(page, Page::Expired);
            (page, is_ours)
        }
    };
    app.metrics.connecting(&app.client.take_attempts());
    if let Page::Connected(advertisers) = &page {
        app.metrics.token_stored();
        log_connected(advertisers.len());
    } else {
        log_refused(&page);
    }
    let command = is_ours.then(|| page.command(&app.environment.function_name, address(request).as_ref())).flatten();
    page.render(command.as_deref())
}

/// The address at which TikTok found this function, as API Gateway says it.
fn address(request: &Request<'_>) -> Option<Url> {
    let url = Url::parse(&request.address()?).ok()?;
    url.path().ends_with(CALLBACK_PATH).then_some(url)
}

fn log_connected(advertisers: usize) {
    tracing::info!(advertisers, "advertisers connected");
}

fn log_refused(page: &Page) {
    tracing::warn!(reason = page.code(), status = page.status(), "no advertiser connected");
}

/// The secret with which the way began here.
async fn begun(session: &Session<'_>, request: &Request<'_>) -> Result<Arc<Loaded>, Page> {
    let state = parameter(request, "state").ok_or(Page::NoState)?;
    verified(session, &state).await
}

async fn connect(app: &App, session: &Session<'_>, request: &Request<'_>, loaded: &Arc<Loaded>) -> Result<Page, Page> {
    let code = parameter(request, "auth_code").or_else(|| parameter(request, "code")).ok_or(Page::Declined)?;
    let credentials = credentials(&loaded.secret)?;
    let granted = exchange(session, credentials, &code).await?;
    let missing = missing_scopes(&granted);
    if !missing.is_empty() {
        return Err(Page::MissingScopes(missing));
    }
    let advertisers = advertisers(session, credentials, &granted).await;
    store(app, session, loaded, &granted, &advertisers).await?;
    Ok(Page::Connected(advertisers))
}

fn parameter<'p>(request: &Request<'p>, name: &str) -> Option<Cow<'p, str>> {
    request.query(name).filter(|value| !value.trim().is_empty())
}

/// The secret with which the state was signed, perhaps a fresher one than the one at hand.
async fn verified(session: &Session<'_>, state: &str) -> Result<Arc<Loaded>, Page> {
    let now = session.budget.wall;
    let judge = |secret: &Secret| {
        state::verify(state, credentials(secret)?, now).map_err(|bad| match bad {
            BadState::Forged => Page::Forged,
            BadState::Expired => Page::Expired,
        })
    };
    let loaded = session.secret().await.map_err(|error| unreadable(&error))?;
    let refused = match judge(&loaded.secret) {
        Ok(()) => return Ok(loaded),
        Err(refused) => refused,
    };
    let fresher = session.fresher_secret(secrets::FRESH).await.map_err(|error| unreadable(&error))?;
    let fresher = fresher.ok_or(refused)?;
    judge(&fresher.secret).map(|()| fresher)
}

fn credentials(secret: &Secret) -> Result<Credentials<'_>, Page> {
    Credentials::of(secret).map_err(|_no_app| Page::NoApp)
}

fn unreadable(error: &SecretsError) -> Page {
    Page::SecretUnreadable(error.to_string())
}

async fn exchange(session: &Session<'_>, credentials: Credentials<'_>, code: &str) -> Result<Granted, Page> {
    let Credentials { app_id, app_secret } = credentials;
    let exchanged = session.client.exchange_code(app_id, app_secret, code, session.budget.deadline).await;
    exchanged.map_err(|error| refused(&error))
}

fn refused(error: &SendError) -> Page {
    match (error.code(), error.class()) {
        (Some(code), _) if CODE_REFUSED.contains(&code) => Page::CodeUsed,
        (Some(code), _) if APP_REFUSED.contains(&code) => Page::AppRefused,
        (_, Class::Throttled | Class::Transient | Class::Busy) => Page::TiktokUnavailable,
        (_, Class::Unauthorized | Class::Blocked | Class::Permanent) => {
            let request_id = error.request_id().map(ToString::to_string);
            Page::TiktokRefused { problem: error.to_string(), request_id }
        }
    }
}

/// What the token lacks to read and to change audiences; all of it when TikTok does not say what it may do.
fn missing_scopes(granted: &Granted) -> Vec<&'static str> {
    let has = |scope| granted.scope.as_ref().is_some_and(|scopes| scopes.contains(&scope));
    let needed =
        [(READ_AUDIENCES, "Read Custom Audiences (30)"), (WRITE_AUDIENCES, "Create and Update Custom Audiences (31)")];
    let lacks = |(scope, _): &(u64, &str)| !has(ALL_OF_AUDIENCES) && !has(*scope);
    needed.into_iter().filter(lacks).map(|(_, name)| name).collect()
}

/// The advertisers of the new token, with their names where TikTok tells them.
async fn advertisers(session: &Session<'_>, credentials: Credentials<'_>, granted: &Granted) -> Vec<Advertiser> {
    let Credentials { app_id, app_secret } = credentials;
    let deadline = soon(session);
    let listed = session.client.list_advertisers(&granted.access_token, app_id, app_secret, deadline).await;
    let mut advertisers = listed.unwrap_or_default();
    for id in &granted.advertiser_ids {
        if advertisers.iter().all(|known| known.advertiser_id != *id) {
            advertisers.push(Advertiser { advertiser_id: *id, advertiser_name: None });
        }
    }
    advertisers
}

fn soon(session: &Session<'_>) -> Instant {
    session.budget.deadline.min(Instant::now() + GOOD_TO_KNOW)
}

/// Stores the new token, unless the secret is another one by now or the new token is worse than the one in it.
async fn store(
    app: &App,
    session: &Session<'_>,
    used: &Arc<Loaded>,
    granted: &Granted,
    advertisers: &[Advertiser],
) -> Result<(), Page> {
    let deadline = session.budget.deadline;
    let fresh = app.secrets.reload(used, Duration::ZERO, Instant::now(), deadline).await;
    let fresh = fresh.map_err(|error| unreadable(&error))?;
    if !is_same_app(&fresh.secret, &used.secret) {
        return Err(Page::SecretChanged);
    }
    let mut needed = target::configured_advertisers(&app.router.destination);
    if is_working(session, &fresh.secret).await {
        needed.extend(&fresh.secret.advertiser_ids);
    }
    let ids: Vec<AdvertiserId> = advertisers.iter().map(|advertiser| advertiser.advertiser_id).collect();
    let missing: BTreeSet<_> = needed.into_iter().filter(|id| !ids.contains(id)).collect();
    if ids.is_empty() || !missing.is_empty() {
        return Err(Page::MissingAdvertisers(missing));
    }
    let stored = app.secrets.store_token(&granted.access_token, &ids, &fresh.secret, deadline).await;
    stored.map(drop).map_err(|error| {
        if matches!(error, SecretsError::Changed) { Page::SecretChanged } else { Page::NotStored(error.to_string()) }
    })
}

fn is_same_app(one: &Secret, other: &Secret) -> bool {
    use secrecy::ExposeSecret;
    let app_secret = |secret: &Secret| secret.app_secret.as_ref().map(|text| text.expose_secret().to_owned());
    one.app_id == other.app_id && app_secret(one) == app_secret(other)
}

/// Whether the token in the secret works, or could: only TikTok's word against it counts.
async fn is_working(session: &Session<'_>, secret: &Secret) -> bool {
    let Some(token) = &secret.access_token else { return false };
    match session.client.check_token(token, soon(session)).await {
        Ok(()) => true,
        Err(error) => error.class() != Class::Unauthorized,
    }
}
