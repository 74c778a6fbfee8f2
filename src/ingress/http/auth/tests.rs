use super::*;
use crate::ingress::http::Shape;

const SECRET: &str = "old-webhook-secret";
const NEW_SECRET: &str = "new-webhook-secret";
const KEY: &str = "write-key-1";

fn sign(secret: &str, text: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap().chain_update(text.as_bytes());
    const_hex::encode(mac.finalize().into_bytes())
}

/// A request of the second payload format with these headers and this body.
struct Case<'c> {
    headers: &'c [(&'c str, String)],
    iam: bool,
    body: &'c str,
}

impl Case<'_> {
    fn judge(&self, accepted: Credentials<'_>, tail: UnsignedTail) -> Result<(), Denied> {
        let headers: serde_json::Map<_, _> =
            self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
        let authorizer = if self.iam {
            serde_json::json!({"iam": {"userArn": "arn:aws:iam::1:user/u"}})
        } else {
            serde_json::json!({})
        };
        let payload = serde_json::json!({"version": "2.0", "headers": headers, "requestContext": {"http": {"method": "POST"}, "authorizer": authorizer}});
        let payload = payload.to_string();
        let payload = Document::parse(payload.as_str()).unwrap();
        let body = Document::parse(self.body).ok();
        let presented = Presented::of(&Request::new(Shape::V2, payload.root()), body.as_ref());
        presented.check(self.body, body.as_ref(), accepted, tail)
    }
}

fn both() -> (Vec<SecretString>, Vec<SecretString>) {
    (vec![SECRET.into(), NEW_SECRET.into()], vec!["write-key-0".into(), KEY.into()])
}

#[track_caller]
fn check(headers: &[(&str, String)], iam: bool, body: &str, expected: Result<(), Denied>) {
    let (webhook_secrets, write_keys) = both();
    let accepted = Credentials { webhook_secrets: &webhook_secrets, write_keys: &write_keys };
    assert_eq!(Case { headers, iam, body }.judge(accepted, UnsignedTail::Refuse), expected);
}

fn basic(text: &str) -> (&'static str, String) {
    ("Authorization", format!("Basic {}", STANDARD.encode(text)))
}

#[test]
fn a_write_key_in_the_body_is_data_beside_another_credential() {
    let body = r#"{"type":"track","writeKey":"the-key-of-its-source"}"#;
    check(&[("X-Signature", sign(SECRET, body))], false, body, Ok(()));
    check(&[basic(KEY)], false, body, Ok(()));
    check(&[], true, body, Ok(()));
    check(&[], false, body, Err(Denied::WrongKey));
    check(&[], false, r#"{"type":"track","writeKey":"write-key-1"}"#, Ok(()));
    check(&[("X-Signature", sign("other", body))], false, body, Err(Denied::WrongSignature));
}

#[test]
fn a_request_without_credential_is_refused() {
    check(&[], false, "{}", Err(Denied::NoCredential));
}

#[test]
fn a_signature_by_any_secret_of_the_rotation_is_accepted() {
    let body = r#"{"type":"track","name":"Zoë"}"#;
    check(&[("X-Signature", sign(SECRET, body))], false, body, Ok(()));
    check(&[("x-signature", sign(NEW_SECRET, body))], false, body, Ok(()));
    check(&[("x-signature", sign("other", body))], false, body, Err(Denied::WrongSignature));
    check(&[("x-signature", sign(SECRET, "{}"))], false, body, Err(Denied::WrongSignature));
    check(&[("x-signature", String::new())], false, body, Err(Denied::WrongSignature));
    check(&[("x-signature", "zz".to_owned())], false, body, Err(Denied::WrongSignature));
}

#[test]
fn the_signature_of_an_array_covers_its_first_element_as_it_stands() {
    let first = r#"{"a": 1.0,"b":"\u00e9"}"#;
    let one = format!("[ {first} ]");
    let two = format!("[{first},{{}}]");
    let signature = [("X-Signature", sign(SECRET, first))];
    check(&signature, false, &one, Ok(()));
    check(&signature, false, &two, Err(Denied::UnsignedTail));
    check(&signature, false, &format!("[{{}},{first}]"), Err(Denied::WrongSignature));
    check(&signature, false, "[]", Err(Denied::WrongSignature));
    check(&[signature[0].clone(), basic("write-key-1:")], false, &two, Ok(()));
    check(&signature, true, &two, Ok(()));
    let (webhook_secrets, write_keys) = both();
    let accepted = Credentials { webhook_secrets: &webhook_secrets, write_keys: &write_keys };
    assert_eq!(Case { headers: &signature, iam: false, body: &two }.judge(accepted, UnsignedTail::Allow), Ok(()));
}

#[test]
fn write_keys_come_in_basic_auth_or_in_the_body() {
    check(&[basic("write-key-1:")], false, "{}", Ok(()));
    check(&[basic("write-key-1")], false, "{}", Ok(()));
    check(&[basic("write-key-0:anything")], false, "{}", Ok(()));
    check(&[("authorization", "Bearer write-key-1".to_owned())], false, "{}", Ok(()));
    check(&[], false, r#"{"writeKey":"write-key-1","batch":[]}"#, Ok(()));
    check(&[basic("write-key-2:")], false, "{}", Err(Denied::WrongKey));
    check(&[basic(":write-key-1")], false, "{}", Err(Denied::WrongKey));
    check(&[("authorization", "Basic %%%".to_owned())], false, "{}", Err(Denied::WrongKey));
    check(&[("authorization", "Digest x".to_owned())], false, "{}", Err(Denied::WrongKey));
    check(&[], false, r#"{"writeKey":""}"#, Err(Denied::WrongKey));
}

#[test]
fn one_wrong_credential_spoils_the_right_ones() {
    check(&[basic("write-key-1:"), basic("guess:")], false, "{}", Err(Denied::WrongKey));
    check(&[("X-Signature", sign("guess", "{}")), basic("write-key-1:")], true, "{}", Err(Denied::WrongSignature));
    check(&[("X-Signature", sign(SECRET, "{}")), basic("guess:")], false, "{}", Err(Denied::WrongKey));
}

#[test]
fn an_iam_caller_needs_nothing_else() {
    check(&[], true, "{}", Ok(()));
    check(&[("authorization", "AWS4-HMAC-SHA256 Credential=x".to_owned())], true, "{}", Ok(()));
    check(&[("authorization", "AWS4-HMAC-SHA256 Credential=x".to_owned())], false, "{}", Err(Denied::WrongKey));
    let none = Credentials { webhook_secrets: &[], write_keys: &[] };
    assert_eq!(Case { headers: &[], iam: true, body: "{}" }.judge(none, UnsignedTail::Refuse), Ok(()));
}

#[test]
fn nothing_configured_is_our_fault_and_not_the_senders() {
    let none = Credentials { webhook_secrets: &[], write_keys: &[] };
    let case = Case { headers: &[basic("write-key-1:")], iam: false, body: "{}" };
    assert_eq!(case.judge(none, UnsignedTail::Refuse), Err(Denied::NotConfigured));
    assert_eq!(Denied::NotConfigured.status(), 503);
}

#[test]
fn with_webhook_secrets_only_unsigned_requests_are_refused() {
    let (webhook_secrets, _) = both();
    let accepted = Credentials { webhook_secrets: &webhook_secrets, write_keys: &[] };
    let unsigned = Case { headers: &[], iam: false, body: "{}" };
    assert_eq!(unsigned.judge(accepted, UnsignedTail::Refuse), Err(Denied::NoCredential));
    let keyed = Case { headers: &[basic("write-key-1:")], iam: false, body: "{}" };
    assert_eq!(keyed.judge(accepted, UnsignedTail::Refuse), Err(Denied::WrongKey));
}

#[test]
fn an_empty_entry_of_the_secret_lets_nobody_in() {
    let empty = [SecretString::from("")];
    let accepted = Credentials { webhook_secrets: &empty, write_keys: &empty };
    let signed = [("X-Signature", sign("", "{}"))];
    let case = Case { headers: &signed, iam: false, body: "{}" };
    assert_eq!(case.judge(accepted, UnsignedTail::Refuse), Err(Denied::WrongSignature));
    let keyed = [basic(":")];
    let case = Case { headers: &keyed, iam: false, body: "{}" };
    assert_eq!(case.judge(accepted, UnsignedTail::Refuse), Err(Denied::WrongKey));
}
