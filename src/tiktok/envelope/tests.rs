use serde::Deserialize;
use serde::de::IgnoredAny;

use super::*;

/// What an answer is read as, without its request id.
fn outcome(status: u16, body: &[u8]) -> String {
    match read::<IgnoredAny>(status, body) {
        Ok(_) => "success".to_owned(),
        Err(SendError::Api { code, busy, .. }) => format!("code {code}{}", if busy { ", busy" } else { "" }),
        Err(error) => error.to_string(),
    }
}

#[test]
fn success_is_2xx_and_the_integer_0_and_nothing_else() {
    for (name, status, body, expected) in [
        ("success", 200, r#"{"code":0,"message":"OK","request_id":"r","data":{}}"#, "success"),
        ("success without data", 200, r#"{"code":0}"#, "success"),
        ("created", 201, r#"{"code":0}"#, "success"),
        ("unknown fields", 200, r#"{"code":0,"extra":[1],"data":null}"#, "success"),
        ("white space", 200, " \n{ \"code\" : 0 }\n", "success"),
        ("a refusal", 200, r#"{"code":40105,"message":"no","data":{}}"#, "code 40105"),
        ("a negative code", 200, r#"{"code":-1}"#, "code -1"),
        ("partial", 200, r#"{"code":20001}"#, "code 20001"),
        ("a refusal in a 400", 400, r#"{"code":40002}"#, "code 40002"),
        ("a refusal in a 503", 503, r#"{"code":50000}"#, "code 50000"),
        ("success in a 500", 500, r#"{"code":0}"#, "TikTok answered HTTP 500"),
        ("success in a redirect", 302, r#"{"code":0}"#, "TikTok answered HTTP 302"),
        ("zero as text", 200, r#"{"code":"0"}"#, "the answer's code is not an integer"),
        ("a refusal as text", 200, r#"{"code":"40105"}"#, "the answer's code is not an integer"),
        ("a fraction", 200, r#"{"code":0.0}"#, "the answer's code is not an integer"),
        ("an exponent", 200, r#"{"code":0e0}"#, "the answer's code is not an integer"),
        ("minus zero", 200, r#"{"code":-0}"#, "success"),
        ("null", 200, r#"{"code":null}"#, "the answer has no code"),
        ("false", 200, r#"{"code":false}"#, "the answer's code is not an integer"),
        ("beyond 64 bits", 200, r#"{"code":9223372036854775808}"#, "the answer's code is not an integer"),
        ("no code", 200, r#"{"message":"OK"}"#, "the answer has no code"),
        ("two codes", 200, r#"{"code":0,"code":40105}"#, "the answer is not a JSON object"),
        ("an array", 200, "[0]", "the answer is not a JSON object"),
        ("a page", 200, "<html>OK</html>", "the answer is not a JSON object"),
        ("nothing", 200, "", "the answer is not a JSON object"),
        ("cut off", 200, r#"{"code":0,"mess"#, "the answer is not a JSON object"),
        ("something behind", 200, r#"{"code":0}}"#, "the answer is not a JSON object"),
        ("a page in a 404", 404, "404 page not found", "TikTok answered HTTP 404"),
        ("text as code in a 502", 502, r#"{"code":"0"}"#, "TikTok answered HTTP 502"),
        ("no code in a 401", 401, "{}", "TikTok answered HTTP 401"),
    ] {
        assert_eq!(outcome(status, body.as_bytes()), expected, "{name}");
    }
}

#[test]
fn a_part_of_what_was_asked_for_is_a_success_where_it_is_there() {
    for (status, body, expected) in [
        (200, r#"{"code":20001,"data":{"list":[]}}"#, "success"),
        (200, r#"{"code":0,"data":{}}"#, "success"),
        (200, r#"{"code":20001,"data":null}"#, "code 20001"),
        (200, r#"{"code":20001}"#, "code 20001"),
        (500, r#"{"code":20001,"data":{}}"#, "code 20001"),
        (200, r#"{"code":40002,"data":{}}"#, "code 40002"),
    ] {
        let found = match read_some::<IgnoredAny>(status, body.as_bytes()) {
            Ok(_) => "success".to_owned(),
            Err(error) => format!("code {}", error.code().unwrap()),
        };
        assert_eq!(found, expected, "{body}");
    }
    assert_eq!(outcome(200, br#"{"code":20001,"data":{}}"#), "code 20001", "of a call that changes something");
}

#[test]
fn text_that_is_not_utf8_is_no_success() {
    for body in [&b"{\"code\":0,\"message\":\"\xff\"}"[..], b"{\"code\":0,\"not read\":\"\xff\"}"] {
        assert_eq!(outcome(200, body), "the answer is not a JSON object");
    }
}

#[test]
fn only_the_message_tells_that_an_audience_is_busy() {
    for (message, busy) in [
        (r#""Audience is not editable""#, true),
        (r#""AUDIENCE NOT EDITABLE: it is being updated""#, true),
        (r#""the audience is processing, try later""#, true),
        (r#""Audience is being processed.""#, true),
        (r#""id_schema: invalid""#, false),
        (r#""""#, false),
        ("7", false),
        ("null", false),
    ] {
        let body = format!(r#"{{"code":40002,"message":{message}}}"#);
        let expected = if busy { "code 40002, busy" } else { "code 40002" };
        assert_eq!(outcome(200, body.as_bytes()), expected, "{message}");
    }
}

#[test]
fn the_request_id_survives_success_and_refusal() {
    let success = read::<IgnoredAny>(200, br#"{"code":0,"request_id":"2026-a"}"#).unwrap();
    assert_eq!(success.request_id.unwrap().as_str(), "2026-a");
    for body in [r#"{"code":40002,"request_id":"2026-b"}"#, r#"{"code":"0","request_id":"2026-b"}"#] {
        let error = read::<IgnoredAny>(200, body.as_bytes()).unwrap_err();
        assert_eq!(error.request_id().unwrap().as_str(), "2026-b", "{body}");
    }
    let odd = read::<IgnoredAny>(200, br#"{"code":0,"request_id":17}"#).unwrap();
    assert_eq!(odd.request_id, None);
}

#[test]
fn nothing_of_an_answers_text_is_in_an_error() {
    #[derive(Debug, Deserialize)]
    struct Expected {
        #[expect(dead_code, reason = "only its type matters")]
        number: u64,
    }
    for body in [
        r#"{"code":40002,"message":"ada@example.com is not hashed","request_id":"ada@example.com"}"#,
        r#"{"code":0,"data":{"number":"ada@example.com"}}"#,
        r#"{"code":"ada@example.com"}"#,
        "ada@example.com",
    ] {
        let error = read::<Expected>(200, body.as_bytes()).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("ada"), "{shown}");
    }
}

#[test]
fn data_of_another_shape_is_no_success() {
    let error = read::<Vec<u64>>(200, br#"{"code":0,"data":{}}"#).unwrap_err();
    assert!(matches!(error, SendError::Body { problem: BodyProblem::Data, .. }), "{error}");
}
