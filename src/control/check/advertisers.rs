//! The ad accounts: authorized, reachable, with the scopes that audiences need.
//!
//! TikTok does not say which scopes a token has; its answers to a list of audiences and to a trial write show them.

use std::collections::{BTreeMap, BTreeSet};

use super::Checked;
use super::access::{RECONNECT, remedy_of};
use crate::app::App;
use crate::control::target::configured_advertisers;
use crate::delivery::session::{CallError, Session};
use crate::secrets::Secret;
use crate::tiktok::{AdvertiserId, Audience, AudienceId, Class, NO_PERMISSION, NO_SUCH_OBJECT, SendError};

/// Ad accounts that are looked at; each costs a call per hundred audiences.
const MOST_ADVERTISERS: usize = 20;

/// An audience that cannot exist: TikTok's ids have 19 digits.
const NO_AUDIENCE: &str = "0";

const READ_SCOPE: &str = "scope 30 (Read Custom Audiences) or 3 (Audience Management)";
const WRITE_SCOPE: &str = "scope 31 (Create and Update Custom Audiences) or 3 (Audience Management)";
const ADD_SCOPE: &str = "add Audience Management to the app's permissions in TikTok's developer portal, then \
                         authorize again with authorizeUrl";

/// The audiences of every ad account that could be reached.
pub(super) type Reached = BTreeMap<AdvertiserId, Vec<Audience>>;

/// Looks at every ad account that the configuration or the secret names.
pub(super) async fn check(
    app: &App,
    session: &Session<'_>,
    secret: &Secret,
    granted: Option<&BTreeSet<AdvertiserId>>,
    checked: &mut Checked,
) -> Reached {
    let mut reached = Reached::new();
    for advertiser in advertisers(app, secret, checked) {
        let item = format!("advertiser {advertiser}");
        if granted.is_some_and(|granted| !granted.contains(&advertiser)) {
            checked.problem(item, "the token was not authorized for this ad account", RECONNECT);
            continue;
        }
        let (client, deadline) = (session.client, session.budget.deadline);
        match session.call(async |token| client.list_audiences(token, advertiser, deadline).await).await {
            Ok(audiences) => {
                checked.ok(item, format!("it can be reached; custom audiences: {}", audiences.len()));
                reached.insert(advertiser, audiences);
            }
            Err(error) => unreachable(item, &error, granted.is_some(), checked),
        }
    }
    if let Some(advertiser) = reached.keys().next() {
        writes(session, *advertiser, checked).await;
    }
    reached
}

/// The configured ad accounts first, then the secret's.
fn advertisers(app: &App, secret: &Secret, checked: &mut Checked) -> Vec<AdvertiserId> {
    let mut all: Vec<_> = configured_advertisers(&app.router.destination).into_iter().collect();
    for advertiser in &secret.advertiser_ids {
        if !all.contains(advertiser) {
            all.push(*advertiser);
        }
    }
    let item = "advertisers";
    if all.is_empty() {
        checked.warning(
            item,
            "neither the configuration nor advertiser_ids in the secret names an ad account: only events that bring \
             their own can be delivered",
            "set settings.advertiser_id, or connect with authorizeUrl",
        );
    }
    if all.len() > MOST_ADVERTISERS {
        let message = format!("{} are known, the first {MOST_ADVERTISERS} were looked at", all.len());
        checked.warning(item, message, "name those that matter in the configuration: they are looked at first");
        all.truncate(MOST_ADVERTISERS);
    }
    all
}

/// Says why an ad account's audiences can't be listed. 40001 has two causes; the list of authorized accounts tells.
fn unreachable(item: String, error: &CallError, is_granted: bool, checked: &mut Checked) {
    let CallError::Send(error) = error else {
        return checked.problem(item, error.explain().message().to_owned(), RECONNECT);
    };
    match (error.code(), error.class()) {
        (Some(code), _) if is_permission(code) && is_granted => {
            let message = format!("the token lacks {READ_SCOPE}: {error}");
            checked.problem(item, message, ADD_SCOPE);
        }
        (Some(code), _) if is_permission(code) => {
            let message = format!("the token was not authorized for this ad account, or lacks {READ_SCOPE}: {error}");
            checked.problem(item, message, format!("{RECONNECT}; {ADD_SCOPE}"));
        }
        (Some(40_300..=40_302), _) => {
            checked.problem(item, error.to_string(), "correct the id in the configuration or in the secret");
        }
        (_, Class::Unauthorized) => checked.problem(
            item,
            format!("the token is not valid for this ad account, perhaps because its owner lost access: {error}"),
            RECONNECT,
        ),
        (_, Class::Blocked | Class::Permanent) => checked.problem(item, error.to_string(), remedy_of(error)),
        (_, Class::Throttled | Class::Busy | Class::Transient) => {
            let message = format!("it could not be looked at: {error}");
            checked.problem(item, message, remedy_of(error));
        }
    }
}

/// TikTok's codes for what a token may not do.
const fn is_permission(code: i64) -> bool {
    matches!(code, NO_PERMISSION | 40_003 | 40_126..=40_131)
}

/// Whether the token may write: an audience that cannot exist is deleted, which TikTok refuses in one of two ways.
async fn writes(session: &Session<'_>, advertiser: AdvertiserId, checked: &mut Checked) {
    let Ok(nobody) = AudienceId::parse(NO_AUDIENCE) else { return };
    let (client, deadline) = (session.client, session.budget.deadline);
    let answer = session.call(async |token| client.delete_audience(token, advertiser, nobody, deadline).await).await;
    let item = "scopes";
    let fine = "the token may read and change audiences (asked by the deletion of an audience that cannot exist)";
    match answer {
        Ok(_accepted) => checked.ok(item, fine),
        Err(CallError::Send(SendError::Api { code: NO_SUCH_OBJECT, .. })) => checked.ok(item, fine),
        Err(CallError::Send(error)) if error.code().is_some_and(is_permission) => {
            checked.problem(item, format!("the token may read audiences, but lacks {WRITE_SCOPE}: {error}"), ADD_SCOPE);
        }
        Err(CallError::Send(error)) => match error.class() {
            Class::Blocked | Class::Unauthorized => checked.problem(item, error.to_string(), remedy_of(&error)),
            // A parameter was refused: TikTok had let the call pass.
            Class::Permanent => checked.ok(item, fine),
            Class::Throttled | Class::Busy | Class::Transient => {
                let message = format!("whether the token may change audiences could not be seen: {error}");
                checked.warning(item, message, remedy_of(&error));
            }
        },
        Err(error @ CallError::Secret(_)) => {
            checked.problem(item, error.explain().message().to_owned(), RECONNECT);
        }
    }
}
