//! What several targets need: a destination that uses everything, and the way from events to bodies without a socket.

pub mod acknowledgement;
pub mod destination;
pub mod function;
pub mod model;
pub mod plan;

/// What every address of the seeds ends in. It may be in no report, line or error.
pub const CANARY: &str = "@example";

/// That a text which leaves the function carries no address of the seeds.
#[track_caller]
pub fn assert_clean(what: &str, text: &str) {
    assert!(!text.contains(CANARY), "{what} carries an address");
}

/// That a sentence about an event carries neither an address nor what may be a phone number or a hash.
#[track_caller]
pub fn assert_impersonal(sentence: &str) {
    assert_clean("a sentence", sentence);
    let is_number = |run: &str| (9..=15).contains(&run.len());
    assert!(!sentence.split(|c: char| !c.is_ascii_digit()).any(is_number), "a sentence carries a number");
    let is_hash = |run: &str| run.len() == 32 || run.len() == 64;
    assert!(!sentence.split(|c: char| !c.is_ascii_hexdigit()).any(is_hash), "a sentence carries a hash");
}
