//! What is done in one place only: hashing, the environment, the clock, waiting.

use super::files;

/// Lines of source outside of tests that have one of these words, as `path: line`.
fn uses(within: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files(&[".rs"]) {
        let is_of_tests = path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/test.rs");
        if !path.starts_with(within) || is_of_tests {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        let hits = code.filter(|line| words.iter().any(|word| line.contains(word)));
        found.extend(hits.map(|line| format!("{path}: {line}")));
    }
    found
}

/// Only these files may have one of the words.
#[track_caller]
fn only(owners: &[&str], words: &[&str]) {
    let foreign = uses("src/", words).into_iter().filter(|found| !owners.iter().any(|owner| found.starts_with(owner)));
    assert_eq!(foreign.collect::<Vec<_>>(), Vec::<String>::new(), "only {owners:?} may");
}

#[test]
fn what_is_between_them_is_pure() {
    for within in [
        "src/ingress",
        "src/event",
        "src/mapping",
        "src/actions",
        "src/destination",
        "src/identity",
        "src/batch",
        "src/outcome",
    ] {
        let words =
            ["async fn", ".await", "tokio::", "reqwest::Client", "std::fs", "Instant::now", "crate::delivery::session"];
        assert_eq!(uses(within, &words), Vec::<String>::new(), "{within} is pure");
    }
}

#[test]
fn identifiers_are_hashed_in_one_place() {
    // The others: a filter of mappings, which Segment's mappings have too, and the signatures of OAuth.
    only(
        &["src/identity/sha256.rs", "src/mapping/expression/liquid/filters/texts.rs", "src/control/oauth/"],
        &["sha2::"],
    );
}

#[test]
fn environment_and_clock_are_read_in_one_place_each() {
    only(&["src/config.rs"], &["std::env", "env::var"]);
    only(&["src/clock.rs"], &["SystemTime::now", "Timestamp::now", "Zoned::now"]);
}
