//! Invoking elsewhere: profiles, signatures, and what is said where nobody answers.

use super::credentials::Settings;
use super::*;

#[test]
fn profiles_are_read_from_both_files() {
    let mut settings = Settings::default();
    settings.add(
        "[default]\nregion = eu-west-1\n[profile prod]\nregion=eu-central-1 \n# x = y\n[sso-session s]\nregion = no\n",
    );
    settings.add("[prod]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n[role]\nrole_arn = arn\naws_access_key_id = a\naws_secret_access_key = b\n");
    assert_eq!(settings.value("default", "region").as_deref(), Some("eu-west-1"));
    assert_eq!(settings.value("prod", "region").as_deref(), Some("eu-central-1"));
    assert_eq!(settings.value("sso-session s", "region"), None);
    assert_eq!(settings.keys("prod").unwrap().access_key_id, "AKIAEXAMPLE");
    assert!(settings.keys("default").is_none() && settings.keys("role").is_none());
    assert!(!format!("{:?}", settings.keys("prod")).contains("AKIA"));
}

#[test]
fn a_request_is_signed_for_its_region() {
    let keys = Credentials::new("AKIAEXAMPLE", "example", Some("session".to_owned()), None, "test");
    let signer = Signer { identity: keys.into(), region: "eu-west-1".to_owned() };
    let headers =
        signer.headers("https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/f%3Alive/invocations", "{}");
    let headers = headers.unwrap();
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let authorization = header("authorization").unwrap();
    assert!(authorization.contains("/eu-west-1/lambda/aws4_request"), "{authorization}");
    assert_eq!(header("x-amz-security-token"), Some("session"));
}

#[tokio::test]
async fn who_has_no_sandbox_is_told_how_to_start_one() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let target = Target { sandbox: Some(format!("http://{free}").parse().unwrap()), ..Target::default() };
    let error = target.resolve().unwrap().invoke("{}").await.unwrap_err();
    let expected =
        format!("no sandbox at http://{free}/: start `tta serve` first, or name a deployed function by --function");
    assert_eq!(error.to_string(), expected);
}
