//! Connecting advertisers: the link to TikTok's consent page, and the way back from it.
//!
//! Nothing is kept between the two: the link carries a signed state, see `state`. Source of the flow: the
//! authentication pages of TikTok's Business API; an `auth_code` is good for one use within an hour, the token that it
//! is exchanged for does not expire.

mod callback;
mod page;
mod state;

use reqwest::Url;
use serde::Serialize;

use crate::app::App;
use crate::config::safe_url;
use crate::delivery::session::Session;

use super::arguments::{Arguments, missing};
use super::credentials::Credentials;
use super::{OperationError, json};
use crate::secrets::FETCHED_BEFORE;

pub(crate) use callback::callback;

/// Where TikTok's consent page is, on the API's host.
const PORTAL_PATH: &str = "/portal/auth";

#[derive(Serialize)]
struct Link<'a> {
    url: &'a str,
    valid_until: String,
}

/// `authorizeUrl`
pub(super) async fn authorize_url(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let redirect_uri = url_argument(arguments, "redirect_uri")?;
    let given = url_argument(arguments, "url")?;
    let given = given.or_else(|| app.router.destination.settings.authorize_url.clone());
    // A state that is signed with yesterday's app_secret would be refused on its way back.
    session.fresher_secret(FETCHED_BEFORE).await?;
    let loaded = session.secret().await?;
    let credentials = Credentials::of(&loaded.secret)?;
    let now = session.budget.wall;
    let mut url = match given {
        Some(given) => with_redirect(given, redirect_uri.as_ref()),
        None => portal(&app.environment.tiktok_api, credentials.app_id, redirect_uri.as_ref())?,
    };
    let signed = state::issue(credentials, now);
    set(&mut url, "state", &signed);
    json(&Link { url: url.as_str(), valid_until: state::valid_until(now).to_string() })
}

fn url_argument(arguments: &Arguments<'_>, name: &str) -> Result<Option<Url>, OperationError> {
    let Some(text) = arguments.text(name)? else { return Ok(None) };
    safe_url(&text).map(Some).map_err(|problem| OperationError::new("INVALID_FIELD", format!("{name} {problem}")))
}

/// TikTok's consent page for the app.
fn portal(api: &Url, app_id: &str, redirect_uri: Option<&Url>) -> Result<Url, OperationError> {
    let redirect_uri = redirect_uri.ok_or_else(|| {
        let hint = "it is the address of GET /oauth/callback (the stack's output OAuthRedirectUri), as registered with \
                    the app at TikTok; or set authorize_url to the link that TikTok's developer portal shows";
        let OperationError { code, message, may_pass } = missing("redirect_uri");
        OperationError { code, message: format!("{message}: {hint}"), may_pass }
    })?;
    let mut url = api.clone();
    url.set_path(PORTAL_PATH);
    url.query_pairs_mut().append_pair("app_id", app_id).append_pair("redirect_uri", redirect_uri.as_str());
    Ok(url)
}

/// The given page, which has its own `redirect_uri` unless another is asked for.
fn with_redirect(mut given: Url, redirect_uri: Option<&Url>) -> Url {
    if let Some(redirect_uri) = redirect_uri {
        set(&mut given, "redirect_uri", redirect_uri.as_str());
    }
    given
}

/// Sets a parameter of the query; the others stay.
fn set(url: &mut Url, name: &str, value: &str) {
    let others: Vec<_> = url.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
}
