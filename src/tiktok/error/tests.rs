use super::*;

fn api(code: i64, status: u16, busy: bool) -> SendError {
    SendError::Api { code, status, busy, request_id: None }
}

#[track_caller]
fn check(name: &str, error: &SendError, class: Class, scope: Scope, reached: bool) {
    assert_eq!(error.verdict(), Classification::new(class, scope), "{name}");
    assert_eq!((error.class(), error.scope()), (class, scope), "{name}");
    assert_eq!(error.reached(), reached, "{name}: reached");
    assert_eq!(error.reached(), reached, "{name}");
}

#[test]
fn a_status_without_a_code_is_judged_by_itself() {
    for (status, class, scope, reached) in [
        (301, Class::Blocked, Scope::Account, false),
        (400, Class::Blocked, Scope::Account, false),
        (401, Class::Unauthorized, Scope::Account, false),
        (403, Class::Blocked, Scope::Account, false),
        (404, Class::Blocked, Scope::Account, false),
        (405, Class::Blocked, Scope::Account, false),
        (408, Class::Transient, Scope::Account, true),
        (413, Class::Permanent, Scope::Size, false),
        (429, Class::Throttled, Scope::Account, false),
        (500, Class::Transient, Scope::Account, true),
        (502, Class::Transient, Scope::Account, true),
        (504, Class::Transient, Scope::Account, true),
    ] {
        check(&status.to_string(), &SendError::Status { status }, class, scope, reached);
    }
}

#[test]
fn a_code_outranks_the_status_but_never_rejects_on_a_servers_fault() {
    for (name, error, class, scope, reached) in [
        ("a token's code in a 200", api(40_105, 200, false), Class::Unauthorized, Scope::Account, false),
        ("a token's code in a 401", api(40_105, 401, false), Class::Unauthorized, Scope::Account, false),
        ("a row's code in a 200", api(40_000, 200, false), Class::Permanent, Scope::Row, false),
        ("a row's code in a 400", api(40_000, 400, false), Class::Permanent, Scope::Row, false),
        ("a row's code in a 500", api(40_000, 500, false), Class::Transient, Scope::Account, true),
        ("an unknown code in a 200", api(12, 200, false), Class::Permanent, Scope::Row, false),
        ("an unknown code in a 429", api(12, 429, false), Class::Throttled, Scope::Account, false),
        ("an unknown code in a 503", api(12, 503, false), Class::Transient, Scope::Account, true),
        ("an internal fault in a 200", api(50_000, 200, false), Class::Transient, Scope::Account, true),
        ("a throttle in a 503", api(40_133, 503, false), Class::Throttled, Scope::Advertiser, false),
        ("a partial success", api(20_001, 200, false), Class::Permanent, Scope::Row, true),
    ] {
        check(name, &error, class, scope, reached);
    }
}

#[test]
fn a_list_that_is_refused_blames_nobody_who_waits_for_it() {
    for (name, error, class, scope, reached) in [
        ("a partial success", api(20_001, 200, false), Class::Transient, Scope::Advertiser, false),
        ("a row's code", api(40_002, 200, false), Class::Transient, Scope::Advertiser, false),
        ("an audience's code", api(40_007, 200, false), Class::Transient, Scope::Advertiser, false),
        ("a size's code", api(40_011, 200, false), Class::Transient, Scope::Advertiser, false),
        ("an unknown code", api(49_999, 200, false), Class::Transient, Scope::Advertiser, false),
        ("too long for somebody", SendError::Status { status: 413 }, Class::Transient, Scope::Advertiser, false),
        ("an advertiser that is not there", api(40_300, 200, false), Class::Permanent, Scope::Audience, false),
        ("an advertiser that does not match", api(40_302, 200, false), Class::Permanent, Scope::Audience, false),
        ("a missing permission", api(40_001, 200, false), Class::Blocked, Scope::Account, false),
        ("a throttle", api(40_133, 200, false), Class::Throttled, Scope::Advertiser, false),
        ("a token's code", api(40_106, 200, false), Class::Unauthorized, Scope::Advertiser, false),
    ] {
        check(name, &error.of_list(), class, scope, reached);
    }
    let refused = api(40_002, 200, false).of_list();
    assert_eq!((refused.code(), refused.label().as_ref()), (Some(40_002), "40002"));
    assert_eq!(refused.to_string(), api(40_002, 200, false).to_string());
}

#[test]
fn only_40002_can_be_busy() {
    check("40002", &api(40_002, 200, true), Class::Busy, Scope::Audience, false);
    check("40002, other words", &api(40_002, 200, false), Class::Permanent, Scope::Row, false);
    check("40000", &api(40_000, 200, true), Class::Permanent, Scope::Row, false);
    check("40100", &api(40_100, 200, true), Class::Throttled, Scope::Account, false);
}

#[test]
fn what_is_no_answer_may_be_repeated_but_for_a_create_only_after_a_look() {
    let body = |problem| SendError::Body { problem, request_id: None };
    check("no time", &SendError::NoTime, Class::Transient, Scope::Account, false);
    check("not JSON", &body(BodyProblem::NotJson), Class::Transient, Scope::Account, true);
    check("no data", &body(BodyProblem::Data), Class::Transient, Scope::Account, true);
    check("pages", &SendError::TooManyPages { pages: 1 }, Class::Blocked, Scope::Advertiser, true);
}

#[test]
fn throttles_and_tokens_end_sending_for_their_scope() {
    for (code, expected) in [
        (40_100, Some(Scope::Account)),
        (40_016, Some(Scope::Account)),
        (40_133, Some(Scope::Advertiser)),
        (40_105, Some(Scope::Account)),
        (40_106, Some(Scope::Advertiser)),
        (40_001, None),
        (50_000, None),
        (40_002, None),
    ] {
        assert_eq!(api(code, 200, false).ends_sending_for(), expected, "{code}");
    }
}

#[test]
fn only_plain_ids_are_request_ids() {
    let long = "a".repeat(65);
    for (text, is_id) in [
        ("2026112212345601010101010101ABCDEF", true),
        ("a-b_c", true),
        ("", false),
        ("ada@example.com", false),
        ("a b", false),
        (long.as_str(), false),
    ] {
        assert_eq!(RequestId::parse(text).is_some(), is_id, "{text:?}");
    }
}

#[test]
fn errors_speak_in_our_words() {
    for (error, expected) in [
        (api(40_105, 200, false), "TikTok answered code 40105: the access token is invalid"),
        (SendError::Status { status: 503 }, "TikTok answered HTTP 503"),
        (SendError::Body { problem: BodyProblem::NoCode, request_id: None }, "the answer has no code"),
    ] {
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn metrics_name_a_failure_by_its_code_or_a_word() {
    let body = SendError::Body { problem: BodyProblem::NotJson, request_id: None };
    for (error, expected) in [
        (api(40_105, 200, false), "40105"),
        (SendError::Status { status: 503 }, "HTTP_503"),
        (body, "BODY"),
        (SendError::NoTime, "NO_TIME"),
        (SendError::Build(BuildError::Target("".parse::<http::Uri>().unwrap_err())), "BUILD"),
        (SendError::TooManyPages { pages: 1 }, "PAGES"),
    ] {
        assert_eq!(error.label(), expected);
    }
}

#[test]
fn the_id_of_the_request_is_kept_as_it_was_given() {
    let request_id = RequestId::parse("2026-a_b");
    let id = request_id.clone().map(|id| id.to_string());
    assert_eq!(id.as_deref(), Some("2026-a_b"));
    for error in [
        SendError::Api { code: 40_000, status: 200, busy: false, request_id: request_id.clone() },
        SendError::Body { problem: BodyProblem::NoCode, request_id: request_id.clone() },
    ] {
        assert_eq!(error.request_id(), request_id.as_ref());
        assert_eq!(error.request_id().cloned(), request_id);
    }
    assert_eq!(SendError::NoTime.request_id(), None);
}
