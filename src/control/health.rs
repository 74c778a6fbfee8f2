//! `audiences`: how the audiences do after people were sent: size, validity, end, who uses them, and what has changed.

mod past;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::App;
use crate::delivery::audience_lookup::{expires, is_usable, oldest};
use crate::delivery::session::Session;
use crate::net::cloudwatch::CloudwatchError;
use crate::tiktok::{AdvertiserId, Audience, AudienceId};

use super::arguments::Arguments;
use super::{OperationError, json, target};
use past::Past;

/// Matched people without whom an audience can't be used in an ad group; TikTok shows fewer as 0. Source: TikTok's help
/// centre.
pub(super) const FEWEST_PEOPLE: u64 = 1_000;
/// Audiences that are looked at; each costs a call, and what is more would take the daily run's time.
const MOST_AUDIENCES: usize = 500;
/// The percent of its size that an audience may lose between two looks and not stand out.
const USUAL_DROP_PERCENT: u64 = 10;

/// Why size and people sent can't be compared.
const SIZES: &str = "a size is no match rate, and growth_to_sent is none either: TikTok shows 0 below 1,000 matched \
                     people, counts a person once per device, and takes 24 to 48 hours";

#[derive(Serialize)]
struct Health {
    /// From when on people are counted: the last look, to five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    audiences: Vec<Line>,
    /// Audiences beyond those that a run looks at.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_looked_at: Option<usize>,
    sizes: &'static str,
    /// Why nothing is said of the time before, or of what was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
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
    /// The size at the last look.
    #[serde(skip_serializing_if = "Option::is_none")]
    size_before: Option<u64>,
    /// People whom this stack has added since the last look.
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<u64>,
    /// People whom this stack has removed since the last look.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<u64>,
    /// By how many people the size grew for each person that was added and not removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    growth_to_sent: Option<f64>,
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

/// The operation: the configured audiences, else every usable one of the ad accounts.
pub(super) async fn run(app: &App, session: &Session<'_>, arguments: &Arguments<'_>) -> Result<String, OperationError> {
    let stated = arguments.advertiser()?;
    let mut looked = Looked::default();
    for (advertiser, names) in wanted(app, session, stated).await? {
        looked.at(session, advertiser, &names).await?;
    }
    let Looked { lines: mut audiences, left } = looked;
    count_each(app, &audiences);
    let ids: Vec<_> = audiences.iter().filter_map(|line| line.audience_id).collect();
    let (since, unknown) = match Past::read(app, session.budget, &ids).await {
        Ok(past) => {
            let (out_of_use, most_lost) = compare(&mut audiences, &past);
            // A look at some audiences says nothing of the others.
            if stated.is_none() {
                app.metrics.audiences_together(out_of_use, most_lost);
            }
            (Some(past.since.to_string()), None)
        }
        Err(error) => (None, Some(unknown(&error))),
    };
    json(&Health { since, audiences, not_looked_at: (left > 0).then_some(left), sizes: SIZES, unknown })
}

/// The configured audiences by ad account; without any, the ad accounts of which all are looked at.
async fn wanted<'a>(
    app: &'a App,
    session: &Session<'_>,
    stated: Option<AdvertiserId>,
) -> Result<BTreeMap<AdvertiserId, Vec<&'a str>>, OperationError> {
    let destination = &app.router.destination;
    let mut wanted: BTreeMap<AdvertiserId, Vec<&str>> = BTreeMap::new();
    for entry in &destination.audiences {
        let advertiser = target::advertiser(app, session, entry.advertiser_id, None).await?;
        if stated.is_none_or(|stated| stated == advertiser) {
            wanted.entry(advertiser).or_default().push(&entry.name);
        }
    }
    if wanted.is_empty() {
        let mut accounts = stated.map_or_else(|| target::configured_advertisers(destination), |stated| [stated].into());
        if accounts.is_empty() {
            accounts.extend(&session.secret().await?.secret.advertiser_ids);
        }
        wanted.extend(accounts.into_iter().map(|advertiser| (advertiser, Vec::new())));
    }
    Ok(wanted)
}

fn count_each(app: &App, audiences: &[Line]) {
    for line in audiences {
        if let Some(audience) = line.audience_id {
            let days = line.days_to_expiry.and_then(|days| u64::try_from(days).ok());
            let used = line.ad_groups.and_then(|used| u64::try_from(used).ok());
            app.metrics.audience(&audience.text(), line.size, days, used);
        }
    }
}

fn unknown(error: &CloudwatchError) -> String {
    tracing::warn!(error = error as &dyn std::error::Error, "what audiences were like before can't be read");
    format!("what was before, and whom the stack has sent: {error}; the function needs cloudwatch:GetMetricData")
}

/// Says of each audience what has changed; gives how many fell out of use, and the percent that one lost at most.
fn compare(audiences: &mut [Line], past: &Past) -> (usize, u64) {
    let (mut out_of_use, mut most_lost) = (0, 0);
    for line in audiences {
        let Some(id) = line.audience_id else { continue };
        let before = past.of(id);
        line.size_before = before.size;
        (line.added, line.removed) = (Some(before.added), Some(before.removed));
        if let (Some(size), Some(size_before)) = (line.size, before.size) {
            line.growth_to_sent = growth_to_sent(size, size_before, before.added, before.removed);
            let lost = percent_lost(size, size_before);
            most_lost = most_lost.max(lost);
            if lost > USUAL_DROP_PERCENT {
                line.findings.push(format!(
                    "it lost {lost} % of its size since the last look: compare it with `removed`, and see in Ads \
                     Manager whether TikTok took people out"
                ));
            }
        }
        if before.was_used && line.ad_groups == Some(0) {
            out_of_use += 1;
            let finding = "an ad group used it within the last 15 days and none does now: was that meant?";
            line.findings.push(finding.to_owned());
        }
    }
    (out_of_use, most_lost)
}

/// How much of a size is gone for sure: what TikTok shows as 0 may be as many as it never shows.
fn percent_lost(size: u64, before: u64) -> u64 {
    let at_most = size.max(FEWEST_PEOPLE - 1);
    if before < FEWEST_PEOPLE { 0 } else { before.saturating_sub(at_most).saturating_mul(100) / before }
}

/// The growth for each person sent, to two digits; nothing where nobody was, or a size is not shown.
fn growth_to_sent(size: u64, before: u64, added: u64, removed: u64) -> Option<f64> {
    let is_shown = size >= FEWEST_PEOPLE && before >= FEWEST_PEOPLE && added > removed;
    let number = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    is_shown.then(|| {
        let ratio = (number(size) - number(before)) / number(added - removed);
        (ratio * 100.0).round() / 100.0
    })
}
/// What was looked at.
#[derive(Default)]
struct Looked {
    lines: Vec<Line>,
    /// Audiences that were one too many.
    left: usize,
}

impl Looked {
    /// Looks at the audiences of these names, else at every usable one of the ad account.
    async fn at(
        &mut self,
        session: &Session<'_>,
        advertiser: AdvertiserId,
        names: &[&str],
    ) -> Result<(), OperationError> {
        let (client, deadline, now) = (session.client, session.budget.deadline, session.budget.wall);
        let all = session.call(async |token| client.list_audiences(token, advertiser, deadline).await).await?;
        let by_name = names.iter().map(|name| (oldest(&all, name, now), Some(*name)));
        let usable = all.iter().filter(|audience| names.is_empty() && is_usable(audience, now));
        for found in by_name.chain(usable.map(|audience| (Some(audience), None))) {
            match found {
                _ if self.lines.len() >= MOST_AUDIENCES => self.left += 1,
                (Some(audience), _) => self.lines.push(line(session, advertiser, audience).await?),
                (None, name) => self.lines.push(missing(advertiser, name.unwrap_or_default())),
            }
        }
        Ok(())
    }
}

fn missing(advertiser_id: AdvertiserId, name: &str) -> Line {
    let finding = "the ad account has no usable audience of this name: ensureAudiences creates it";
    Line {
        name: Some(name.to_owned()),
        advertiser_id,
        audience_id: None,
        size: None,
        size_before: None,
        added: None,
        removed: None,
        growth_to_sent: None,
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
        size_before: None,
        added: None,
        removed: None,
        growth_to_sent: None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_is_not_shown_is_no_size_of_zero() {
        for (size, before, expected) in
            [(1_050, 1_050, 0), (0, 1_050, 4), (0, 1_000, 0), (0, 900, 0), (0, 10_000, 90), (5_000, 10_000, 50)]
        {
            assert_eq!(percent_lost(size, before), expected, "{before}, then {size}");
        }
    }
}
