//! The secret: fetched, cached, reloaded, and never shown.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Url;
use tiktok_audiences::net::aws::{AwsError, AwsKeys, AwsSettings};
use tiktok_audiences::net::https::Tls;
use tiktok_audiences::secrets::{Secrets, SecretsClass, SecretsError};
use tiktok_audiences::tiktok::{AccessToken, AdvertiserId};
use tokio::time::Instant;

use crate::upstream::{Turn, Upstream};

const TTL: Duration = Duration::from_mins(5);

fn settings() -> AwsSettings {
    AwsSettings {
        region: Some("eu-west-1".to_owned()),
        keys: Some(AwsKeys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "hidden-key".into(),
            session_token: Some("hidden-session".into()),
        }),
    }
}

fn with(settings: &AwsSettings, endpoint: Option<&Url>) -> Result<Secrets, AwsError> {
    Secrets::new(settings, endpoint, &Tls::new(None).unwrap(), "tiktok/audiences".to_owned(), TTL)
}

fn secrets(upstream: &Upstream) -> Secrets {
    with(&settings(), Some(&upstream.url.parse().unwrap())).unwrap()
}

fn text(secret: &str) -> Turn {
    let body = serde_json::json!({"Name": "tiktok/audiences", "SecretString": secret, "CreatedDate": 1.5});
    Turn::Answer(200, "content-type: application/x-amz-json-1.1\r\n", body.to_string())
}

fn refusal(status: u16, kind: &str) -> Turn {
    let body = format!(r#"{{"__type":"{kind}","Message":"in AWS's words"}}"#);
    Turn::Answer(status, "content-type: application/x-amz-json-1.1\r\n", body)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[tokio::test]
async fn the_secret_is_fetched_signed_and_once() {
    let upstream = Upstream::start([text(r#"{"access_token":"t-1","advertiser_ids":["7"]}"#)]).await;
    let secrets = secrets(&upstream);
    assert!(upstream.seen().is_empty());
    let loaded = secrets.current(Instant::now(), soon()).await.unwrap();
    assert_eq!(loaded.secret.token().unwrap().expose(), "t-1");
    let again = secrets.current(Instant::now(), soon()).await.unwrap();
    assert!(Arc::ptr_eq(&loaded, &again));
    let [seen] = upstream.seen().try_into().unwrap();
    assert_eq!(seen.header("x-amz-target"), Some("secretsmanager.GetSecretValue"));
    assert_eq!(seen.header("x-amz-security-token"), Some("hidden-session"));
    assert_eq!(seen.body, r#"{"SecretId":"tiktok/audiences"}"#);
    let signature = seen.header("authorization").unwrap();
    assert!(signature.contains("AKIDEXAMPLE") && signature.contains("/eu-west-1/secretsmanager/"), "{signature}");
}

#[tokio::test]
async fn an_old_copy_is_refreshed_and_kept_when_that_fails() {
    let upstream = Upstream::start([text("t-1"), text("t-2")]).await;
    let secrets = secrets(&upstream);
    let start = Instant::now();
    let first = secrets.current(start, soon()).await.unwrap();
    let later = Instant::now() + TTL + Duration::from_secs(1);
    let second = secrets.current(later, soon()).await.unwrap();
    assert_eq!(second.secret.token().unwrap().expose(), "t-2");
    assert!(first.age(later) > TTL);

    upstream.then(refusal(400, "AccessDeniedException"));
    let much_later = Instant::now() + 2 * TTL;
    for now in [much_later, much_later + Duration::from_secs(1)] {
        let kept = secrets.current(now, soon()).await.unwrap();
        assert!(Arc::ptr_eq(&kept, &second));
    }
    assert_eq!(upstream.seen().len(), 3, "a failed refresh is not repeated at once");

    upstream.then(text("t-3"));
    let third = secrets.current(much_later + Duration::from_secs(31), soon()).await.unwrap();
    assert_eq!(third.secret.token().unwrap().expose(), "t-3");
}

#[tokio::test]
async fn an_old_copy_serves_everyone_who_waits_for_a_hanging_refresh() {
    let upstream = Upstream::start([text("t-1")]).await;
    let secrets = secrets(&upstream);
    let first = secrets.current(Instant::now(), soon()).await.unwrap();
    let (now, deadline) = (Instant::now() + 2 * TTL, Instant::now() + Duration::from_millis(200));
    for kept in join_all((0..3).map(|_| secrets.current(now, deadline))).await {
        assert!(Arc::ptr_eq(&kept.unwrap(), &first));
    }
    assert_eq!(upstream.seen().len(), 2);
}

#[tokio::test]
async fn concurrent_callers_share_one_fetch() {
    let upstream = Upstream::start([text("t-1"), text("t-2")]).await;
    let secrets = secrets(&upstream);
    let all = join_all((0..5).map(|_| secrets.current(Instant::now(), soon()))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(upstream.seen().len(), 1);

    let used = secrets.current(Instant::now(), soon()).await.unwrap();
    let all = join_all((0..5).map(|_| secrets.reload(&used, Duration::ZERO, Instant::now(), soon()))).await;
    for loaded in all {
        assert_eq!(loaded.unwrap().secret.token().unwrap().expose(), "t-2");
    }
    assert_eq!(upstream.seen().len(), 2);
}

#[tokio::test]
async fn a_reload_fetches_anew_unless_the_copy_is_young_enough() {
    let upstream = Upstream::start([text("t-1"), text("t-2")]).await;
    let secrets = secrets(&upstream);
    let first = secrets.current(Instant::now(), soon()).await.unwrap();
    let young = secrets.reload(&first, Duration::from_secs(10), Instant::now(), soon()).await.unwrap();
    assert!(Arc::ptr_eq(&first, &young));
    let later = Instant::now() + Duration::from_secs(11);
    let second = secrets.reload(&first, Duration::from_secs(10), later, soon()).await.unwrap();
    assert_eq!(second.secret.token().unwrap().expose(), "t-2");
    let late = secrets.reload(&first, Duration::ZERO, later, soon()).await.unwrap();
    assert!(Arc::ptr_eq(&second, &late), "another caller has reloaded already");

    upstream.then(refusal(400, "ResourceNotFoundException"));
    let error = secrets.reload(&second, Duration::ZERO, later, soon()).await.unwrap_err();
    assert!(matches!(error, SecretsError::NotFound(_)), "{error}");
    assert!(Arc::ptr_eq(&second, &secrets.current(Instant::now(), soon()).await.unwrap()));
}

#[tokio::test]
async fn every_refusal_has_its_name() {
    for (status, kind, expected, class) in [
        (400, "ResourceNotFoundException", "the secret does not exist", SecretsClass::Permanent),
        (400, "AccessDeniedException", "the function may not read the secret or use its key", SecretsClass::Permanent),
        (400, "DecryptionFailure", "the function may not read the secret or use its key", SecretsClass::Permanent),
        (
            400,
            "InvalidRequestException",
            "the secret or its key is marked for deletion or disabled",
            SecretsClass::Permanent,
        ),
        (400, "UnrecognizedClientException", "AWS does not take the function's credentials", SecretsClass::Permanent),
        (400, "InvalidParameterException", "Secrets Manager refuses to give the secret", SecretsClass::Permanent),
    ] {
        let upstream = Upstream::start([refusal(status, kind)]).await;
        let error = secrets(&upstream).current(Instant::now(), soon()).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.class()), (expected, class), "{kind}");
    }
}

#[tokio::test]
async fn a_throttle_is_repeated() {
    let upstream = Upstream::start([refusal(400, "ThrottlingException"), text("t-1")]).await;
    secrets(&upstream).current(Instant::now(), soon()).await.unwrap();
    assert_eq!(upstream.seen().len(), 2);
}

#[tokio::test]
async fn an_answer_without_an_end_is_left_and_not_asked_for_again() {
    let upstream = Upstream::start([text(&"a".repeat(2 * 1024 * 1024)), text("t-1")]).await;
    let error = secrets(&upstream).current(Instant::now(), soon()).await.unwrap_err();
    assert!(matches!(error, SecretsError::Unreadable), "{error}");
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn the_deadline_bounds_the_fetch() {
    let upstream = Upstream::start([]).await;
    let start = Instant::now();
    let error = secrets(&upstream).current(start, start + Duration::from_millis(200)).await.unwrap_err();
    assert!(matches!(error, SecretsError::Timeout), "{error}");
    assert_eq!(error.class(), SecretsClass::Retryable);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_broken_answer_shows_nothing_of_the_secret() {
    for turn in [
        Turn::CutOff(r#"{"SecretString":"hidden-token"#.to_owned()),
        Turn::json(r#"{"SecretString":hidden-token}"#),
        Turn::json(r#"{"SecretString":"{\"access_token\":[\"hidden-token\"]}"}"#),
        text(r#"{"access_token":"hidden-token","#),
        text(r#"{"access_token":"hidden-token","advertiser_ids":"hidden-token"}"#),
        text("hidden-token with more"),
        Turn::json(r#"{"SecretBinary":"aGlkZGVuLXRva2Vu"}"#),
    ] {
        let upstream = Upstream::start([turn.clone(), turn.clone(), turn.clone()]).await;
        let error = secrets(&upstream).current(Instant::now(), soon()).await.unwrap_err();
        let mut shown = format!("{error:?}");
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            shown.push_str(&error.to_string());
            cause = error.source();
        }
        assert!(!shown.contains("hidden-token") && !shown.contains("aGlkZGVu"), "{turn:?}: {shown}");
    }
}

#[tokio::test]
async fn without_region_or_credentials_there_is_no_client() {
    let no_region = AwsSettings { region: None, ..settings() };
    assert_eq!(with(&no_region, None).unwrap_err(), AwsError::NoRegion);
    let no_keys = AwsSettings { keys: None, ..settings() };
    assert_eq!(with(&no_keys, None).unwrap_err(), AwsError::NoCredentials);
    let no_host = AwsSettings { region: Some("eu west".to_owned()), ..settings() };
    assert_eq!(with(&no_host, None).unwrap_err(), AwsError::Address);
    assert!(with(&settings(), None).is_ok());
}

#[tokio::test]
async fn nothing_prints_a_secret() {
    let upstream = Upstream::start([text(r#"{"access_token":"hidden-token","write_keys":["hidden-key-2"]}"#)]).await;
    let secrets = secrets(&upstream);
    let loaded = secrets.current(Instant::now(), soon()).await.unwrap();
    let shown = format!("{secrets:?} {loaded:?} {:?}", settings());
    assert!(!shown.contains("hidden"), "{shown}");
}

#[tokio::test]
async fn a_new_token_is_written_over_the_secret_as_it_is_now() {
    let upstream = Upstream::start([
        text(r#"{"access_token":"old"}"#),
        text(r#"{"access_token":"old","write_keys":["rotated meanwhile"]}"#),
        Turn::json(r#"{"Name":"tiktok/audiences","VersionId":"v-2"}"#),
    ])
    .await;
    let secrets = secrets(&upstream);
    let judged = secrets.current(Instant::now(), soon()).await.unwrap();
    let token = AccessToken::parse("new").unwrap();
    let advertisers = [AdvertiserId::parse("8").unwrap()];
    let stored = secrets.store_token(&token, &advertisers, &judged.secret, soon()).await.unwrap();
    assert_eq!(stored.secret.write_keys.len(), 1);
    let current = secrets.current(Instant::now(), soon()).await.unwrap();
    assert_eq!(current.secret.token().unwrap().expose(), "new");
    let seen = upstream.seen();
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[2].header("x-amz-target"), Some("secretsmanager.PutSecretValue"));
    let written: serde_json::Value = serde_json::from_str(&seen[2].body).unwrap();
    assert_eq!(
        written["SecretString"],
        r#"{"access_token":"new","advertiser_ids":["8"],"write_keys":["rotated meanwhile"]}"#
    );
    assert_eq!(written["ClientRequestToken"].as_str().unwrap().len(), 32);
}

#[tokio::test]
async fn a_write_that_is_repeated_is_the_same_version() {
    let upstream = Upstream::start([text("old"), text("old"), refusal(500, "InternalServiceError"), text("")]).await;
    let secrets = secrets(&upstream);
    let judged = secrets.current(Instant::now(), soon()).await.unwrap();
    secrets.store_token(&AccessToken::parse("new").unwrap(), &[], &judged.secret, soon()).await.unwrap();
    let seen = upstream.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[2].body, seen[3].body);
}

#[tokio::test]
async fn an_endpoint_may_have_a_path() {
    let upstream = Upstream::start([text("t-1")]).await;
    let secrets = with(&settings(), Some(&format!("{}/aws", upstream.url).parse().unwrap())).unwrap();
    secrets.current(Instant::now(), soon()).await.unwrap();
    assert_eq!(upstream.seen()[0].line, "POST /aws/");
}

#[tokio::test]
async fn a_refused_write_keeps_the_old_token() {
    let upstream = Upstream::start([text("old"), text("old"), refusal(400, "AccessDeniedException")]).await;
    let secrets = secrets(&upstream);
    let judged = secrets.current(Instant::now(), soon()).await.unwrap();
    let new = AccessToken::parse("new").unwrap();
    let error = secrets.store_token(&new, &[], &judged.secret, soon()).await.unwrap_err();
    assert!(matches!(&error, SecretsError::AccessDenied(said) if said.message == "in AWS's words"), "{error}");
    assert_eq!(secrets.current(Instant::now(), soon()).await.unwrap().secret.token().unwrap().expose(), "old");
}

#[tokio::test]
async fn a_token_that_nobody_judged_is_not_replaced() {
    let upstream = Upstream::start([text("old"), text("stored-meanwhile")]).await;
    let secrets = secrets(&upstream);
    let judged = secrets.current(Instant::now(), soon()).await.unwrap();
    let new = AccessToken::parse("new").unwrap();
    let error = secrets.store_token(&new, &[], &judged.secret, soon()).await.unwrap_err();
    assert!(matches!(error, SecretsError::Changed), "{error}");
    assert_eq!(upstream.seen().len(), 2, "nothing was written");
}
