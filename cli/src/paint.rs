//! Colour for the pages of `try`, `explain` and `test`: headings, members that come and go, outcomes.
//!
//! A page is plain text, so that it can be piped and pasted; it is coloured as it is printed, by its layout and words.

use std::fmt::Write as _;

use crate::console::{BAD, DIM, GOOD, HEADING, style_of, styled};

/// What a page's sections begin with; the longer ones first.
const HEADINGS: [&str; 12] = [
    "AGAINST TIKTOK'S RULES",
    "TIKTOK RECEIVED",
    "TIKTOK ANSWERED",
    "TIKTOK HUNG UP",
    "DEAD-LETTER QUEUE",
    "INVOCATION FAILED",
    "WOULD SEND",
    "AS A TABLE",
    "ARRIVED",
    "MAPPINGS",
    "MEMBERS",
    "TESTED",
];

/// The outcomes and the words for what a mapping does.
const WORDS: [&str; 7] = ["delivered", "accepted", "superseded", "skipped", "rejected", "retryable", "planned"];

/// The page with its colours.
pub(crate) fn painted(page: &str) -> String {
    let mut out = String::with_capacity(page.len() + 256);
    for line in page.lines() {
        // Writing to a string can't fail.
        let _infallible = writeln!(out, "{}", painted_line(line));
    }
    out
}

fn painted_line(line: &str) -> String {
    let is_section = |heading: &&&str| line.starts_with(**heading);
    if let Some(heading) = HEADINGS.iter().chain(&["REPLY", "EVENT "]).find(is_section) {
        let rest = line.strip_prefix(heading).unwrap_or_default();
        let style = if heading.starts_with("AGAINST") || heading.starts_with("INVOCATION") { BAD } else { HEADING };
        return styled(style, heading) + rest;
    }
    if line.starts_with("== ") {
        return styled(HEADING, line);
    }
    if line.starts_with("  + ") {
        return styled(GOOD, line);
    }
    if line.starts_with("  - ") {
        return styled(BAD, line);
    }
    if line.trim_start().starts_with("met ") || line.trim_start().starts_with('…') {
        return styled(DIM, line);
    }
    outcome_painted(line)
}

/// A line that names an outcome where pages name one: alone, behind an index, a colon or an arrow.
fn outcome_painted(line: &str) -> String {
    let word = WORDS.into_iter().find(|word| {
        [format!("  {word}"), format!(": {word}"), format!("=> {word}")].iter().any(|found| line.contains(found))
            && !line.contains('"')
    });
    match word.and_then(|word| Some((word, line.rfind(word)?))) {
        Some((word, at)) => {
            let (before, rest) = line.split_at_checked(at).unwrap_or((line, ""));
            format!("{before}{}{}", styled(style_of(word), word), rest.strip_prefix(word).unwrap_or_default())
        }
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_changes_no_text() {
        let page = "== x.json\n\nARRIVED  direct\n    0  delivered\n       Add (addUser): rejected\n  + EMAIL a\n{\"x\": \"  rejected\"}\n";
        let painted = painted(page);
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), page);
        for part in ["\u{1b}[32mdelivered", "\u{1b}[1m\u{1b}[31mrejected", "\u{1b}[1m\u{1b}[36mARRIVED"] {
            assert!(painted.contains(part), "{part:?} {painted:?}");
        }
        assert!(painted.ends_with("{\"x\": \"  rejected\"}\n"));
    }
}
