//! `llms.txt`: the book's pages as plain Markdown, one line each, for programs that read.

use std::fmt::Write as _;

use super::super::super::text;
use super::super::{Part, summary};

pub(super) fn index() -> String {
    let mut index = String::from(
        "# TikTok Audiences\n\n> Segment's TikTok Audiences destination as AWS Lambda functions that you own: events of a \
         customer data platform in, hashed identifiers out to TikTok's custom audiences. Each page of the book is also \
         plain Markdown at these addresses.\n",
    );
    for part in summary() {
        match part {
            Part::Title(title) => write!(index, "\n## {title}\n\n").unwrap(),
            Part::Page { title, path } => {
                // The introduction stands before the first title.
                let lead = if path == "index.md" { "\n" } else { "" };
                writeln!(index, "{lead}- [{title}]({path}): {}", first_sentence(&path)).unwrap();
            }
        }
    }
    index
}

/// The page's first sentence, as plain text.
fn first_sentence(path: &str) -> String {
    let page = text(&format!("docs/src/{path}"));
    let mut inside = false;
    let paragraph = page.lines().find(|line| {
        inside ^= line.starts_with("```");
        !inside && line.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '*' | '`'))
    });
    let paragraph = paragraph.unwrap_or_default();
    let sentence = paragraph.split_once(". ").map_or(paragraph.to_owned(), |(sentence, _)| format!("{sentence}."));
    without_links(&sentence).replace("**", "")
}

/// Links as the words that they stand behind.
fn without_links(sentence: &str) -> String {
    let mut plain = String::new();
    let mut rest = sentence;
    while let Some((before, link)) = rest.split_once('[') {
        let Some((words, after)) = link.split_once("](").and_then(|(words, at)| Some((words, at.split_once(')')?.1)))
        else {
            break;
        };
        plain.push_str(before);
        plain.push_str(words);
        rest = after;
    }
    plain + rest
}

#[test]
fn every_page_is_listed() {
    let index = text("docs/src/llms.txt");
    for part in summary() {
        if let Part::Page { path, .. } = part {
            let (_, line) = index.split_once(&format!("]({path}): ")).unwrap_or_else(|| panic!("{path}"));
            assert!(
                !line.starts_with("```") && line.lines().next().is_some_and(|line| line.len() > 20),
                "{path} begins with no sentence"
            );
        }
    }
}
