//! `audiences`: how the audiences do after people were sent: size, validity, end, and who uses them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::App;
use crate::delivery::audience_lookup::{expires, is_usable, oldest};
use crate::delivery::session::Session;
use crate::tiktok::{AdvertiserId, Audience, AudienceId};

use super::arguments::Arguments;
use super::{OperationError, json, target};

/// Matched people without whom an audience can't be used in an ad group. Source: TikTok's help centre.
const FEWEST_PEOPLE: u64 = 1_000;

/// Why size and people sent can't be compared.
const SIZES: &str = "a size is no match rate: TikTok shows 0 below 1,000 matched people, counts a person once per \
                     device, and takes 24 to 48 hours";

#[derive(Serialize)]
struct Health {
    audiences: Vec<Line>,
    sizes: &'static str,
}

#[derive(Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    advertiser_id: AdvertiserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience_id: Option<AudienceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_to_expiry: Option<i64>,
    /// Ad groups that use it, a hundred at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_groups: Option<usize>,
    /// What stands out, with what to do.
    findings: Vec<String>,
}

/// The operation: the configured audiences, else every usable one of the ad account.
pub(super) async fn run(app: &App, session: &Session<'_>, arguments: &Arguments<'_>) -> Result<String, OperationError> {
    let stated = arguments.advertiser()?;
    let mut wanted: BTreeMap<AdvertiserId, Vec<&str>> = BTreeMap::new();
    for entry in &app.router.destination.audiences {
        let advertiser = target::advertiser(app, session, entry.advertiser_id, None).await?;
        if stated.is_none_or(|stated| stated == advertiser) {
            wanted.entry(advertiser).or_default().push(&entry.name);
        }
    }
    if wanted.is_empty() {
        wanted.insert(target::advertiser(app, session, stated, None).await?, Vec::new());
    }
    let mut audiences = Vec::new();
    for (advertiser, names) in wanted {
        audiences.extend(of_advertiser(session, advertiser, &names).await?);
    }
    for line in &audiences {
        if let Some(audience) = line.audience_id {
            let days = line.days_to_expiry.and_then(|days| u64::try_from(days).ok());
            let used = line.ad_groups.and_then(|used| u64::try_from(used).ok());
            app.metrics.audience(audience.as_str(), line.size, days, used);
        }
    }
    json(&Health { audiences, sizes: SIZES })
}

async fn of_advertiser(
    session: &Session<'_>,
    advertiser: AdvertiserId,
    names: &[&str],
) -> Result<Vec<Line>, OperationError> {
    let (client, deadline, now) = (session.client, session.budget.deadline, session.budget.wall);
    let all = session.call(async |token| client.list_audiences(token, advertiser, deadline).await).await?;
    let mut lines = Vec::new();
    for name in names {
        match oldest(&all, name, now) {
            Some(audience) => lines.push(line(session, advertiser, audience).await?),
            None => lines.push(missing(advertiser, name)),
        }
    }
    if names.is_empty() {
        for audience in all.iter().filter(|audience| is_usable(audience, now)) {
            lines.push(line(session, advertiser, audience).await?);
        }
    }
    Ok(lines)
}

fn missing(advertiser_id: AdvertiserId, name: &str) -> Line {
    let finding = "the ad account has no usable audience of this name: ensureAudiences creates it";
    Line {
        name: Some(name.to_owned()),
        advertiser_id,
        audience_id: None,
        size: None,
        valid: None,
        days_to_expiry: None,
        ad_groups: None,
        findings: vec![finding.to_owned()],
    }
}

async fn line(session: &Session<'_>, advertiser: AdvertiserId, audience: &Audience) -> Result<Line, OperationError> {
    let (client, deadline, id) = (session.client, session.budget.deadline, audience.audience_id);
    let uses = session.call(async |token| client.uses(token, advertiser, id, deadline).await).await?;
    let mut ad_groups: Vec<_> = uses.into_iter().filter_map(|each| each.adgroup_id).collect();
    ad_groups.dedup();
    let seconds = expires(audience).map(|end| end.as_second() - session.budget.wall.as_second());
    let mut line = Line {
        name: audience.name.clone(),
        advertiser_id: advertiser,
        audience_id: Some(id),
        size: audience.cover_num,
        valid: audience.is_valid,
        days_to_expiry: seconds.map(|seconds| seconds.div_euclid(24 * 3_600)),
        ad_groups: Some(ad_groups.len()),
        findings: Vec::new(),
    };
    if line.size.is_some_and(|size| size < FEWEST_PEOPLE) {
        let finding = "fewer than 1,000 matched people: no ad group can use it yet; send more, or wait 48 hours";
        line.findings.push(finding.to_owned());
    }
    if line.days_to_expiry.is_some_and(|days| days < 60) {
        line.findings.push("it expires within 60 days: use it in an active ad group, or change it".to_owned());
    }
    if ad_groups.is_empty() {
        line.findings.push("no ad group uses it: add it to one in Ads Manager".to_owned());
    }
    Ok(line)
}
