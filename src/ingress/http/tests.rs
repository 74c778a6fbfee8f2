use super::*;
use crate::json::Document;

#[test]
fn headers_are_found_in_both_formats_whatever_their_case() {
    let text = r#"{"version":"2.0","rawPath":"/prod/events","headers":{"X-Signature":"a"},
        "requestContext":{"stage":"prod","http":{"method":"POST"},"timeEpoch":5,"authorizer":{"iam":{"userArn":"arn:aws:iam::1:role/r"}}}}"#;
    let document = Document::parse(text).unwrap();
    let request = Request::new(Shape::of(document.root()).unwrap(), document.root());
    assert_eq!(request.shape, Shape::V2);
    assert_eq!((request.method().as_ref(), request.path().as_ref()), ("POST", "/events"));
    assert_eq!(request.header("x-signature").as_deref(), Some("a"));
    assert!(request.has_iam_caller());
    assert_eq!(request.received_at(), Some(5));

    let text = r#"{"httpMethod":"GET","path":"/health","headers":{"a":"2"},"multiValueHeaders":{"A":["1","2"]},
        "requestContext":{"stage":"health","identity":{"userArn":null}}}"#;
    let document = Document::parse(text).unwrap();
    let request = Request::new(Shape::of(document.root()).unwrap(), document.root());
    assert_eq!(request.shape, Shape::V1);
    assert_eq!(request.path(), "/health");
    assert_eq!(request.headers("a").collect::<Vec<_>>(), ["1", "2"]);
    assert!(!request.has_iam_caller());
}

#[test]
fn only_a_whole_path_segment_is_a_stage() {
    for (path, stage, expected) in [
        ("/prod/events", "prod", Some("/events")),
        ("/production/events", "prod", None),
        ("/prod", "prod", None),
        ("/events", "$default", None),
        ("/events", "", None),
    ] {
        assert_eq!(without_stage(path, stage), expected, "{path} {stage}");
    }
}

#[test]
fn events_with_a_request_context_of_their_own_are_not_http() {
    for text in [r#"{"requestContext":{}}"#, r#"{"requestContext":1,"httpMethod":"GET"}"#, r#"{"version":"2.0"}"#] {
        assert_eq!(Shape::of(Document::parse(text).unwrap().root()), None, "{text}");
    }
}
