use super::super::aws::AwsKeys;
use super::super::https;
use super::*;

fn client(region: &str) -> SignedClient {
    let keys = AwsKeys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "example-key-of-nobody".to_owned().into(),
        session_token: Some("example-token".to_owned().into()),
    };
    let settings = AwsSettings { region: Some(region.to_owned()), keys: Some(keys) };
    SignedClient::new(&settings, Endpoints::default(), https::client(None).unwrap()).unwrap()
}

fn signed(region: &str, request: &AwsRequest) -> reqwest::Request {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    client(region).signed(request, time, Duration::from_secs(5)).unwrap()
}

#[test]
fn a_request_is_addressed_and_signed_for_its_service_and_region() {
    let request = AwsRequest::json(AwsService::Firehose, "Firehose_20150804.PutRecordBatch", "{}");
    let request = signed("eu-west-1", &request);
    assert_eq!(request.url().as_str(), "https://firehose.eu-west-1.amazonaws.com/");
    let header = |name| request.headers().get(name).unwrap().to_str().unwrap();
    let scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/eu-west-1/firehose/aws4_request, SignedHeaders=";
    assert!(header("authorization").starts_with(scope), "{}", header("authorization"));
    assert!(header("authorization").contains("x-amz-target"), "{}", header("authorization"));
    assert_eq!(header("x-amz-security-token"), "example-token");
    assert!(request.headers().get("authorization").unwrap().is_sensitive());
}

#[test]
fn s3_signs_the_hash_of_the_body_in_a_header() {
    let target = "/bucket/in/add/1/caf%C3%A9%20vip/list.csv".to_owned();
    let request =
        AwsRequest { service: AwsService::S3, method: Method::GET, target, headers: Vec::new(), body: Bytes::new() };
    let request = signed("cn-north-1", &request);
    let expected = "https://s3.cn-north-1.amazonaws.com.cn/bucket/in/add/1/caf%C3%A9%20vip/list.csv";
    assert_eq!(request.url().as_str(), expected);
    let hash = request.headers().get("x-amz-content-sha256").unwrap();
    assert_eq!(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn the_code_of_an_error_is_found_in_every_protocol_and_nothing_else_is() {
    for (name, body, expected) in [
        ("XML", "<Error><Code>NoSuchKey</Code><Key>jane@example.com</Key></Error>", Some("NoSuchKey")),
        ("JSON", r#"{"__type": "com.amazonaws#ThrottlingException","message":"x"}"#, Some("ThrottlingException")),
        ("no code", r#"{"message":"x"}"#, None),
        ("no word", "<Code>jane@example.com</Code>", None),
        ("nothing", "", None),
    ] {
        assert_eq!(code_of(body).as_deref(), expected, "{name}");
    }
}

#[test]
fn what_may_pass_is_told_from_what_somebody_has_to_fix() {
    let refused = |status, code: &str| SignedError::Refused {
        service: "s3",
        status,
        code: Some(code.to_owned()),
        request_id: None,
    };
    for (error, expected) in [
        (SignedError::Timeout, true),
        (refused(503, "SlowDown"), true),
        (refused(400, "ThrottlingException"), true),
        (refused(400, "RequestThrottled"), true),
        (SignedError::TooLarge, false),
        (refused(403, "AccessDenied"), false),
        (refused(404, "NoSuchKey"), false),
        (SignedError::Malformed, false),
    ] {
        assert_eq!(error.may_pass(), expected, "{error}");
    }
    assert_eq!(refused(404, "NoSuchKey").to_string(), "s3 answered 404 NoSuchKey");
}

#[test]
fn nothing_of_the_credentials_is_printed() {
    let shown = format!("{:?}", client("us-east-1"));
    assert!(!shown.contains("example"), "{shown}");
}
