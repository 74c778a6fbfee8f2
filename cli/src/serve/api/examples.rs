//! The events of `events/`, part of the binary so that an installed `tta` has them.

use include_dir::{Dir, include_dir};
use serde_json::{Value, json};

use crate::arrival;
use crate::support::server::Answer;

static EVENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../events");

/// Their names, each with what it is.
pub(crate) fn list() -> Value {
    let mut all: Vec<_> = EVENTS
        .files()
        .filter_map(|file| {
            let payload: Value = serde_json::from_str(file.contents_utf8()?).ok()?;
            Some((file.path().to_str()?, arrival::described(&payload)))
        })
        .collect();
    all.sort_unstable();
    all.into_iter().map(|(name, described)| json!({ "name": name, "described": described })).collect()
}

/// One of them, as it is.
pub(crate) fn one(name: &str) -> Option<Answer> {
    Some(Answer::new(200, "application/json", EVENTS.get_file(name)?.contents()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_there_and_nothing_else() {
        let all = list();
        assert_eq!(all.as_array().unwrap().len(), std::fs::read_dir("../events").unwrap().count());
        assert!(one("direct_audience_entered.json").is_some() && one("../Cargo.toml").is_none());
    }
}
