//! Reading JSON by hand: what a value must be, and every key accounted for.
//!
//! Knows nothing of what the keys mean.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;

use super::at::At;
use super::problem::Report;
use crate::did_you_mean::nearest_or_all;
use crate::json::Kind;

impl<'d> At<'d> {
    /// The items of an array; anything else is an error.
    pub(super) fn items(&self, report: &mut Report<'_>) -> Vec<Self> {
        self.expect(Kind::Array, report);
        self.value.items().enumerate().map(|(index, value)| self.item(index, value)).collect()
    }

    /// Whether the value is of that kind; an error if not.
    pub(super) fn expect(&self, kind: Kind, report: &mut Report<'_>) -> bool {
        let found = self.value.kind();
        if found != kind {
            report.error(self, format!("must be {}, not {}", kind.described(), found.described()));
        }
        found == kind
    }

    /// Whether this is an object with no keys but the known ones, each once; errors if not.
    pub(super) fn expect_keys(&self, known: &[&str], report: &mut Report<'_>) -> bool {
        self.expect_keys_or(known, |_| false, report)
    }

    /// The same, where `ignored` says which further keys are known and without effect.
    pub(super) fn expect_keys_or(
        &self,
        known: &[&str],
        ignored: impl Fn(&str) -> bool,
        report: &mut Report<'_>,
    ) -> bool {
        let mut seen = HashSet::new();
        for (name, _) in self.value.members() {
            let Some(key) = name.as_str() else { continue };
            let at = self.under(&key, name);
            if !known.contains(&&*key) && !ignored(&key) {
                report.error(&at, unknown("key", &key, known));
            } else if seen.contains(&key) {
                report.error(&at, "given twice");
            }
            seen.insert(key);
        }
        self.expect(Kind::Object, report)
    }

    /// The text of a member; anything else is an error.
    pub(super) fn text(&self, key: &str, report: &mut Report<'_>) -> Option<Cow<'d, str>> {
        let at = self.get(key)?;
        if at.expect(Kind::String, report) { at.value.as_str() } else { None }
    }

    /// What a member's text means; anything else is an error.
    pub(super) fn parsed<T, E: fmt::Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
        report: &mut Report<'_>,
    ) -> Option<T> {
        let text = self.text(key, report)?;
        parse(&text)
            .map_err(|error| report.error(&self.get(key).unwrap_or_else(|| self.clone()), error.to_string()))
            .ok()
    }

    /// The boolean of a member; anything else is an error.
    pub(super) fn boolean(&self, key: &str, report: &mut Report<'_>) -> Option<bool> {
        let at = self.get(key)?;
        at.expect(Kind::Bool, report);
        at.value.as_bool()
    }

    /// The whole number of a member; anything else, or one outside the range, is an error.
    pub(super) fn integer(&self, key: &str, range: RangeInclusive<u32>, report: &mut Report<'_>) -> Option<u32> {
        let at = self.get(key)?;
        let number = at.value.as_number().and_then(|digits| digits.parse().ok());
        let inside = number.filter(|number| range.contains(number));
        if inside.is_none() {
            report.error(&at, format!("must be a whole number from {} to {}", range.start(), range.end()));
        }
        inside
    }
}

/// The sentence about a word that is none of the known ones, with the nearest of them.
pub(super) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    format!("unknown {what}, {}", nearest_or_all(word, known))
}
