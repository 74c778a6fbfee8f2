//! Advertisers, tokens, the developer's app and its OAuth calls.
//!
//! Sources: TikTok's authentication pages (a long-term token neither expires nor refreshes; an `auth_code` is good
//! for one use within an hour) and the official SDK for the fields. Codes: 40104 no token, 40105 unknown or revoked,
//! 40102 expired, 40101 wrong app or secret, 40110 wrong code, 40001 no permission for an advertiser or scope.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::refusal::{Query, Refusal, body, id_list};

/// What a token allows, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The advertisers that agreed.
    pub advertisers: BTreeSet<String>,
    /// The scopes, by TikTok's numbers.
    pub scopes: BTreeSet<u32>,
    /// After this many more calls the token is revoked.
    pub calls_left: Option<u64>,
    /// What became of the token.
    pub life: Life,
}

/// What became of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Good.
    Valid,
    /// Revoked by the advertiser: 40105.
    Revoked,
    /// Expired: 40102.
    Expired,
}

impl Grant {
    /// A good token for these advertisers, with ad account information and audience management.
    pub fn of<'a>(advertisers: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            advertisers: advertisers.into_iter().map(str::to_owned).collect(),
            scopes: BTreeSet::from([1, 3]),
            calls_left: None,
            life: Life::Valid,
        }
    }

    /// The same with only these scopes.
    #[must_use]
    pub fn with_scopes(mut self, scopes: impl IntoIterator<Item = u32>) -> Self {
        self.scopes = scopes.into_iter().collect();
        self
    }

    /// 40001, "no permission for the operation or object", unless the advertiser agreed.
    pub(super) fn covers(&self, advertiser: &str) -> Result<(), Refusal> {
        if self.advertisers.contains(advertiser) {
            return Ok(());
        }
        Err(Refusal::new(40001, format!("no permission to operate advertiser {advertiser}")))
    }

    fn allows(&self, endpoint: Endpoint) -> Result<(), Refusal> {
        let needed = endpoint.scopes();
        if needed.is_empty() || needed.iter().any(|scope| self.scopes.contains(scope)) {
            return Ok(());
        }
        Err(Refusal::new(40001, format!("the token lacks a scope: one of {needed:?}")))
    }

    /// Uses the token once.
    fn spend(&mut self) -> Result<(), Refusal> {
        if self.calls_left == Some(0) {
            self.life = Life::Revoked;
        }
        self.calls_left = self.calls_left.map(|left| left.saturating_sub(1));
        match self.life {
            Life::Valid => Ok(()),
            Life::Revoked => Err(Refusal::new(40105, "the access token is not valid")),
            Life::Expired => Err(Refusal::new(40102, "the access token has expired")),
        }
    }
}

/// The developer's app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// `app_id`.
    pub id: String,
    /// `secret`.
    pub secret: String,
    /// Where the consent page may send the advertiser back to; empty: anywhere.
    pub redirect_uris: Vec<String>,
    /// What an advertiser who consents grants.
    pub grants: Grant,
}

/// All accounts.
#[derive(Debug)]
pub(super) struct Accounts {
    pub(super) app: App,
    pub(super) tokens: BTreeMap<String, Grant>,
    /// Authorisation codes that can still be used, with what was consented to.
    pub(super) codes: BTreeMap<String, Grant>,
    issued: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessTokenBody {
    app_id: String,
    secret: String,
    auth_code: String,
    return_advertiser_ids: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeBody {
    app_id: String,
    secret: String,
    access_token: String,
}

impl Accounts {
    pub(super) fn new(app: App) -> Self {
        Self { app, tokens: BTreeMap::new(), codes: BTreeMap::new(), issued: 0 }
    }

    /// Whether the header's token is good for this endpoint; spends one use of it.
    pub(super) fn admit(&mut self, token: Option<&str>, endpoint: Endpoint) -> Result<Grant, Refusal> {
        let token = token.filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| Refusal::violation(40104, "the Access-Token header is missing"))?;
        let unknown = || Refusal::new(40105, "the access token is not valid");
        let grant = self.tokens.get_mut(token).ok_or_else(unknown)?;
        grant.spend()?;
        grant.allows(endpoint)?;
        Ok(grant.clone())
    }

    /// A new code for this grant, as the consent page gives out.
    pub(super) fn issue_code(&mut self, grant: Grant) -> String {
        self.issued += 1;
        let code = format!("fake-auth-code-{}", self.issued);
        self.codes.insert(code.clone(), grant);
        code
    }

    fn check_app(&self, id: &str, secret: &str) -> Result<(), Refusal> {
        if id == self.app.id && secret == self.app.secret {
            return Ok(());
        }
        Err(Refusal::new(40101, "app_id or secret is wrong"))
    }

    /// `POST /oauth2/access_token/`
    pub(super) fn access_token(&mut self, bytes: &[u8]) -> Result<Value, Refusal> {
        let request: AccessTokenBody = body(bytes)?;
        self.check_app(&request.app_id, &request.secret)?;
        let wrong = || Refusal::new(40110, "the auth_code is wrong, used or expired");
        let grant = self.codes.remove(&request.auth_code).ok_or_else(wrong)?;
        self.issued += 1;
        let token = format!("fake-issued-token-{}", self.issued);
        let advertisers = request.return_advertiser_ids.unwrap_or(true).then_some(&grant.advertisers);
        let data = json!({ "access_token": token, "advertiser_ids": advertisers, "scope": grant.scopes });
        self.tokens.insert(token, grant);
        Ok(data)
    }

    /// `POST /oauth2/revoke_token/`
    pub(super) fn revoke_token(&mut self, bytes: &[u8]) -> Result<Value, Refusal> {
        let request: RevokeBody = body(bytes)?;
        self.check_app(&request.app_id, &request.secret)?;
        let unknown = || Refusal::new(40105, "the access token is not valid");
        let grant = self.tokens.get_mut(&request.access_token).ok_or_else(unknown)?;
        grant.life = Life::Revoked;
        Ok(json!({ "app_id": request.app_id, "advertiser_ids": grant.advertisers }))
    }

    /// `GET /oauth2/advertiser/get/`
    pub(super) fn advertiser_list(&self, query: &str, grant: &Grant) -> Result<Value, Refusal> {
        let query = Query::parse(query, &["app_id", "secret"])?;
        self.check_app(query.required("app_id")?, query.required("secret")?)?;
        let item = |id: &String| json!({ "advertiser_id": id, "advertiser_name": name_of(id) });
        Ok(json!({ "list": grant.advertisers.iter().map(item).collect::<Vec<_>>() }))
    }
}

/// `GET /user/info/`
pub(super) fn user_info(query: &str) -> Result<Value, Refusal> {
    Query::parse(query, &[])?;
    Ok(json!({
        "core_user_id": "7100000000000000001",
        "display_name": "Fake Developer",
        "email": "f***r@example.com",
        "avatar_url": "",
        "create_time": 1_700_000_000,
    }))
}

/// `GET /advertiser/info/`
pub(super) fn advertiser_info(query: &str, grant: &Grant) -> Result<Value, Refusal> {
    let query = Query::parse(query, &["advertiser_ids", "fields"])?;
    query.required("advertiser_ids")?;
    let ids = query.ids("advertiser_ids")?.unwrap_or_default();
    id_list("advertiser_ids", &ids)?;
    ids.iter().try_for_each(|id| grant.covers(id))?;
    let item = |id: &String| {
        json!({
            "advertiser_id": id,
            "name": name_of(id),
            "status": "STATUS_ENABLE",
            "role": "ROLE_ADVERTISER",
            "currency": "USD",
            "country": "US",
            "timezone": "Etc/GMT",
            "display_timezone": "UTC",
            "company": "Example Company",
            "owner_bc_id": "7200000000000000001",
        })
    };
    Ok(json!({ "list": ids.iter().map(item).collect::<Vec<_>>() }))
}

/// The name of an advertiser, wherever one is shown.
pub(super) fn name_of(advertiser: &str) -> String {
    format!("Fake advertiser {advertiser}")
}
