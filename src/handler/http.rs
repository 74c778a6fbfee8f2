//! HTTP invocations: route, body, caller, events, status.

use crate::VERSION;
use crate::app::App;
use crate::control::oauth;
use crate::delivery::session::Session;
use crate::ingress::http::auth::{Credentials, Denied, Presented, UnsignedTail};
use crate::ingress::http::{BodyError, HttpReply, Request, Route, RouteError, SdkCall, Shape, events, lines, sdk};
use crate::ingress::{AcknowledgementScope, Intake};
use crate::json::{BYTE_ORDER_MARK, Document, JsonError};
use crate::log;
use crate::outcome::{Ledger, Outcome};
use crate::secrets::{self, Secret, SecretsError};

use super::events::{Reader, ReplyMode, process};
use super::refused::{RETRY_AFTER_SECONDS, Refused, with_retry_after};
use super::webhook_audiences;
use crate::clock::InvocationTime;

/// Handles a request and returns the reply in the form of its envelope.
pub(super) async fn handle(app: &App, shape: Shape, payload: &Document<'_>, invocation_time: InvocationTime) -> String {
    let request = Request::new(shape, payload.root());
    let reply = match Route::find(&request.method(), &request.path()) {
        Ok(route) => serve(app, &request, route, invocation_time).await,
        Err(error) => refused_route(error),
    };
    reply.render(shape)
}

async fn serve(app: &App, request: &Request<'_>, route: Route, invocation_time: InvocationTime) -> HttpReply {
    let role = app.environment.role;
    let (takes_events, takes_operations) = (role.takes_sent_events(), role.takes_operations());
    match route {
        Route::Health if takes_events || takes_operations => {
            HttpReply::json(200, format!("{{\"status\":\"ok\",\"version\":\"{VERSION}\"}}"))
        }
        Route::Events if takes_events => take_events(app, request, invocation_time).await.unwrap_or_else(logged),
        Route::Sdk(call) if takes_events => take_sdk(app, request, call, invocation_time).await,
        Route::WebhookAudiences { key } if takes_events => {
            take_audience(app, request, key, invocation_time).await.unwrap_or_else(logged)
        }
        Route::OauthCallback if takes_operations => oauth::callback(app, request, invocation_time).await,
        Route::Health | Route::Events | Route::Sdk(_) | Route::WebhookAudiences { .. } | Route::OauthCallback => {
            refused_route(RouteError::NotFound)
        }
    }
}

fn refused_route(error: RouteError) -> HttpReply {
    logged(match error {
        RouteError::NotFound => HttpReply::error(404, "NOT_FOUND", &error.to_string()),
        RouteError::WrongMethod(allowed) => {
            HttpReply::error(405, "METHOD_NOT_ALLOWED", &error.to_string()).with_header("allow", allowed)
        }
    })
}

/// Logs a refusal: no event was taken, so the request has no other line.
fn logged(refusal: HttpReply) -> HttpReply {
    log::refused(refusal.status);
    refusal
}

/// `POST /events`.
async fn take_events(
    app: &App,
    request: &Request<'_>,
    invocation_time: InvocationTime,
) -> Result<HttpReply, HttpReply> {
    let session = session(app, invocation_time);
    let body = request.body().map_err(invalid_body)?;
    // Lines are no one document: a signature covers them all, and no key in them stands for the request.
    let parsed = if request.has_lines() { None } else { Some(Document::parse(unmarked(&body))) };
    let document = parsed.as_ref().and_then(|parsed| parsed.as_ref().ok());
    let presented = Presented::of(request, document);
    authorise(app, &session, &presented, &body, document).await.map_err(Refused::into_reply)?;
    let opened = match parsed {
        Some(parsed) => events::open(parsed.map_err(not_json)?, request.received_at()),
        None => lines::open(unmarked(&body), request.received_at()),
    };
    let mut intake = opened.map_err(|error| HttpReply::error(error.status(), error.code(), &error.to_string()))?;
    let (scope, reply_mode) = terms(request);
    let reader = Reader::new(app, reply_mode, invocation_time);
    let processed = process(app, "http", &session, reader, &mut intake, &scope).await;
    let reply = HttpReply::json(status(&processed.ledger), processed.report(app));
    Ok(if reply.status == 503 { with_retry_after(reply) } else { reply })
}

/// A body without the byte order mark that some tools put before it; a signature covers it.
fn unmarked(body: &str) -> &str {
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)
}

/// `POST /v1/…`: the replies are the ones that SDKs understand.
async fn take_sdk(app: &App, request: &Request<'_>, call: SdkCall, invocation_time: InvocationTime) -> HttpReply {
    match sdk_events(app, request, call, invocation_time).await {
        Ok(ledger) => sdk::reply(ledger.summary(), RETRY_AFTER_SECONDS),
        Err(Refused { status, code, message }) => {
            let reply = sdk::error(status, code, &message);
            logged(if status == 503 { with_retry_after(reply) } else { reply })
        }
    }
}

async fn sdk_events(
    app: &App,
    request: &Request<'_>,
    call: SdkCall,
    invocation_time: InvocationTime,
) -> Result<Ledger, Refused> {
    let session = session(app, invocation_time);
    let body = request.body().map_err(|error| Refused::new(error.status(), "INVALID_BODY", &error))?;
    let parsed = Document::parse(unmarked(&body));
    let presented = Presented::of(request, parsed.as_ref().ok());
    authorise(app, &session, &presented, &body, parsed.as_ref().ok()).await?;
    let document = parsed.map_err(|error| Refused::new(400, "INVALID_BODY", &error))?;
    let mut intake: Intake<'_> = sdk::open(call, document, request.received_at())
        .map_err(|error| Refused::new(error.status(), error.code(), &error))?;
    let (scope, reply_mode) = terms(request);
    let reader = Reader::new(app, reply_mode, invocation_time);
    Ok(process(app, "http", &session, reader, &mut intake, &scope).await.ledger)
}

/// `POST /webhook-audiences/{key}`: Segment can't sign these, so that the key is in the path. Whatever else is presented
/// must be valid too.
async fn take_audience(
    app: &App,
    request: &Request<'_>,
    key: String,
    invocation_time: InvocationTime,
) -> Result<HttpReply, HttpReply> {
    let session = session(app, invocation_time);
    let body = request.body().map_err(invalid_body)?;
    let parsed = Document::parse(unmarked(&body));
    // Next to the key in the path one in the body would be data.
    let presented = Presented::of(request, None).with_key(key);
    authorise(app, &session, &presented, &body, parsed.as_ref().ok()).await.map_err(Refused::into_reply)?;
    let document = parsed.map_err(not_json)?;
    webhook_audiences::answer(app, &session, &document).await
}

fn session(app: &App, invocation_time: InvocationTime) -> Session<'_> {
    let reply_within = app.router.destination.settings.reply_within;
    Session::new(&app.client, &app.secrets, &app.metrics, invocation_time.budget(Some(reply_within)))
}

fn invalid_body(error: BodyError) -> HttpReply {
    HttpReply::error(error.status(), "INVALID_BODY", &error.to_string())
}

fn not_json(error: JsonError) -> HttpReply {
    HttpReply::error(400, "INVALID_BODY", &format!("the body is {error}"))
}

/// A sender that prefers to wait gets the outcome of each event; others are content with a durable write.
fn terms(request: &Request<'_>) -> (AcknowledgementScope<'static>, ReplyMode) {
    let waits = request
        .headers("prefer")
        .any(|value| value.split([',', ';']).any(|preference| preference.trim().split('=').next() == Some("wait")));
    let scope = if waits { AcknowledgementScope::Waiting } else { AcknowledgementScope::Whole };
    (scope, ReplyMode { replies_soon: true, may_buffer: !waits })
}

/// Lets a caller in, or says why not.
async fn authorise(
    app: &App,
    session: &Session<'_>,
    presented: &Presented,
    body: &str,
    parsed: Option<&Document<'_>>,
) -> Result<(), Refused> {
    if !presented.needs_secret() {
        return Ok(());
    }
    let is_tail_trusted = app.router.destination.settings.allow_unsigned_tail;
    let tail = if is_tail_trusted { UnsignedTail::Allow } else { UnsignedTail::Refuse };
    let unreadable = |error: SecretsError| Refused::new(503, "SECRET_UNAVAILABLE", &error);
    let judge = |secret: &Secret| {
        let accepted = Credentials { webhook_secrets: &secret.webhook_secrets, write_keys: &secret.write_keys };
        presented.check(body, parsed, accepted, tail)
    };
    let loaded = session.secret().await.map_err(unreadable)?;
    let mut judged = judge(&loaded.secret);
    if judged.is_err_and(Denied::may_be_stale)
        && let Some(fresher) = session.fresher_secret(secrets::FRESH).await.map_err(unreadable)?
    {
        judged = judge(&fresher.secret);
    }
    judged.map_err(|denied| Refused::new(denied.status(), denied.code(), &denied))
}

/// The status of a whole request.
fn status(ledger: &Ledger) -> u16 {
    let summary = ledger.summary();
    let count = |outcome| summary.count(outcome);
    if count(Outcome::Retryable) > 0 {
        503
    } else if summary.received > 0 && count(Outcome::Rejected) == summary.received {
        400
    } else if count(Outcome::Rejected) > 0 {
        207
    } else if summary.received > 0 && count(Outcome::Accepted) == summary.received {
        202
    } else {
        200
    }
}
