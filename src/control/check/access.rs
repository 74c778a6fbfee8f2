//! The secret, the token, the app, and who may call.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Checked;
use crate::control::credentials::app_credentials;
use crate::delivery::session::{CallError, Session};
use crate::secrets::FETCHED_BEFORE;
use crate::secrets::{Loaded, Secret, SecretsError};
use crate::tiktok::{AdvertiserId, Class, SendError};

/// How to get another token.
pub(super) const RECONNECT: &str = "run authorizeUrl, open its url as an admin or operator of the ad accounts, and \
                                    confirm; or put a new access_token into the secret";

/// Whether the secret can be read now; an older copy serves when it can't.
pub(super) async fn secret(session: &Session<'_>, checked: &mut Checked) -> Option<Arc<Loaded>> {
    let item = "secret";
    match session.fresher_secret(FETCHED_BEFORE).await {
        Ok(_fresh) => {
            let loaded = session.secret().await.ok();
            if loaded.is_some() {
                checked.ok(item, "it can be read");
            }
            loaded
        }
        Err(error) => {
            checked.problem(item, error.to_string(), remedy(&error));
            session.secret().await.ok()
        }
    }
}

fn remedy(error: &SecretsError) -> &'static str {
    match error {
        SecretsError::NotFound(_) => "set TIKTOK_SECRET_ID to the name or ARN of a secret in this region and account",
        SecretsError::AccessDenied(_) => {
            "allow the function's role secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key"
        }
        SecretsError::Disabled(_) => "restore the secret, or enable its key",
        SecretsError::Credentials(_) => "check the function's role; outside of Lambda, the AWS_* variables",
        SecretsError::Throttled(_)
        | SecretsError::Timeout
        | SecretsError::Transport(_)
        | SecretsError::Service(_)
        | SecretsError::Unreadable => "try again in some minutes; if it stays so, check the function's network",
        SecretsError::Build(_) | SecretsError::Refused(_) => "check TIKTOK_SECRET_ID and the function's role",
        SecretsError::Binary
        | SecretsError::NotJson { .. }
        | SecretsError::NotAnObject
        | SecretsError::NotAToken(_)
        | SecretsError::Invalid { .. } => {
            "store a JSON object with access_token, advertiser_ids, app_id, app_secret, webhook_secrets and write_keys"
        }
        SecretsError::Changed | SecretsError::NoToken => RECONNECT,
    }
}

/// Whether anybody can be let in over HTTP.
pub(super) fn callers(secret: &Secret, checked: &mut Checked) {
    let item = "callers over HTTP";
    if secret.webhook_secrets.is_empty() && secret.write_keys.is_empty() {
        checked.warning(
            item,
            "the secret has neither webhook_secrets nor write_keys: only callers with an IAM signature are let in",
            "if platforms are to send over HTTP, add webhook_secrets (signatures) or write_keys to the secret",
        );
    } else {
        let (secrets, keys) = (secret.webhook_secrets.len(), secret.write_keys.len());
        checked.ok(item, format!("webhook_secrets: {secrets}, write_keys: {keys}"));
    }
}

/// Whether TikTok accepts the token.
pub(super) async fn token(session: &Session<'_>, checked: &mut Checked) {
    let item = "token";
    let (client, deadline) = (session.client, session.budget.deadline);
    let answer = session.call(async |token| client.check_token(token, deadline).await).await;
    match answer {
        Ok(()) => {
            checked.token_valid = Some(true);
            checked.ok(item, "TikTok accepts it");
        }
        Err(CallError::Secret(error)) => {
            checked.token_valid = Some(false);
            checked.problem(item, error.to_string(), remedy(&error));
        }
        Err(CallError::Send(error)) => {
            let message = match error.class() {
                Class::Unauthorized => {
                    checked.token_valid = Some(false);
                    format!("TikTok does not accept it: {error}")
                }
                Class::Blocked | Class::Permanent => error.to_string(),
                Class::Throttled | Class::Busy | Class::Transient => format!("it could not be checked: {error}"),
            };
            checked.problem(item, message, remedy_of(&error));
        }
    }
}

/// What to do about a call that failed.
pub(super) fn remedy_of(error: &SendError) -> &'static str {
    match error.class() {
        Class::Unauthorized => RECONNECT,
        Class::Blocked | Class::Permanent => blocked(error),
        Class::Throttled => "run check again in some minutes; if it stays so, lower calls_per_second",
        Class::Busy => "run check again in some minutes",
        Class::Transient => {
            "run check again in some minutes; if it stays so, check TIKTOK_API_BASE_URL and the function's network"
        }
    }
}

/// What to do about a refusal that concerns the app or the account as a whole.
fn blocked(error: &SendError) -> &'static str {
    match error.code() {
        Some(40_101 | 40_113) => "copy app_id and app_secret of the app that issued the token into the secret",
        Some(40_118) => {
            "ask your TikTok representative to put the app and the ad account on the allow-list for the audience API"
        }
        Some(40_119) => "use an app of the company that owns the ad account",
        Some(40_124 | 40_125) => "finish the review of the developer profile in TikTok's developer portal",
        Some(41_000) => "call from a region that TikTok serves",
        Some(_) => "look the code up in TikTok's list of return codes, and ask TikTok's support with the request id",
        None => "check TIKTOK_API_BASE_URL and the function's network",
    }
}

/// Whether the secret names an app.
pub(super) fn app_is_named(secret: &Secret, checked: &mut Checked) -> bool {
    let is_named = app_credentials(secret).is_ok();
    if !is_named {
        checked.warning(
            "app",
            "the secret has no app_id and app_secret: authorizeUrl and listAdvertisers do not work, and check can't \
             tell an ad account that was not authorized from a missing scope",
            "copy both from the app's page in TikTok's developer portal into the secret",
        );
    }
    is_named
}

/// The ad accounts that the token may act for, when the app can be asked.
pub(super) async fn granted(
    session: &Session<'_>,
    secret: &Secret,
    checked: &mut Checked,
) -> Option<BTreeSet<AdvertiserId>> {
    if !app_is_named(secret, checked) {
        return None;
    }
    let (app_id, app_secret) = app_credentials(secret).ok()?;
    let (client, deadline) = (session.client, session.budget.deadline);
    let answer = session.call(async |token| client.list_advertisers(token, app_id, app_secret, deadline).await).await;
    match answer {
        Ok(advertisers) => {
            let accounts = if advertisers.len() == 1 { "ad account" } else { "ad accounts" };
            checked.ok("app", format!("TikTok knows it; the token is for {} {accounts}", advertisers.len()));
            Some(advertisers.into_iter().map(|advertiser| advertiser.advertiser_id).collect())
        }
        Err(CallError::Secret(error)) => {
            checked.problem("app", error.to_string(), remedy(&error));
            None
        }
        Err(CallError::Send(error)) => {
            checked.problem("app", error.to_string(), remedy_of(&error));
            None
        }
    }
}
