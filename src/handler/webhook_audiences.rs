//! `POST /webhook-audiences/{key}`: Segment's Webhook Audiences destination creates or looks up an audience.
//!
//! Source: Segment's `webhook-audiences` destination: `{"audienceName": …}` asks for a new audience, `{"externalId": …}`
//! for a known one; both expect `{"externalId": …}`. Whatever else is in the body are the destination's extras.

use crate::actions::named_audience;
use crate::app::App;
use crate::delivery::session::{CallError, Session};
use crate::ingress::http::HttpReply;
use crate::json::{Document, Kind, Value};
use crate::outcome::Outcome;
use crate::tiktok::{AdvertiserId, AudienceId, Class, Scope};

use super::refused::unavailable;

/// Answers a request that was let in.
pub(super) async fn answer(app: &App, session: &Session<'_>, body: &Document<'_>) -> Result<HttpReply, HttpReply> {
    let root = body.root();
    let text = |key| root.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    match (text("externalId"), text("audienceName")) {
        (Some(id), _) => look_up(app, session, root, &id).await,
        (None, Some(name)) => find_or_create(app, session, root, name.trim()).await,
        (None, None) => Err(missing(root)),
    }
}

/// A name or id that is no text is told from one that is not there.
fn missing(root: Value<'_>) -> HttpReply {
    let is_of_other_kind =
        |name: &&&str| root.get(name).is_some_and(|value| !value.is_null() && value.kind() != Kind::String);
    match ["externalId", "audienceName"].iter().find(is_of_other_kind) {
        Some(name) => HttpReply::error(400, "INVALID_FIELD", &format!("{name} must be a text, in quotes")),
        None => HttpReply::error(400, "MISSING_FIELD", "expected audienceName or externalId, as Segment sends them"),
    }
}

async fn find_or_create(app: &App, session: &Session<'_>, root: Value<'_>, name: &str) -> Result<HttpReply, HttpReply> {
    // Of a name that is cut, the audience could be that of another name.
    named_audience(name).map_err(|error| HttpReply::error(400, error.reason.code(), error.message()))?;
    let advertiser = advertiser(app, session, root, Some(name)).await?;
    let ensured =
        app.audience_lookup.find_or_create(session, advertiser, name).await.map_err(|error| failed(&error))?;
    Ok(external_id(&ensured.audience))
}

async fn look_up(app: &App, session: &Session<'_>, root: Value<'_>, id: &str) -> Result<HttpReply, HttpReply> {
    let not_found = || HttpReply::error(404, "NO_SUCH_AUDIENCE", "the advertiser has no audience of that id");
    let advertiser = advertiser(app, session, root, None).await?;
    let audience = AudienceId::parse(id.trim()).map_err(|_bad| not_found())?;
    let (client, deadline) = (session.client, session.budget.deadline);
    let found = session.call(async |token| client.audience(token, advertiser, audience, deadline).await).await;
    let found = found.map_err(|error| if is_of_audience(&error) { not_found() } else { failed(&error) })?;
    found.map(|_audience| external_id(&audience)).ok_or_else(not_found)
}

/// Whether TikTok refuses the audience itself: to this advertiser it does not exist.
fn is_of_audience(error: &CallError) -> bool {
    matches!(error, CallError::Send(error) if error.class() == Class::Permanent && error.scope() == Scope::Audience)
}

/// The advertiser of the extras, else of the configuration, else the secret's only one.
async fn advertiser(
    app: &App,
    session: &Session<'_>,
    root: Value<'_>,
    name: Option<&str>,
) -> Result<AdvertiserId, HttpReply> {
    let invalid = || HttpReply::error(400, "BAD_ADVERTISER_ID", "advertiserId is a string of digits");
    let stated = root.get("advertiserId").filter(|value| !value.is_null());
    if let Some(stated) = stated {
        let text = stated.as_text().ok_or_else(invalid)?;
        return AdvertiserId::parse(text.trim()).map_err(|_bad| invalid());
    }
    let destination = &app.router.destination;
    let configured = name.and_then(|name| destination.advertiser_of(name)).or(destination.settings.advertiser_id);
    if let Some(advertiser) = configured {
        return Ok(advertiser);
    }
    let loaded = session.connected().await.map_err(|error| unavailable("SECRET_UNAVAILABLE", &error.to_string()))?;
    match loaded.secret.advertiser_ids.as_slice() {
        [only] => Ok(*only),
        _ => Err(HttpReply::error(400, "NO_ADVERTISER", "no advertiser: set advertiser_id, or an extra advertiserId")),
    }
}

fn external_id(audience: &AudienceId) -> HttpReply {
    HttpReply::json(200, serde_json::json!({"externalId": audience}).to_string())
}

/// Segment repeats a request on 5xx and gives up on 4xx.
fn failed(error: &CallError) -> HttpReply {
    let explanation = error.explain();
    let (code, message) = (explanation.reason.code(), explanation.message());
    if explanation.reason.outcome() == Outcome::Retryable {
        unavailable(code, message)
    } else {
        HttpReply::error(400, code, message)
    }
}
