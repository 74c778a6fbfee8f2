//! The book: its pages fit the code and the template, its links lead somewhere, its JSON is what it says.

mod comparison;
mod markdown;
mod reference;
mod report;
mod template;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use tiktok_audiences::config::parse_destination;
use tiktok_audiences::ingress;
use tiktok_audiences::json::Document;
use tiktok_audiences::outcome::Reason;

use super::{files, text};

/// A line of the book's table of contents.
enum Part {
    Title(String),
    Page { title: String, path: String },
}

/// The table of contents.
fn summary() -> Vec<Part> {
    let summary = text("docs/src/SUMMARY.md");
    let part = |line: &str| {
        if let Some(title) = line.strip_prefix("# ").filter(|title| *title != "Summary") {
            return Some(Part::Title(title.to_owned()));
        }
        let (title, rest) = line.split_once('[')?.1.split_once("](")?;
        Some(Part::Page { title: title.to_owned(), path: rest.strip_suffix(')')?.to_owned() })
    };
    summary.lines().filter_map(part).collect()
}

/// `DeadLetterAlarm` as `dead-letter-alarm`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

/// What an alarm is about, whichever function or source it watches: its page's name.
fn kind(alarm: &str) -> &str {
    let watched = ["Ingest", "Deliver", "Control", "Bus", "Topic"];
    watched.into_iter().find_map(|name| alarm.strip_prefix(name)).unwrap_or(alarm)
}

/// Every Markdown file for people, with its text.
fn documents() -> Vec<(String, String)> {
    files(&[".md"])
}

/// The pages of the book.
fn book() -> Vec<(String, String)> {
    documents().into_iter().filter(|(path, _)| path.starts_with("docs/src/")).collect()
}

#[test]
fn written_pages_fit_the_code() {
    let update = std::env::var_os("UPDATE_BOOK").is_some();
    for (path, page) in reference::pages().into_iter().chain(std::iter::once_with(reference::index)) {
        if update {
            std::fs::write(&path, &page).unwrap();
        }
        let same = std::fs::read_to_string(&path).is_ok_and(|there| there == page);
        assert!(same, "{path} is out of date: UPDATE_BOOK=1 cargo test --test it tidy::book");
    }
}

#[test]
fn the_table_of_contents_has_every_page_once() {
    let there: BTreeSet<_> = book().into_iter().map(|(path, _)| path).collect();
    let listed: Vec<_> = summary()
        .into_iter()
        .filter_map(|part| match part {
            Part::Page { path, .. } => Some(format!("docs/src/{path}")),
            Part::Title(_) => None,
        })
        .chain(["docs/src/SUMMARY.md".to_owned()])
        .collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), there);
    assert_eq!(listed.len(), there.len(), "a page is listed twice");
    assert!(listed.len() > 25, "{}", listed.len());
}

/// A link's target from the repository's root, without `..`.
fn target(page: &str, link: &str) -> PathBuf {
    let mut target = PathBuf::new();
    let joined = Path::new(page).parent().unwrap().join(link);
    for component in joined.components() {
        if component == Component::ParentDir {
            assert!(target.pop(), "{page}: {link}");
        } else {
            target.push(component);
        }
    }
    target
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut checked = 0;
    for (page, page_text) in documents() {
        for link in markdown::links(&page_text) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) =
                link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() { PathBuf::from(&page) } else { target(&page, path) };
            assert!(target.exists(), "{page} links to {link}, which is not there");
            if let Some(anchor) = anchor {
                let headings = markdown::anchors(&std::fs::read_to_string(&target).unwrap());
                assert!(headings.iter().any(|heading| heading == anchor), "{page}: {link} has no such heading");
            }
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn every_alarm_has_its_page() {
    let alarms: BTreeSet<_> = template::alarms().into_iter().map(|alarm| alarm.name).collect();
    for alarm in &alarms {
        let kind = kind(alarm);
        let page = text(&format!("docs/src/operate/alarms/{}.md", kebab(kind)));
        assert!(page.starts_with(&format!("# {kind}\n")), "{alarm}");
        assert!(page.contains(&format!("`{alarm}`")), "{alarm} is not named on its page");
        for heading in ["## Meaning", "## Look here", "## Do this"] {
            assert!(page.contains(heading), "{alarm}: {heading}");
        }
    }
    let index = text("docs/src/operate/alarms/index.md");
    for alarm in &alarms {
        let link = format!("[{}]({}.md)", kind(alarm), kebab(kind(alarm)));
        assert!(index.contains(&link), "the index of the alarm pages lacks {link}");
    }
    let kinds: BTreeSet<_> = alarms.iter().map(|alarm| kind(alarm)).collect();
    let pages = book().into_iter().filter(|(path, _)| path.starts_with("docs/src/operate/alarms/")).count();
    assert_eq!(pages, kinds.len() + 1, "a page of an alarm that is gone");
}

/// The codes of requests that are refused whole: the page that is said to have them all has them, and no other.
#[test]
fn codes_of_refused_requests_have_their_page() {
    let is_code = |word: &&str| word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let of_sources: BTreeSet<String> = [
        "src/handler/http.rs",
        "src/handler/webhook_audiences.rs",
        "src/ingress/http/auth.rs",
        "src/ingress/http/events.rs",
        "src/ingress/http/sdk.rs",
    ]
    .into_iter()
    .flat_map(|path| text(path).split('"').filter(is_code).map(str::to_owned).collect::<Vec<_>>())
    .collect();
    assert!(of_sources.len() > 15, "{of_sources:?}");
    let page = text("docs/src/connect/callers.md");
    let of_page: BTreeSet<_> = page.split('`').filter(is_code).map(str::to_owned).collect();
    let lacks: Vec<_> = of_sources.difference(&of_page).collect();
    assert_eq!(lacks, Vec::<&String>::new(), "callers.md lacks codes");
    let is_reason = |code: &&String| Reason::ALL.iter().any(|reason| reason.code() == code.as_str());
    let unknown: Vec<_> = of_page.difference(&of_sources).filter(|code| !is_reason(code)).collect();
    assert_eq!(unknown, Vec::<&String>::new(), "callers.md has codes that no request gets");
}

/// Every block of JSON is JSON, and is what the word behind `json` says.
#[test]
fn json_blocks_are_what_they_say() {
    let mut checked = 0;
    for (page, page_text) in documents() {
        for block in markdown::blocks(&page_text) {
            let (kind, what) = block.info.split_once(' ').unwrap_or((&block.info, ""));
            if kind != "json" {
                continue;
            }
            let at = format!("{page}:\n{}", block.text);
            serde_json::from_str::<Value>(&block.text).unwrap_or_else(|error| panic!("{error} in {at}"));
            match what {
                "" => {}
                "destination" => {
                    let (_, findings) = parse_destination(&block.text);
                    assert!(findings.errors.is_empty(), "{:?} in {at}", findings.errors);
                }
                "event" | "envelope" => {
                    let document = Document::parse(&block.text).unwrap();
                    ingress::detect(document.root()).unwrap_or_else(|error| panic!("{error:?} in {at}"));
                }
                // The body of a request: its events stand in `batch`.
                "request" => {
                    let document = Document::parse(&block.text).unwrap();
                    let events: Vec<_> = document.root().get("batch").unwrap().items().collect();
                    assert!(!events.is_empty(), "{at}");
                    for event in events {
                        ingress::detect(event).unwrap_or_else(|error| panic!("{error:?} in {at}"));
                    }
                }
                other => panic!("nothing is known of {other} in {at}"),
            }
            checked += 1;
        }
    }
    assert!(checked > 15, "{checked}");
}

#[test]
fn the_readme_is_short() {
    assert!(text("README.md").lines().count() <= 150);
}

/// An alarm costs by the metrics that it looks at.
#[test]
fn the_alarms_of_every_stack_are_counted() {
    let alarms = super::words::template_resources();
    let alarms = alarms.iter().filter(|text| text.contains("    Type: AWS::CloudWatch::Alarm\n"));
    let everywhere: Vec<_> = alarms.filter(|text| !text.contains("\n    Condition: ")).collect();
    let metrics: usize = everywhere.iter().map(|text| text.matches("MetricStat:").count().max(1)).sum();
    let said = format!("{} alarms on {metrics} metrics", everywhere.len());
    assert!(text("docs/src/cost.md").contains(&said), "{said}");
}
