//! The page about the report against the report: each member that the code can write, and a real one as its example.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::text;
use super::markdown;
use crate::support::fake_tiktok::{ADVERTISER, Audience};
use crate::world::{World, native};

/// Where the serialised structs of `src/outcome/report.rs` stand in a report.
const PLACES: [(&str, &str); 5] = [
    ("SummaryJson", "summary"),
    ("ActionJson", "actions"),
    ("NoteJson", "note"),
    ("LeftOutJson", "left_out"),
    ("ErrorJson", "error"),
];

/// Members that the report has whatever its events are; they are written as text.
const WRITTEN: [&str; 8] = [
    "summary",
    "results",
    "truncated",
    "results.index",
    "results.message_id",
    "results.outcome",
    "results.status",
    "results.actions",
];

/// The members that the code can write, by their place.
fn members() -> BTreeSet<String> {
    let source = text("src/outcome/report.rs");
    for member in WRITTEN {
        let name = member.rsplit('.').next().unwrap();
        assert!(source.contains(&format!("\\\"{name}\\\":")), "no report has {member}");
    }
    let mut members: BTreeSet<_> = WRITTEN.map(str::to_owned).into();
    let file = syn::parse_file(&source).unwrap();
    for item in file.items {
        let syn::Item::Struct(item) = item else { continue };
        let name = item.ident.to_string();
        if !name.ends_with("Json") {
            continue;
        }
        let place = PLACES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("where is {name}?")).1;
        members.extend(item.fields.iter().filter_map(|field| Some(format!("{place}.{}", field.ident.as_ref()?))));
    }
    members
}

#[test]
fn the_page_names_each_member_of_a_report() {
    let page = text("docs/src/reference/report.md");
    let (_, table) = page.split_once("| member | meaning |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let named: BTreeSet<_> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    assert_eq!(named, members());
}

#[tokio::test]
async fn the_example_is_a_report() {
    let page = text("docs/src/reference/report.md");
    let block = markdown::blocks(&page).into_iter().find(|block| block.info == "json").unwrap();
    let example: Value = serde_json::from_str(&block.text).unwrap();
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let event = |id: &str, email: &str| {
        let mut event = native("Audience Entered", &audience, email);
        event["messageId"] = json!(id);
        event["context"]["traits"]["phone"] = json!("(415) 555-0100");
        event
    };
    let events = [event("m-1", "jane.doe@example.com"), event("m-2", "jane.doe")];
    let report = world.invoke(&json!({ "events": events })).await.unwrap();
    let mut expected = report.clone();
    let delivered = &mut expected["results"][0]["actions"][0];
    // These are another's in each run.
    for member in ["advertiser_id", "audience_id", "request_id"] {
        assert!(delivered[member].is_string(), "{report}");
        delivered[member] = example["results"][0]["actions"][0][member].clone();
    }
    let rejected = &mut expected["results"][1]["actions"][0];
    for member in ["advertiser_id", "audience_id"] {
        if rejected.get(member).is_some() {
            rejected[member] = example["results"][1]["actions"][0][member].clone();
        }
    }
    assert_eq!(example, expected);
}
