//! `fuzz/run 60 answers`: an HTTP status, a line feed and any bytes are an answer of TikTok's, and a success only with
//! 2xx and the integer code 0. Words of the answer are in no error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use tiktok_audiences::delivery::session::explain;
use tiktok_audiences::json::Document;
use tiktok_audiences::outcome::Outcome;
use tiktok_audiences::tiktok::envelope::{ApiReply, read};
use tiktok_audiences::tiktok::{Audience, Class, Scope, SendError};
use tiktok_audiences_fuzz::assert_clean;

fuzz_target!(|answer: &[u8]| {
    let Some(line) = answer.iter().position(|byte| *byte == b'\n') else { return };
    let (status, body) = (&answer[..line], &answer[line + 1..]);
    let Some(status) = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok()) else { return };
    let read_as_any = read::<IgnoredAny>(status, body);
    let json = serde_json::from_slice::<Map<String, Value>>(body).ok();
    let code = json.as_ref().and_then(|json| json.get("code"));
    match &read_as_any {
        Ok(ApiReply { request_id, .. }) => {
            assert!((200..300).contains(&status));
            // Minus zero is an integer to the eye and a float to the library; half of an emoji and 1e999 are nothing to it.
            let is_half_read = || json.is_none() && is_json(body);
            assert!(code.is_some_and(|code| code.as_f64() == Some(0.0)) || is_half_read(), "{code:?}");
            if let Some(id) = request_id {
                assert_clean("an id", id.as_str());
            }
        }
        Err(error) => {
            let is_success = (200..300).contains(&status) && code == Some(&Value::from(0));
            assert!(!is_success || repeats_a_key(body), "a success is read as one");
            check(status, code, error);
        }
    }
    // What an endpoint promises changes nothing of who is to blame.
    if let (Err(error), Err(any)) = (&read::<Audience>(status, body), &read_as_any) {
        assert_eq!((error.verdict(), error.code()), (any.verdict(), any.code()));
    }
});

fn check(status: u16, code: Option<&Value>, error: &SendError) {
    assert_clean("an error", &format!("{error} {error:?} {}", error.label()));
    if let Some(stated) = error.code() {
        assert_ne!(stated, 0, "0 is no failure's code");
        assert!(code.is_none_or(|code| code.as_i64() == Some(stated)), "the code is the answer's");
    }
    let explanation = explain(error);
    assert_clean("a reason", explanation.message());
    let is_rejected = explanation.reason.outcome() == Outcome::Rejected;
    assert_eq!(is_rejected, error.class() == Class::Permanent, "only a refusal for good rejects");
    assert!(!is_rejected || status < 500, "no event is rejected for a server's fault");
    assert!(!is_rejected || error.code().is_some() || status == 413, "no event is rejected without a word of TikTok's");
    let may_be_rows = matches!(error.scope(), Scope::Row | Scope::Audience | Scope::Size);
    assert!(!is_rejected || may_be_rows, "an account's failure rejects no event");
    assert!(error.ends_sending_for().is_none_or(|scope| matches!(scope, Scope::Account | Scope::Advertiser)));
}

fn is_json(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok_and(|text| Document::parse(text).is_ok())
}

/// Whether a body may state a member twice, which the two readers judge differently.
fn repeats_a_key(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    text.contains('\\') || ["code", "message", "request_id", "data"].iter().any(|key| text.matches(key).count() > 1)
}
