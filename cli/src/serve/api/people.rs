//! Invented people for a load: most are fine, some are what real data has too.

use sha2::{Digest as _, Sha256};

use crate::world::ADVERTISER;

/// The most people that one load can have.
pub(crate) const MOST: usize = 100_000;
/// One of so many has an address that is none.
const BAD_ADDRESS: usize = 500;
/// One of so many has neither address nor number.
const NOTHING: usize = 250;
/// TikTok refuses one of so many while it refuses rows.
const REFUSED: usize = 1_000;
/// The address in the events of `events/`, which TikTok refuses then too.
const KNOWN: &str = "jane.doe@example.com";

/// The event with which a person enters.
pub(crate) fn event(number: usize, audience: &str) -> String {
    format!(
        r#"{{"type":"track","event":"Audience Entered","messageId":"load-{number}","userId":"person-{number}","properties":{{"audience_key":"invented_people","invented_people":true}},"context":{{"traits":{{{}}},"personas":{{"computation_class":"audience","computation_key":"invented_people","external_audience_id":"{audience}","audience_settings":{{"advertiserId":"{ADVERTISER}"}}}}}}}}"#,
        traits(number)
    )
}

fn traits(number: usize) -> String {
    let phone = format!(r#""phone":"+1 (202) 555-{:04}""#, number % 10_000);
    match number {
        _ if number % NOTHING == 7 => String::new(),
        _ if number % BAD_ADDRESS == 11 => format!(r#""email":"person {number} at example""#),
        _ if number.is_multiple_of(2) => format!(r#""email":"{}",{phone}"#, address(number)),
        _ => format!(r#""email":"{}""#, address(number)),
    }
}

fn address(number: usize) -> String {
    format!("person{number}@example.com")
}

/// The hashes that TikTok refuses while it refuses rows.
pub(crate) fn refused_hashes() -> impl Iterator<Item = String> {
    let of_load = (0..MOST).step_by(REFUSED).map(|number| address(number + REFUSED / 2));
    let known = KNOWN.replace("jane.doe", "janedoe");
    of_load.chain([known]).map(|address| const_hex::encode(Sha256::digest(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_json_and_nobody_is_real() {
        for number in 0..2_000 {
            let event: serde_json::Value = serde_json::from_str(&event(number, "1")).unwrap();
            let email = event["context"]["traits"]["email"].as_str().unwrap_or("x@example.com");
            assert!(email.ends_with("example.com") || email.ends_with("at example"), "{email}");
        }
        assert_eq!(refused_hashes().count(), MOST / REFUSED + 1);
    }
}
