//! Who else uses an audience: `/dmp/custom_audience/{share,share/cancel,share/log,apply/log}/` and
//! `/audience/insight/overlap/`.
//!
//! Sources: the official SDK's yml files; the overlap's answer as two third-party clients agree on it. Ours, because no
//! source says it: an ad account that no token knows is in another Business Center (40001); taking back what is not
//! shared is 40007; the words `SHARED` and `CANCELLED`; an overlap of audiences that are too small is left out.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::audience::Library;
use super::audiences::Asker;
use super::refusal::{Query, Refusal, bad_parameter, body, digits};

/// Audiences and ad accounts of one call.
const MOST: usize = 10;
/// Audiences that one is compared with.
const MOST_COMPARED: usize = 4;
/// Below this many members TikTok says nothing of an audience.
const TOLD_FROM: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareBody {
    advertiser_id: String,
    custom_audience_ids: Vec<String>,
    shared_advertiser_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "TikTok's names")]
struct CancelBody {
    advertiser_id: String,
    custom_audience_id: String,
    shared_advertiser_id: String,
}

/// `POST /dmp/custom_audience/share/`: all or none.
pub(super) fn share(
    bytes: &[u8],
    asker: &Asker<'_>,
    business: &BTreeSet<String>,
    catalogue: &mut Library,
) -> Result<Value, Refusal> {
    let ShareBody { advertiser_id, custom_audience_ids, shared_advertiser_ids } = body(bytes)?;
    asker.acts_for(&advertiser_id)?;
    for ids in [&custom_audience_ids, &shared_advertiser_ids] {
        if ids.is_empty() || ids.len() > MOST {
            return Err(bad_parameter("1 to 10 audiences and 1 to 10 advertisers"));
        }
        ids.iter().try_for_each(|id| digits("id", id))?;
    }
    for other in &shared_advertiser_ids {
        if *other == advertiser_id {
            return Err(bad_parameter("an audience is not shared with its own advertiser"));
        }
        if !business.contains(other) {
            return Err(Refusal::new(40001, "the advertiser is in another Business Center"));
        }
    }
    let positions = custom_audience_ids.iter().map(|id| own(&advertiser_id, id, asker, catalogue));
    let positions: Vec<_> = positions.collect::<Result<_, _>>()?;
    for position in positions {
        let audience = &mut catalogue.at(position).audience;
        audience.shared_with.extend(shared_advertiser_ids.iter().cloned());
        audience.was_shared_with.retain(|other| !shared_advertiser_ids.contains(other));
    }
    Ok(json!({}))
}

/// `POST /dmp/custom_audience/share/cancel/`
pub(super) fn cancel(bytes: &[u8], asker: &Asker<'_>, catalogue: &mut Library) -> Result<Value, Refusal> {
    let CancelBody { advertiser_id, custom_audience_id, shared_advertiser_id } = body(bytes)?;
    asker.acts_for(&advertiser_id)?;
    digits("custom_audience_id", &custom_audience_id)?;
    digits("shared_advertiser_id", &shared_advertiser_id)?;
    let position = own(&advertiser_id, &custom_audience_id, asker, catalogue)?;
    let audience = &mut catalogue.at(position).audience;
    if !audience.shared_with.remove(&shared_advertiser_id) {
        return Err(Refusal::new(40007, "the audience is not shared with the advertiser"));
    }
    audience.was_shared_with.insert(shared_advertiser_id);
    Ok(json!({}))
}

/// `GET /dmp/custom_audience/share/log/`
pub(super) fn share_log(query: &str, asker: &Asker<'_>, catalogue: &mut Library) -> Result<Value, Refusal> {
    let query = Query::parse(query, &["advertiser_id", "custom_audience_id"])?;
    let advertiser = asker.advertiser(&query)?;
    let id = query.id("custom_audience_id")?;
    let position = catalogue.seen_by(&[advertiser], id, asker.foreign_code)?;
    let audience = &catalogue.at(position).audience;
    let line = |other: &String, status: &str| {
        json!({ "custom_audience_id": id, "shared_advertiser_id": other,
                "shared_advertiser_name": format!("Advertiser {other}"), "status": status })
    };
    let shared = audience.shared_with.iter().map(|other| line(other, "SHARED"));
    let list: Vec<_> = shared.chain(audience.was_shared_with.iter().map(|other| line(other, "CANCELLED"))).collect();
    Ok(json!({ "list": list }))
}

/// `GET /dmp/custom_audience/apply/log/`
pub(super) fn apply_log(query: &str, asker: &Asker<'_>, catalogue: &mut Library) -> Result<Value, Refusal> {
    let query = Query::parse(query, &["advertiser_id", "custom_audience_ids", "page", "page_size", "timezone"])?;
    let advertiser = asker.advertiser(&query)?;
    query.required("custom_audience_ids")?;
    let (page, page_size) = (query.number("page", 1, usize::MAX)?, query.number("page_size", 10, 100)?);
    let mut list = Vec::new();
    for id in query.ids("custom_audience_ids")?.unwrap_or_default() {
        let position = own(advertiser, &id, asker, catalogue)?;
        let ad_groups = &catalogue.at(position).audience.ad_groups;
        list.extend(ad_groups.iter().map(|ad_group| {
            json!({ "audience_id": id, "adgroup_id": ad_group, "adgroup_name": format!("Ad group {ad_group}"),
                    "usage_mode": "INCLUDE", "action_timestamp": "2026-01-02 03:04:05", "editor": "someone" })
        }));
    }
    let skipped = (page - 1).saturating_mul(page_size);
    Ok(json!({ "list": list.into_iter().skip(skipped).take(page_size).collect::<Vec<_>>() }))
}

/// `GET /audience/insight/overlap/`
pub(super) fn overlap(query: &str, asker: &Asker<'_>, catalogue: &Library) -> Result<Value, Refusal> {
    let known = ["advertiser_id", "benchmark_custom_audience_id", "comparison_custom_audience_ids"];
    let query = Query::parse(query, &known)?;
    let advertiser = asker.advertiser(&query)?;
    let benchmark = query.id("benchmark_custom_audience_id")?;
    query.required("comparison_custom_audience_ids")?;
    let others = query.ids("comparison_custom_audience_ids")?.unwrap_or_default();
    if others.len() > MOST_COMPARED {
        return Err(bad_parameter("at most 4 audiences are compared with one"));
    }
    let entry = |id: &str| {
        catalogue.seen_by(&[advertiser], id, asker.foreign_code)?;
        catalogue.find(id).ok_or_else(|| Refusal::new(40007, "the audience does not exist"))
    };
    let members = &entry(benchmark)?.members;
    let described = |id: &str| -> Result<Value, Refusal> {
        let entry = entry(id)?;
        let size = entry.members.len();
        let mut described = json!({ "audience_id": id, "audience_name": entry.audience.name, "audience_size": size });
        if size >= TOLD_FROM && members.len() >= TOLD_FROM {
            let common = entry.members.intersection(members).count();
            described["targetable_users_count_range"] =
                json!(format!("{}-{}", size / 1_000 * 1_000, size / 1_000 * 1_000 + 999));
            if id != benchmark {
                described["benchmark_overlap_rate"] = json!(number(common) / number(members.len()));
            }
        }
        Ok(described)
    };
    let compared: Vec<_> = others.iter().map(|id| described(id)).collect::<Result<_, _>>()?;
    Ok(json!({ "benchmark_audience": described(benchmark)?, "comparison_audiences": compared }))
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("a test has fewer members"))
}

/// The position of an audience that this advertiser made.
fn own(advertiser: &str, id: &str, asker: &Asker<'_>, catalogue: &Library) -> Result<usize, Refusal> {
    let position = catalogue.seen_by(&[advertiser], id, asker.foreign_code)?;
    let is_own = catalogue.find(id).is_some_and(|entry| entry.audience.is_creator);
    if is_own { Ok(position) } else { Err(Refusal::new(40001, "the audience belongs to another advertiser")) }
}
