//! Audiences and their members, and how many there were over time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::super::control::audience_json;
use super::Sandbox;
use super::refusal::Refusal;
use crate::support::fake_tiktok::Audience;

/// The most points of a size over time; older ones thin out.
const MOST_POINTS: usize = 2_000;
/// The most hashes of a column that are shown.
const MOST_HASHES: usize = 50;

/// Sizes over time: seconds since 1970, and members.
#[derive(Debug, Default)]
pub(crate) struct Sizes(Mutex<BTreeMap<String, VecDeque<(f64, usize)>>>);

impl Sizes {
    /// Adds a point to every audience whose size has changed; whether one has.
    pub(crate) fn sample(&self, now: f64, sizes: &BTreeMap<String, usize>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|id, _| sizes.contains_key(id));
        let mut has_changed = false;
        for (id, &size) in sizes {
            let points = known.entry(id.clone()).or_default();
            if points.back().is_some_and(|(_, last)| *last == size) {
                continue;
            }
            if points.len() >= MOST_POINTS {
                let mut number = 0;
                points.retain(|_| {
                    number += 1;
                    number % 2 == 0
                });
            }
            points.push_back((now, size));
            has_changed = true;
        }
        has_changed
    }

    fn of(&self, id: &str) -> Vec<(f64, usize)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).into_iter().flatten().copied().collect()
    }
}

pub(crate) fn list(sandbox: &Sandbox) -> Value {
    let now = Sandbox::seconds();
    let of = |audience: Audience| {
        let mut told = audience_json(&audience, &sandbox.world);
        let mut history = json!(sandbox.sizes.of(&audience.id));
        if let Some(points) = history.as_array_mut() {
            points.push(json!([now, told["members"]]));
        }
        told["history"] = history;
        told
    };
    sandbox.world.tiktok.audiences().into_iter().map(of).collect()
}

/// The members of an audience by column, each as its hash.
pub(crate) fn members(sandbox: &Sandbox, id: &str) -> Result<Value, Refusal> {
    if !sandbox.world.tiktok.audiences().iter().any(|audience| audience.id == id) {
        return Err(Refusal::not_found("such audience"));
    }
    let mut columns: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for (column, hash) in sandbox.world.tiktok.members(id) {
        let (count, hashes) = columns.entry(column).or_default();
        *count += 1;
        if hashes.len() < MOST_HASHES {
            hashes.push(hash);
        }
    }
    let columns: serde_json::Map<_, _> = columns
        .into_iter()
        .map(|(column, (count, hashes))| (column, json!({ "count": count, "hashes": hashes })))
        .collect();
    Ok(json!({ "columns": columns }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_points_and_old_points_thin_out() {
        let sizes = Sizes::default();
        let of = |size| BTreeMap::from([("1".to_owned(), size)]);
        assert!(sizes.sample(1.0, &of(0)) && !sizes.sample(2.0, &of(0)) && sizes.sample(3.0, &of(5)));
        assert_eq!(sizes.of("1"), [(1.0, 0), (3.0, 5)]);
        for number in 0..MOST_POINTS {
            sizes.sample(4.0, &of(10 + number));
        }
        assert!(sizes.of("1").len() <= MOST_POINTS);
        assert!(!sizes.sample(5.0, &BTreeMap::new()) && sizes.of("1").is_empty());
    }
}
