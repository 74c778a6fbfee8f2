//! `destination.json`: its parts, in our form and in Segment's.
//!
//! Knows how the file is laid out; settings, single mappings and the checks across mappings have files of their own.

use std::collections::HashSet;

use super::at::At;
use super::checks;
use super::entry::{Entry, form_of};
use super::problem::{Findings, Report};
use super::settings;
use crate::actions::AudienceEntry;
use crate::destination::given::audience_name;
use crate::destination::{ConfiguredMapping, Destination, Settings, default_mappings};
use crate::json::{Document, Kind};
use crate::mapping::Form;
use crate::tiktok::AdvertiserId;
use crate::tiktok::wire::MOST_SHARED;

/// The most mappings, disabled ones counted. Source: Segment, "Destination Actions": 50 mappings a destination.
const MAX_MAPPINGS: usize = 50;

/// Reads a text and finds everything that is wrong with it.
///
/// With errors among the findings the destination is what could be understood, fit to be shown and not to be used.
pub fn parse_destination(text: &str) -> (Destination, Findings) {
    // Editors of one system begin files with a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    match Document::parse(text) {
        Ok(document) => {
            let mut report = Report::new(text, &document);
            let destination = read(&At::root(document.root()), &mut report);
            (destination, report.finish())
        }
        Err(error) => {
            let message = format!("is not JSON: {}", error.reason);
            (Destination::default(), Findings::not_json(text, error.offset, message))
        }
    }
}

fn read(root: &At<'_>, report: &mut Report<'_>) -> Destination {
    if root.value.kind() == Kind::Array {
        report.error(
            root,
            "must be an object: put the mappings under `subscriptions`, and `identity_rules` under `settings`",
        );
        return Destination::default();
    }
    root.expect_keys(&["$schema", "settings", "mappings", "audiences", "subscriptions", "data"], report);
    let list = mapping_list(root, report);
    let items = list.as_ref().map(|list| list.items(report)).unwrap_or_default();
    let from_segment = |key| root.get(key).is_some();
    let segment_form = from_segment("subscriptions")
        || from_segment("data")
        || items.iter().any(|item| form_of(item.value) == Form::Segment);
    let settings = match root.get("settings") {
        Some(at) => settings::read(&at, segment_form, report),
        None => Settings::default(),
    };
    rules_are_stated(root, &items, report);
    let mappings = match &list {
        Some(list) => mappings(list, items, &settings, report),
        None => default_mappings(&settings),
    };
    Destination { settings, mappings, audiences: audiences(root, report), default_mappings: list.is_none() }
}

/// The array of mappings: ours, that of Segment's partner format, or that of an answer of its Public API.
fn mapping_list<'d>(root: &At<'d>, report: &mut Report<'_>) -> Option<At<'d>> {
    let data = root.get("data");
    if let Some(data) = &data {
        data.expect_keys(&["subscriptions", "pagination"], report);
    }
    let exported = data.and_then(|data| data.member("subscriptions"));
    let mut lists = [root.member("mappings"), root.member("subscriptions"), exported].into_iter().flatten();
    let list = lists.next()?;
    for second in lists {
        report.error(&second, format!("there are mappings at {} already, only one of them can count", list.path));
    }
    Some(list)
}

/// Mappings from Segment may fill audiences that Segment filled before: only their owner knows by which hashes.
fn rules_are_stated(root: &At<'_>, items: &[At<'_>], report: &mut Report<'_>) {
    let settings = root.get("settings").unwrap_or_else(|| root.missing("settings"));
    let unstated = |item: &At<'_>| form_of(item.value) == Form::Segment && item.get("identity_rules").is_none();
    if items.iter().any(unstated) && settings.get("identity_rules").is_none() {
        let missing = settings.missing("identity_rules");
        report.error(
            &missing,
            "must be stated for mappings in Segment's form: \"segment\" hashes as Segment does, so that people whom \
             Segment added can be removed; \"tiktok\" cleans identifiers up first and matches more people, for audiences \
             that are filled from here only",
        );
    }
}

fn mappings(list: &At<'_>, items: Vec<At<'_>>, settings: &Settings, report: &mut Report<'_>) -> Vec<ConfiguredMapping> {
    if items.len() > MAX_MAPPINGS {
        let count = items.len();
        report
            .error(list, format!("holds {count} mappings; at most {MAX_MAPPINGS} are possible, disabled ones counted"));
    }
    let items = items.into_iter().take(MAX_MAPPINGS);
    let mut entries: Vec<_> = items.filter_map(|item| Entry::read(item, &settings.policy, report)).collect();
    tell_apart(&mut entries, report);
    checks::run(&entries, report);
    entries.into_iter().map(|entry| entry.configured).collect()
}

/// Gives mappings of one name a number each, since reports and `testMapping` know them by name.
///
/// No error, since mappings of one name are common at Segment, where the action's title is the suggested name.
fn tell_apart(entries: &mut [Entry<'_>], report: &mut Report<'_>) {
    let mut names = HashSet::new();
    for entry in entries {
        let name = &mut entry.configured.mapping.name;
        if names.insert(name.clone()) {
            continue;
        }
        let mut numbered = (2..=MAX_MAPPINGS).map(|number| format!("{name} ({number})"));
        let Some(free) = numbered.find(|free| !names.contains(free)) else { continue };
        report.warning(&entry.at, format!("another mapping is named `{name}` too, this one is called `{free}`"));
        names.insert(free.clone());
        *name = free;
    }
}

fn audiences(root: &At<'_>, report: &mut Report<'_>) -> Vec<AudienceEntry> {
    let items = root.get("audiences").map(|audiences| audiences.items(report)).unwrap_or_default();
    let mut audiences = Vec::with_capacity(items.len());
    for item in items {
        let Some(entry) = audience(&item, report) else { continue };
        let is_same = |known: &AudienceEntry| (&known.name, known.advertiser_id) == (&entry.name, entry.advertiser_id);
        if audiences.iter().any(is_same) {
            report.error(&item, format!("the audience `{}` is listed twice", entry.name));
        } else {
            audiences.push(entry);
        }
    }
    audiences
}

fn audience(at: &At<'_>, report: &mut Report<'_>) -> Option<AudienceEntry> {
    if !at.expect_keys(&["name", "advertiser_id", "share_with"], report) {
        return None;
    }
    let advertiser_id = at.parsed("advertiser_id", AdvertiserId::parse, report);
    let name = at.parsed("name", audience_name, report);
    if at.get("name").is_none() {
        report.error(&at.missing("name"), "is missing");
    }
    let share_with = share_with(at, advertiser_id, report);
    Some(AudienceEntry { name: name?, advertiser_id, share_with })
}

/// `share_with`: ids of other ad accounts of the Business Center.
fn share_with(at: &At<'_>, own: Option<AdvertiserId>, report: &mut Report<'_>) -> Vec<AdvertiserId> {
    let Some(list) = at.get("share_with") else { return Vec::new() };
    let items = list.items(report);
    if items.len() > MOST_SHARED {
        report.error(&list, format!("names {} ad accounts; at most {MOST_SHARED} are possible", items.len()));
    }
    let mut share_with = Vec::with_capacity(items.len().min(MOST_SHARED));
    for item in items {
        match item.value.as_str().map(|id| AdvertiserId::parse(id.trim())) {
            Some(Ok(id)) if Some(id) == own => report.error(&item, "is the audience's own ad account"),
            Some(Ok(id)) if share_with.contains(&id) => report.error(&item, "is listed twice"),
            Some(Ok(id)) => share_with.push(id),
            Some(Err(error)) => report.error(&item, error.to_string()),
            None => drop(item.expect(Kind::String, report)),
        }
    }
    share_with
}
