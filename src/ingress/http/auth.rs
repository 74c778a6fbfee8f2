//! Who may call over HTTP. Closed by default: a request without a credential gets nowhere.
//!
//! Every credential that a request presents must be valid; one wrong one refuses it. A `writeKey` in the body counts as
//! one only where no other is presented. Knows nothing of what the request
//! asks for. Comparisons take the same time wherever a guess goes wrong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use crate::ingress::http::Request;
use crate::json::{Document, Kind, Value};

/// What is accepted: both lists may hold an old and a new entry while a secret is rotated.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'s> {
    /// Secrets of Segment's webhook signatures.
    pub webhook_secrets: &'s [SecretString],
    /// Keys for Basic auth, `writeKey` in the body, and the path of Webhook Audiences.
    pub write_keys: &'s [SecretString],
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nothing was presented.
    #[error("present an X-Signature, a write key (Basic auth or writeKey) or an IAM signature")]
    NoCredential,
    /// The signature fits none of the webhook secrets.
    #[error("the X-Signature fits none of the webhook_secrets")]
    WrongSignature,
    /// The key is none of the write keys.
    #[error("the write key is none of the write_keys")]
    WrongKey,
    /// Only the first event of several is signed.
    #[error(
        "the signature covers only the first of several events: send one event per request, add a write key, or set \
         allow_unsigned_tail"
    )]
    UnsignedTail,
    /// The secret holds nothing to compare with.
    #[error("the secret has neither webhook_secrets nor write_keys, so that nobody can be let in")]
    NotConfigured,
}

impl Denied {
    /// The status that says it. An unfinished set-up is our problem: a 4xx would make senders drop events.
    pub const fn status(self) -> u16 {
        match self {
            Self::NoCredential | Self::WrongSignature | Self::WrongKey | Self::UnsignedTail => 401,
            Self::NotConfigured => 503,
        }
    }

    /// The code in replies.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoCredential => "NO_CREDENTIAL",
            Self::WrongSignature => "WRONG_SIGNATURE",
            Self::WrongKey => "WRONG_WRITE_KEY",
            Self::UnsignedTail => "UNSIGNED_TAIL",
            Self::NotConfigured => "NO_CREDENTIAL_CONFIGURED",
        }
    }

    /// Whether a newer secret may let the request in.
    pub const fn may_be_stale(self) -> bool {
        match self {
            Self::WrongSignature | Self::WrongKey | Self::NotConfigured => true,
            Self::NoCredential | Self::UnsignedTail => false,
        }
    }
}

/// The credentials that a request presents.
#[derive(Debug)]
pub struct Presented {
    signatures: Vec<String>,
    keys: Vec<SecretString>,
    /// An `Authorization` header that is no write key.
    has_unusable_header: bool,
    has_iam: bool,
}

impl Presented {
    /// Collects the credentials of a request; `body` is its decoded body, where it is JSON.
    pub fn of(request: &Request<'_>, body: Option<&Document<'_>>) -> Self {
        let has_iam = request.has_iam_caller();
        let mut keys = Vec::new();
        let mut has_unusable_header = false;
        for header in request.headers("authorization") {
            if header.starts_with("AWS4-") && has_iam {
                continue;
            }
            match key_of_header(&header) {
                Some(key) => keys.push(key),
                None => has_unusable_header = true,
            }
        }
        let signatures: Vec<_> = request.headers("x-signature").map(std::borrow::Cow::into_owned).collect();
        // Next to another credential the key in a body is data: events carry the key of the source that they came from.
        if signatures.is_empty() && keys.is_empty() && !has_unusable_header && !has_iam {
            let in_body = body.and_then(|body| body.root().get("writeKey")).and_then(Value::as_str);
            keys.extend(in_body.map(|key| SecretString::from(key.into_owned())));
        }
        Self { signatures, keys, has_unusable_header, has_iam }
    }

    /// The same with a write key that stands elsewhere, as in the path of Webhook Audiences.
    #[must_use]
    pub fn with_key(mut self, key: String) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Whether there is none, so that nobody is let in.
    pub const fn is_none(&self) -> bool {
        self.signatures.is_empty() && self.keys.is_empty() && !self.has_unusable_header && !self.has_iam
    }

    /// Whether the secret is needed to judge: an IAM caller was judged by AWS.
    pub const fn needs_secret(&self) -> bool {
        !self.has_iam || !self.signatures.is_empty() || self.has_unusable_header || !self.keys.is_empty()
    }

    /// Judges the credentials; `body` is the decoded body.
    ///
    /// # Errors
    /// See [`Denied`].
    pub fn check(
        &self,
        body: &str,
        parsed: Option<&Document<'_>>,
        accepted: Credentials<'_>,
        unsigned_tail: UnsignedTail,
    ) -> Result<(), Denied> {
        if !self.needs_secret() {
            return Ok(());
        }
        if accepted.webhook_secrets.is_empty() && accepted.write_keys.is_empty() {
            return Err(Denied::NotConfigured);
        }
        if self.has_unusable_header || !self.keys.iter().all(|key| is_one_of(key, accepted.write_keys)) {
            return Err(Denied::WrongKey);
        }
        if self.signatures.is_empty() {
            return if self.keys.is_empty() { Err(Denied::NoCredential) } else { Ok(()) };
        }
        let root = parsed.map(Document::root);
        let events = root.filter(|root| root.kind() == Kind::Array);
        let signed = events.map_or(Some(body), |events| events.item(0).map(Value::raw));
        let fits =
            |signature: &String| signed.is_some_and(|signed| is_signature(signature, signed, accepted.webhook_secrets));
        if !self.signatures.iter().all(fits) {
            return Err(Denied::WrongSignature);
        }
        let signature_alone = self.keys.is_empty() && !self.has_iam;
        let has_tail = events.is_some_and(|events| events.item(1).is_some());
        if signature_alone && has_tail && unsigned_tail == UnsignedTail::Refuse {
            return Err(Denied::UnsignedTail);
        }
        Ok(())
    }
}

/// What becomes of a batch whose first event alone is signed (setting `allow_unsigned_tail`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsignedTail {
    /// The request is refused.
    Refuse,
    /// The tail is trusted.
    Allow,
}

/// The key in an `Authorization` header: the user name of Basic, with or without a colon, or a Bearer token.
fn key_of_header(header: &str) -> Option<SecretString> {
    let (scheme, value) = header.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned().into());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let key = decoded.split_once(':').map_or(decoded.as_str(), |(key, _password)| key);
    Some(key.to_owned().into())
}

fn is_one_of(key: &SecretString, accepted: &[SecretString]) -> bool {
    let key = key.expose_secret().as_bytes();
    let matches = accepted
        .iter()
        .fold(subtle::Choice::from(0), |found, accepted| found | accepted.expose_secret().as_bytes().ct_eq(key));
    !key.is_empty() && bool::from(matches)
}

/// Segment signs with HMAC-SHA1 in hex. Source: Segment's documentation of its webhook destinations.
fn is_signature(signature: &str, signed: &str, secrets: &[SecretString]) -> bool {
    let Ok(signature) = const_hex::decode(signature.trim()) else { return false };
    secrets.iter().fold(false, |found, secret| {
        let secret = secret.expose_secret().as_bytes();
        let verified = Hmac::<Sha1>::new_from_slice(secret)
            .is_ok_and(|mac| mac.chain_update(signed.as_bytes()).verify_slice(&signature).is_ok());
        found | (verified && !secret.is_empty())
    })
}

#[cfg(test)]
mod tests;
