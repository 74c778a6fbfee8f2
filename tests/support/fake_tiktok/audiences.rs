//! The endpoints that create, list, describe and delete audiences.
//!
//! Sources: the reference of `/segment/audience/` as Segment's connector uses it; the official SDK's yml files for
//! `/dmp/custom_audience/{list,get,delete}/`. Ours, because no source says it: an unknown id in `get` and `delete`
//! is 40007, one in the filter of `list` is left out, and the audience beyond the limit is 40002.

use serde::Deserialize;
use serde_json::{Value, json};

use super::account::Grant;
use super::audience::{Condition, Library};
use super::refusal::{Query, Refusal, bad_parameter, body, digits, id_list};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentBody {
    advertiser_id: String,
    action: String,
    custom_audience_name: Option<String>,
    delete_audience_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteBody {
    advertiser_id: String,
    custom_audience_ids: Vec<String>,
}

/// Who asks, and what decides beside the catalogue.
pub(super) struct Asker<'a> {
    pub(super) grant: &'a Grant,
    pub(super) most: usize,
    pub(super) foreign_code: i64,
}

impl Asker<'_> {
    pub(super) fn acts_for(&self, advertiser: &str) -> Result<(), Refusal> {
        digits("advertiser_id", advertiser)?;
        self.grant.covers(advertiser)
    }

    pub(super) fn advertiser<'q>(&self, query: &'q Query) -> Result<&'q str, Refusal> {
        let advertiser = query.id("advertiser_id")?;
        self.grant.covers(advertiser)?;
        Ok(advertiser)
    }
}

/// `POST /segment/audience/`
pub(super) fn segment(bytes: &[u8], asker: &Asker<'_>, catalogue: &mut Library) -> Result<Value, Refusal> {
    let request: SegmentBody = body(bytes)?;
    asker.acts_for(&request.advertiser_id)?;
    match (request.action.as_str(), request.custom_audience_name, request.delete_audience_id) {
        ("create", Some(name), None) => {
            if name.trim().is_empty() {
                return Err(bad_parameter("custom_audience_name is blank"));
            }
            if catalogue.of(&request.advertiser_id).count() >= asker.most {
                return Err(Refusal::new(40002, "the advertiser has too many audiences"));
            }
            Ok(json!({ "audience_id": catalogue.create(&request.advertiser_id, &name) }))
        }
        ("delete", None, Some(id)) => {
            delete_one(&request.advertiser_id, &id, asker, catalogue)?;
            Ok(json!({}))
        }
        ("create", _, _) => Err(bad_parameter("create takes custom_audience_name and nothing else")),
        ("delete", _, _) => Err(bad_parameter("delete takes delete_audience_id and nothing else")),
        _ => Err(bad_parameter("action must be create or delete")),
    }
}

fn delete_one(advertiser: &str, id: &str, asker: &Asker<'_>, catalogue: &mut Library) -> Result<(), Refusal> {
    digits("audience id", id)?;
    let position = catalogue.seen_by(&[advertiser], id, asker.foreign_code)?;
    let audience = &mut catalogue.at(position).audience;
    match audience.condition {
        // Source: mParticle's documentation of its connector; the code is ours.
        _ if !audience.ad_groups.is_empty() => Err(Refusal::new(40002, "ad groups use the audience")),
        _ if !audience.is_creator => Err(Refusal::new(40001, "the audience belongs to another advertiser")),
        Condition::Busy => Err(Refusal::new(40002, "Audience is not editable")),
        Condition::Ready | Condition::Expired | Condition::Dead => {
            audience.condition = Condition::Dead;
            Ok(())
        }
    }
}

/// `GET /dmp/custom_audience/list/`
pub(super) fn list(query: &str, asker: &Asker<'_>, catalogue: &Library) -> Result<Value, Refusal> {
    let query = Query::parse(query, &["advertiser_id", "custom_audience_ids", "page", "page_size"])?;
    let advertiser = asker.advertiser(&query)?;
    let wanted = query.ids("custom_audience_ids")?;
    let page = query.number("page", 1, usize::MAX)?;
    let page_size = query.number("page_size", 10, 100)?;
    let wants = |id: &String| wanted.as_ref().is_none_or(|wanted| wanted.contains(id));
    let entries: Vec<_> = catalogue.of(advertiser).filter(|entry| wants(&entry.audience.id)).collect();
    let skipped = (page - 1).saturating_mul(page_size);
    let items: Vec<_> = entries.iter().skip(skipped).take(page_size).map(|entry| entry.to_json(advertiser)).collect();
    Ok(json!({
        "list": items,
        "page_info": {
            "page": page,
            "page_size": page_size,
            "total_number": entries.len(),
            "total_page": entries.len().div_ceil(page_size),
        },
    }))
}

/// `GET /dmp/custom_audience/get/`
pub(super) fn get(query: &str, asker: &Asker<'_>, catalogue: &mut Library) -> Result<Value, Refusal> {
    let query = Query::parse(query, &["advertiser_id", "custom_audience_ids", "history_size"])?;
    let advertiser = asker.advertiser(&query)?;
    query.required("custom_audience_ids")?;
    query.number("history_size", 100, 100)?;
    let mut items = Vec::new();
    for id in query.ids("custom_audience_ids")?.unwrap_or_default() {
        let position = catalogue.seen_by(&[advertiser], &id, asker.foreign_code)?;
        let mut details = catalogue.at(position).to_json(advertiser);
        // The details name the type `type`, where the list has `audience_type`.
        if let Some(fields) = details.as_object_mut()
            && let Some(kind) = fields.remove("audience_type")
        {
            fields.insert("type".to_owned(), kind);
            fields.insert("owner_id".to_owned(), json!(advertiser));
        }
        let history = json!([{ "action": "create", "action_detail": "", "editor": "open_api", "msg": "",
            "opt_time": details["create_time"] }]);
        items.push(json!({ "audience_details": details, "audience_history": history }));
    }
    Ok(json!({ "list": items }))
}

/// `POST /dmp/custom_audience/delete/`: all or none.
pub(super) fn delete(bytes: &[u8], asker: &Asker<'_>, catalogue: &mut Library) -> Result<Value, Refusal> {
    let request: DeleteBody = body(bytes)?;
    asker.acts_for(&request.advertiser_id)?;
    id_list("custom_audience_ids", &request.custom_audience_ids)?;
    for id in &request.custom_audience_ids {
        catalogue.seen_by(&[&request.advertiser_id], id, asker.foreign_code)?;
    }
    for id in &request.custom_audience_ids {
        delete_one(&request.advertiser_id, id, asker, catalogue)?;
    }
    Ok(json!({}))
}
