//! Lists of advertisers and audiences, and single audiences: created, looked up, deleted.
//!
//! Source of the semantics of creating and looking up: `createAudience` and `getAudience` of Segment's
//! `actions-tiktok-audiences`. It always creates, and it reads an audience back to see that it is the advertiser's.

use jiff::Timestamp;
use serde::Serialize;

use crate::actions::kept_name;
use crate::app::App;
use crate::delivery::audience_lookup::is_usable;
use crate::delivery::session::{CallError, Session};
use crate::tiktok::{AdvertiserId, Audience, AudienceId, Class, NO_SUCH_OBJECT, SendError};

use super::arguments::Arguments;
use super::credentials::app_credentials;
use super::{OperationError, json, target};
use crate::secrets::FETCHED_BEFORE;

#[derive(Serialize)]
struct Advertisers {
    advertisers: Vec<AdvertiserJson>,
}

#[derive(Serialize)]
struct AdvertiserJson {
    advertiser_id: AdvertiserId,
    name: Option<String>,
    /// Whether settings, audiences or mappings name it.
    configured: bool,
}

#[derive(Serialize)]
struct Audiences<'a> {
    advertiser_id: AdvertiserId,
    audiences: Vec<AudienceJson<'a>>,
}

/// An audience as people look at it.
#[derive(Serialize)]
struct AudienceJson<'a> {
    audience_id: AudienceId,
    name: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    /// People that TikTok matched; 0 below 1,000.
    size: Option<u64>,
    valid: Option<bool>,
    created: Option<&'a str>,
    expires: Option<&'a str>,
    expiring: Option<bool>,
    /// Whether this advertiser made it.
    own: Option<bool>,
    /// Whether people can be added and removed.
    usable: bool,
}

impl<'a> AudienceJson<'a> {
    fn of(audience: &'a Audience, now: Timestamp) -> Self {
        Self {
            audience_id: audience.audience_id,
            name: audience.name.as_deref(),
            kind: audience.kind(),
            size: audience.cover_num,
            valid: audience.is_valid,
            created: audience.create_time.as_deref(),
            expires: audience.expired_time.as_deref(),
            expiring: audience.is_expiring,
            own: audience.is_creator,
            usable: is_usable(audience, now),
        }
    }
}

#[derive(Serialize)]
struct One<'a> {
    /// Segment's name of the id.
    #[serde(rename = "externalId")]
    external_id: AudienceId,
    advertiser_id: AdvertiserId,
    #[serde(flatten)]
    audience: AudienceJson<'a>,
}

#[derive(Serialize)]
struct NewAudience<'a> {
    /// Segment's name of the id.
    #[serde(rename = "externalId")]
    external_id: AudienceId,
    audience_id: AudienceId,
    advertiser_id: AdvertiserId,
    /// The name as TikTok keeps it.
    name: &'a str,
    created: bool,
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Deletion {
    audience_id: AudienceId,
    advertiser_id: AdvertiserId,
    deleted: bool,
}

/// `listAdvertisers`
pub(super) async fn advertisers(app: &App, session: &Session<'_>) -> Result<String, OperationError> {
    session.fresher_secret(FETCHED_BEFORE).await?;
    let loaded = session.secret().await?;
    let (app_id, app_secret) = app_credentials(&loaded.secret)?;
    let (client, deadline) = (session.client, session.budget.deadline);
    let listed = session.call(async |token| client.list_advertisers(token, app_id, app_secret, deadline).await).await?;
    let configured = target::configured_advertisers(&app.router.destination);
    let line = |advertiser: crate::tiktok::wire::Advertiser| AdvertiserJson {
        configured: configured.contains(&advertiser.advertiser_id),
        advertiser_id: advertiser.advertiser_id,
        name: advertiser.advertiser_name,
    };
    json(&Advertisers { advertisers: listed.into_iter().map(line).collect() })
}

/// `listAudiences`
pub(super) async fn list(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let advertiser_id = target::advertiser(app, session, arguments.advertiser()?, None).await?;
    let (client, deadline) = (session.client, session.budget.deadline);
    let listed = session.call(async |token| client.list_audiences(token, advertiser_id, deadline).await).await?;
    let audiences = listed.iter().map(|audience| AudienceJson::of(audience, session.budget.wall)).collect();
    json(&Audiences { advertiser_id, audiences })
}

/// `createAudience`
pub(super) async fn create(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let name = arguments.required("name")?;
    let advertiser_id = target::advertiser(app, session, arguments.advertiser()?, Some(&name)).await?;
    let name = kept_name(&name);
    let created = app.audience_lookup.create(session, advertiser_id, &name).await.map_err(|error| uncertain(&error))?;
    json(&NewAudience {
        external_id: created.audience,
        audience_id: created.audience,
        advertiser_id,
        name: &name,
        created: created.created,
        request_id: created.request_id.as_ref().map(crate::tiktok::RequestId::as_str),
    })
}

/// A create that may have happened must not be repeated by a machine: it would make another audience.
fn uncertain(error: &CallError) -> OperationError {
    let reached = matches!(error, CallError::Send(error) if error.reached());
    let failed = OperationError::from(error);
    if !reached {
        return failed;
    }
    let message =
        format!("{}; the audience may exist nevertheless: see listAudiences before you repeat", failed.message);
    OperationError { code: failed.code, message, may_pass: false }
}

/// `getAudience`
pub(super) async fn get(app: &App, session: &Session<'_>, arguments: &Arguments<'_>) -> Result<String, OperationError> {
    let id = arguments.audience()?;
    let advertiser_id = target::advertiser(app, session, arguments.advertiser()?, None).await?;
    let found = find(session, advertiser_id, id).await?;
    let audience = AudienceJson::of(&found, session.budget.wall);
    json(&One { external_id: id, advertiser_id, audience })
}

/// `deleteAudience`
pub(super) async fn delete(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let audience_id = arguments.audience()?;
    let confirm = arguments.required("confirm")?;
    let advertiser_id = target::advertiser(app, session, arguments.advertiser()?, None).await?;
    let found = find(session, advertiser_id, audience_id).await?;
    if found.name.as_deref().map(str::trim) != Some(&*confirm) {
        let message = "confirm is not the audience's name; nothing was deleted";
        return Err(OperationError::new("NOT_CONFIRMED", message));
    }
    if found.is_creator == Some(false) {
        let message = "the audience was made by another advertiser and is shared with this one; nothing was deleted";
        return Err(OperationError::new("NOT_OWN_AUDIENCE", message));
    }
    let (client, deadline) = (session.client, session.budget.deadline);
    let answer =
        session.call(async |token| client.delete_audience(token, advertiser_id, audience_id, deadline).await).await;
    app.audience_lookup.invalidate(advertiser_id);
    match answer {
        Ok(_accepted) => {}
        // It was there a moment ago: an answer was lost and the call repeated, or somebody else was faster.
        Err(error) if is_gone(&error) => {}
        Err(error) => return Err(in_use(session, advertiser_id, audience_id, &error).await),
    }
    json(&Deletion { audience_id, advertiser_id, deleted: true })
}

/// Why an audience was not deleted: TikTok refuses where ad groups use it, without saying so in a code of its own.
async fn in_use(session: &Session<'_>, advertiser: AdvertiserId, id: AudienceId, error: &CallError) -> OperationError {
    let failed = OperationError::from(error);
    let is_refused = matches!(error, CallError::Send(error) if error.class() == Class::Permanent);
    let (client, deadline) = (session.client, session.budget.deadline);
    let uses = async || session.call(async |token| client.uses(token, advertiser, id, deadline).await).await;
    match if is_refused { uses().await } else { return failed } {
        Ok(uses) if !uses.is_empty() => {
            let message = format!("{} ad groups use it: take it out of them first; nothing was deleted", uses.len());
            OperationError::new("AUDIENCE_IN_USE", message)
        }
        Ok(_) | Err(_) => failed,
    }
}

async fn find(session: &Session<'_>, advertiser: AdvertiserId, id: AudienceId) -> Result<Audience, OperationError> {
    let (client, deadline) = (session.client, session.budget.deadline);
    let found = session.call(async |token| client.audience(token, advertiser, id, deadline).await).await;
    let found = match found {
        Err(error) if is_gone(&error) => None,
        found => found?,
    };
    found.ok_or_else(|| {
        let message = "the advertiser has no audience of that id, so that its ownership can't be verified";
        OperationError::new("NO_SUCH_AUDIENCE", message)
    })
}

fn is_gone(error: &CallError) -> bool {
    matches!(error, CallError::Send(SendError::Api { code: NO_SUCH_OBJECT, .. }))
}
