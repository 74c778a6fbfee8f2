//! What a person reads of a list.

use std::fmt::Write as _;
use std::path::Path;

use super::batches::Recognised;
use super::totals::Totals;
use crate::console::{HEADING, styled};

/// Headers that are named; a file may have thousands.
const MOST_NAMES: usize = 20;

/// The preflight as a table.
pub(super) fn preflight(found: &Totals, recognised: &Recognised, sentence: &str) -> String {
    let mut out = format!("{}\n", styled(HEADING, "PREFLIGHT"));
    let mut lines = vec![
        ("rows".to_owned(), found.rows.to_string()),
        ("usable".to_owned(), found.usable.unwrap_or_default().to_string()),
        ("  of them twice in a batch".to_owned(), found.duplicates.to_string()),
        ("unusable".to_owned(), found.unusable().to_string()),
    ];
    lines.extend(found.reasons.iter().map(|(code, count)| (format!("  {code}"), count.to_string())));
    lines.extend(found.left_out.iter().map(|(what, count)| (format!("left out: {what}"), count.to_string())));
    lay_out(&mut out, &lines);
    for (_, header, kind) in &recognised.columns {
        // Writing to a string can't fail.
        let _infallible = writeln!(out, "column    {kind:<8} is `{header}`");
    }
    if !recognised.ignored.is_empty() {
        let _infallible = writeln!(out, "ignored   {}", first_of(recognised.ignored.iter()));
    }
    let _infallible = writeln!(out, "\n{sentence}");
    out
}

/// What became of the rows.
pub(super) fn delivered(totals: &Totals, rows: u64, rejected: Option<&Path>) -> String {
    let mut out = format!("{}\n", styled(HEADING, "DELIVERED"));
    let mut lines = vec![
        ("rows".to_owned(), format!("{} of {rows}", totals.rows)),
        ("delivered".to_owned(), totals.delivered.to_string()),
        ("twice in a batch".to_owned(), totals.duplicates.to_string()),
        ("skipped".to_owned(), totals.skipped.to_string()),
        ("rejected".to_owned(), totals.rejected.to_string()),
    ];
    lines.extend(totals.reasons.iter().map(|(code, count)| (format!("  {code}"), count.to_string())));
    lay_out(&mut out, &lines);
    if let Some(path) = rejected {
        let _infallible = writeln!(out, "\nrejected rows by number: {}", path.display());
    }
    out
}

/// The first of some names, and how many more there are.
pub(super) fn first_of<'n>(names: impl ExactSizeIterator<Item = &'n String>) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    let shown: Vec<_> = names.take(MOST_NAMES).map(String::as_str).collect();
    shown.join(", ") + &if more == 0 { String::new() } else { format!(" and {more} more") }
}

fn lay_out(out: &mut String, lines: &[(String, String)]) {
    let name = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let value = lines.iter().map(|(_, value)| value.chars().count()).max().unwrap_or_default();
    for (label, count) in lines {
        let _infallible = writeln!(out, "{label:<name$}  {count:>value$}");
    }
}
