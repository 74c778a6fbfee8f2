//! Changes to TikTok as JSON: audiences, the token, what the advertiser does with the consent page.
//!
//! Everything may be left out; what is left out is as at the start, or as it was.

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tiktok_audiences::tiktok::{AdvertiserId, AudienceId};

use crate::support::fake_tiktok::{Audience, Condition, Consent, FakeTiktok, Grant, Life};
use crate::world::{ADVERTISER, World};

/// An audience to make, or to change if there is one of this id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AudienceChange {
    audience_id: Option<String>,
    advertiser_id: Option<String>,
    name: Option<String>,
    audience_type: Option<String>,
    size: Option<u64>,
    is_valid: Option<bool>,
    is_expiring: Option<bool>,
    #[serde(default, deserialize_with = "time")]
    expires: Option<Timestamp>,
    is_creator: Option<bool>,
    condition: Option<ConditionName>,
}

/// A time as `2026-12-31T00:00:00Z`.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse()).transpose().map_err(D::Error::custom)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConditionName {
    Ready,
    Busy,
    Expired,
    Dead,
}

impl AudienceChange {
    /// Makes or changes the audience, and gives back its id.
    ///
    /// # Errors
    /// An id is none that TikTok could give: the function could not read any list with it. Or the name is blank, by which
    /// nobody could mean the audience.
    pub(crate) fn apply(self, tiktok: &FakeTiktok) -> Result<String, String> {
        if let Some(id) = &self.audience_id {
            AudienceId::parse(id).map_err(|bad| format!("audience_id {bad}"))?;
        }
        if let Some(id) = &self.advertiser_id {
            AdvertiserId::parse(id).map_err(|bad| format!("advertiser_id {bad}"))?;
        }
        if self.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err("name is blank".to_owned());
        }
        let known = tiktok.audiences().into_iter().find(|audience| Some(&audience.id) == self.audience_id.as_ref());
        if let Some(known) = known {
            tiktok.change_audience(&known.id, |audience| self.write(audience));
            return Ok(known.id);
        }
        let mut audience = Audience::new(ADVERTISER, "");
        audience.id = self.audience_id.clone().unwrap_or_default();
        self.write(&mut audience);
        Ok(tiktok.add_audience(audience))
    }

    fn write(self, audience: &mut Audience) {
        let Self { advertiser_id, name, audience_type, size, is_valid, is_expiring, is_creator, condition, .. } = self;
        let is_expired = matches!(condition, Some(ConditionName::Expired));
        audience.expires = self.expires.or(is_expired.then(Timestamp::now)).or(audience.expires);
        audience.advertiser = advertiser_id.unwrap_or_else(|| audience.advertiser.clone());
        audience.name = name.unwrap_or_else(|| audience.name.clone());
        audience.kind = audience_type.unwrap_or_else(|| audience.kind.clone());
        audience.size = size.or(audience.size);
        audience.is_valid = is_valid.or(audience.is_valid);
        audience.is_expiring = is_expiring.unwrap_or(audience.is_expiring);
        audience.is_creator = is_creator.unwrap_or(audience.is_creator);
        audience.condition = condition.map_or(audience.condition, |condition| match condition {
            ConditionName::Ready => Condition::Ready,
            ConditionName::Busy => Condition::Busy,
            ConditionName::Expired => Condition::Expired,
            ConditionName::Dead => Condition::Dead,
        });
    }
}

/// What a token is good for, the one in the secret if none is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenChange {
    access_token: Option<String>,
    advertiser_ids: Option<Vec<String>>,
    scopes: Option<Vec<u32>>,
    life: Option<LifeName>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LifeName {
    Valid,
    Revoked,
    Expired,
}

impl TokenChange {
    /// Grants, or takes away.
    pub(crate) fn apply(self, world: &World) {
        let advertisers = self.advertiser_ids.unwrap_or_else(|| vec![ADVERTISER.to_owned()]);
        let grant = Grant::of(advertisers.iter().map(String::as_str));
        let grant = match self.scopes {
            Some(scopes) => grant.with_scopes(scopes),
            None => grant,
        };
        let life = match self.life {
            Some(LifeName::Valid) | None => Life::Valid,
            Some(LifeName::Revoked) => Life::Revoked,
            Some(LifeName::Expired) => Life::Expired,
        };
        let token = self.access_token.unwrap_or_else(|| world.access_token());
        world.tiktok.grant(&token, Grant { life, ..grant });
    }
}

/// What the advertiser does with the consent page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConsentChange {
    /// Looks at it.
    Asked,
    /// Agrees at once.
    Given,
    /// Refuses at once.
    Refused,
}

impl ConsentChange {
    /// From now on.
    pub(crate) fn apply(&self, tiktok: &FakeTiktok) {
        tiktok.consent(match self {
            Self::Asked => Consent::Asked,
            Self::Given => Consent::Given,
            Self::Refused => Consent::Refused,
        });
    }
}
