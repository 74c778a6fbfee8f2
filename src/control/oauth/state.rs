//! The `state` that travels to TikTok and back: when it was issued, signed.
//!
//! It shows that the way back belongs to a link of ours, without anything being kept. The key is derived from
//! `app_secret`, which only Control and TikTok know.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::control::credentials::Credentials;

/// How long a link can be used.
const LIFE: Duration = Duration::from_mins(10);
/// How much the clocks of two instances may differ.
const SKEW_SECONDS: i64 = 60;
/// Sets these signatures apart from whatever else may be signed with the same secret.
const PURPOSE: &[u8] = b"tiktok-audiences oauth state 1\n";

/// Why a state is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadState {
    /// It was not issued with this secret.
    Forged,
    /// It was issued too long ago.
    Expired,
}

/// A state issued now.
pub(super) fn issue(credentials: Credentials<'_>, now: Timestamp) -> String {
    signed(credentials, now.as_second()).unwrap_or_default()
}

fn signed(credentials: Credentials<'_>, issued: i64) -> Option<String> {
    let signature = const_hex::encode(mac(credentials, issued)?.finalize().into_bytes());
    Some(format!("{issued}.{signature}"))
}

/// When a state that is issued now expires.
pub(super) fn valid_until(now: Timestamp) -> Timestamp {
    now.saturating_add(LIFE).unwrap_or(Timestamp::MAX)
}

/// Whether a state is ours and still good. It is compared in constant time, before its age counts.
pub(super) fn verify(state: &str, credentials: Credentials<'_>, now: Timestamp) -> Result<(), BadState> {
    let (issued, _) = state.split_once('.').ok_or(BadState::Forged)?;
    let issued: i64 = issued.parse().map_err(|_not_ours| BadState::Forged)?;
    // The whole text, so that there is no other spelling of a state than ours.
    let ours = signed(credentials, issued).ok_or(BadState::Forged)?;
    if !bool::from(ours.as_bytes().ct_eq(state.as_bytes())) {
        return Err(BadState::Forged);
    }
    let age = now.as_second().saturating_sub(issued);
    let life = i64::try_from(LIFE.as_secs()).unwrap_or(i64::MAX);
    if (-SKEW_SECONDS..=life).contains(&age) { Ok(()) } else { Err(BadState::Expired) }
}

fn mac(credentials: Credentials<'_>, issued: i64) -> Option<Hmac<Sha256>> {
    let key = credentials.app_secret.expose_secret().as_bytes();
    // HMAC takes keys of any length.
    let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    Some(
        mac.chain_update(PURPOSE).chain_update(credentials.app_id).chain_update(b"\n").chain_update(issued.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use secrecy::SecretString;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[track_caller]
    fn check(state: &str, app_id: &str, app_secret: &str, seconds: i64, expected: Result<(), BadState>) {
        let app_secret = SecretString::from(app_secret);
        let credentials = Credentials { app_id, app_secret: &app_secret };
        let later = now() + SignedDuration::from_secs(seconds);
        assert_eq!(verify(state, credentials, later), expected, "{state} after {seconds} s");
    }

    #[test]
    fn a_state_is_good_for_ten_minutes_with_its_own_secret() {
        let app_secret = SecretString::from("s-1");
        let state = issue(Credentials { app_id: "71", app_secret: &app_secret }, now());
        for (seconds, expected) in
            [(0, Ok(())), (600, Ok(())), (601, Err(BadState::Expired)), (-60, Ok(())), (-61, Err(BadState::Expired))]
        {
            check(&state, "71", "s-1", seconds, expected);
        }
        check(&state, "71", "s-2", 0, Err(BadState::Forged));
        check(&state, "72", "s-1", 0, Err(BadState::Forged));
        assert!(!state.contains("s-1"));
    }

    #[test]
    fn every_change_of_a_state_is_seen() {
        let app_secret = SecretString::from("s-1");
        let state = issue(Credentials { app_id: "71", app_secret: &app_secret }, now());
        let (issued, signature) = state.split_once('.').unwrap();
        let later = issued.parse::<i64>().unwrap() + 1;
        for forged in [
            String::new(),
            ".".to_owned(),
            "forged-state".to_owned(),
            format!("{issued}."),
            format!("{later}.{signature}"),
            format!("{issued}.{}", signature.get(2..).unwrap()),
            format!("{issued}.{signature}00"),
            format!("{issued}.{}", "0".repeat(64)),
            format!("+{state}"),
            format!("0{state}"),
            format!(" {state}"),
            format!("{issued}.0x{signature}"),
            format!("{issued}.{}", signature.to_uppercase()),
            format!("{state}.{signature}"),
        ] {
            check(&forged, "71", "s-1", 0, Err(BadState::Forged));
        }
    }
}
