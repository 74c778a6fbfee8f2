//! Invoking elsewhere: profiles, signatures, and what is said where nobody answers.

use super::credentials::{Settings, why_not};
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
fn an_old_command_line_of_aws_is_not_quoted() {
    let old =
        "\nusage: aws [options] <command> <subcommand> [parameters]\naws: error: argument subcommand: Invalid choice";
    assert_eq!(why_not(old), "it needs AWS CLI version 2");
    assert_eq!(why_not("The SSO session has expired\n"), "The SSO session has expired");
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
