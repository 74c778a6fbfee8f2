use super::*;

/// What a secret says, in one line.
fn told(text: &str) -> String {
    let secret = match secret(text) {
        Ok(secret) => secret,
        Err(error) => return error.to_string(),
    };
    let exposed =
        |list: &[SecretString]| list.iter().map(|text| text.expose_secret().to_owned()).collect::<Vec<_>>().join("+");
    format!(
        "token={} advertisers={} app={} {} webhook={} write={}",
        secret.access_token.as_ref().map_or("-", AccessToken::expose),
        secret.advertiser_ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
        secret.app_id.as_deref().unwrap_or("-"),
        secret.app_secret.as_ref().map_or("-", |text| text.expose_secret()),
        exposed(&secret.webhook_secrets),
        exposed(&secret.write_keys),
    )
}

#[test]
fn both_forms_are_read() {
    let nothing = "token=- advertisers= app=- - webhook= write=";
    for (name, text, expected) in [
        ("a bare token", "abc123", "token=abc123 advertisers= app=- - webhook= write="),
        ("a bare token on a line", " abc123\n", "token=abc123 advertisers= app=- - webhook= write="),
        ("a token of digits", "123", "token=123 advertisers= app=- - webhook= write="),
        (
            "everything",
            r#"{"access_token":"abc","advertiser_ids":["7318294418293948234","8"],"app_id":"9","app_secret":"s",
                "webhook_secrets":["w1","w2"],"write_keys":["k"]}"#,
            "token=abc advertisers=7318294418293948234+8 app=9 s webhook=w1+w2 write=k",
        ),
        (
            "ids as numbers",
            r#"{"advertiser_ids":[7318294418293948234],"app_id":9007199254740993}"#,
            "token=- advertisers=7318294418293948234 app=9007199254740993 - webhook= write=",
        ),
        ("a secret before OAuth", r#"{"app_id":"9"}"#, "token=- advertisers= app=9 - webhook= write="),
        ("nothing", "", nothing),
        ("an empty object", "{}", nothing),
        ("nulls and blanks", r#"{"access_token":" ","advertiser_ids":null,"app_secret":""}"#, nothing),
        ("other tools' keys", r#"{"password":["x"],"access_token":null}"#, nothing),
    ] {
        assert_eq!(told(text), expected, "{name}");
    }
}

#[test]
fn a_mistake_is_named_by_its_key_and_never_quoted() {
    for (text, expected) in [
        ("two hidden words", "the secret is neither JSON nor an access token"),
        ("hidd\u{e9}n", "the secret is neither JSON nor an access token"),
        (r#"{"access_token":"hidden""#, "the secret is not JSON (line 1, column 24)"),
        (r#"["hidden"]"#, "the secret must be a JSON object or the bare access token"),
        (r#""hidden""#, "the secret must be a JSON object or the bare access token"),
        (r#"{"access_token":["hidden"]}"#, "access_token in the secret must be a string"),
        (r#"{"access_token":"hid den"}"#, "access_token in the secret must be printable ASCII without white space"),
        (r#"{"advertiser_ids":"hidden"}"#, "advertiser_ids in the secret must be a list of ids (strings of digits)"),
        (
            r#"{"advertiser_ids":["1","hidden"]}"#,
            "advertiser_ids in the secret must be a list of ids (strings of digits)",
        ),
        (r#"{"advertiser_ids":[7.5]}"#, "advertiser_ids in the secret must be a list of ids (strings of digits)"),
        (r#"{"app_id":{"hidden":1}}"#, "app_id in the secret must be a string"),
        (r#"{"app_secret":7}"#, "app_secret in the secret must be a string"),
        (
            r#"{"webhook_secrets":"hidden"}"#,
            "webhook_secrets in the secret must be a list of strings that are not blank",
        ),
        (r#"{"write_keys":["hidden"," "]}"#, "write_keys in the secret must be a list of strings that are not blank"),
    ] {
        assert_eq!(told(text), expected, "{text}");
        let debug = format!("{:?}", secret(text).unwrap_err());
        assert!(!debug.contains("hidden"), "{debug}");
    }
}

#[test]
fn a_new_token_leaves_the_other_keys_alone() {
    let token = AccessToken::parse("new").unwrap();
    let advertisers = [AdvertiserId::parse("8").unwrap()];
    for (text, expected) in [
        ("old", r#"{"access_token":"new","advertiser_ids":["8"]}"#),
        ("", r#"{"access_token":"new","advertiser_ids":["8"]}"#),
        (
            r#"{"access_token":"old","advertiser_ids":["7"],"app_id":9007199254740993,"other":{"a":[1.5]}}"#,
            r#"{"access_token":"new","advertiser_ids":["8"],"app_id":9007199254740993,"other":{"a":[1.5]}}"#,
        ),
    ] {
        let text = with_token(&SecretString::from(text), &token, &advertisers).unwrap();
        let value: Value = serde_json::from_str(text.expose_secret()).unwrap();
        assert_eq!(value, serde_json::from_str::<Value>(expected).unwrap(), "{expected}");
    }
    assert!(with_token(&SecretString::from("{broken"), &token, &advertisers).is_err());
}
