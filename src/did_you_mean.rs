//! The word that a misspelt one most likely means.

/// Longer words are no slips of the pen, and comparing them would take long.
const LONGEST_SLIP: usize = 60;

/// The candidate that `word` most likely means: at most one letter in three differs.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > LONGEST_SLIP {
        return None;
    }
    let lower = word.to_lowercase();
    let candidates: Vec<_> = candidates.into_iter().collect();
    let ending = format!("_{lower}");
    let mut longer = candidates.iter().filter(|candidate| candidate.to_lowercase().ends_with(&ending));
    // `advertiser_id` is the end of `selected_advertiser_id`, and no slip for `advertising_id`.
    if let (Some(longer), None) = (longer.next(), longer.next()) {
        return Some(longer);
    }
    let close = |candidate: &&str| {
        let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        (distance * 3 <= candidate.chars().count().max(3)).then_some(distance)
    };
    let scored = candidates.into_iter().filter_map(|candidate| Some((close(&candidate)?, candidate)));
    scored.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// How a sentence about an unknown word ends: with the nearest candidate, if one is near.
pub fn hint<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    nearest(word, candidates).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// The nearest of the known words, or all of them if none is near.
pub(crate) fn nearest_or_all(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_and_the_end_of_a_longer_word_are_known() {
        let fields = ["selected_advertiser_id", "audience_id", "advertising_id", "send_advertising_id"];
        for (word, expected) in [
            ("advertiser_id", Some("selected_advertiser_id")),
            ("audienceid", Some("audience_id")),
            ("advertisin_id", Some("advertising_id")),
            ("id", None),
            ("something", None),
        ] {
            assert_eq!(nearest(word, fields), expected, "{word}");
        }
    }
}
