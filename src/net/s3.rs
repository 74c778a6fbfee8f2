//! Objects in S3, by signed calls.
//!
//! Knows paths and nothing of what objects hold. Buckets are named in the path, since a name with dots has no
//! certificate of its own.

use std::fmt::Write as _;

use hyper::body::Bytes;
use reqwest::Method;

use super::signed::{AwsRequest, AwsService, SignedClient, SignedError};
use crate::clock::TimeBudget;

/// Reads an object, or its first bytes; the body is still to be read.
///
/// # Errors
/// See [`SignedError`].
pub async fn get(
    client: &SignedClient,
    bucket: &str,
    key: &str,
    first_bytes: Option<u64>,
    time: TimeBudget,
) -> Result<reqwest::Response, SignedError> {
    let range = first_bytes.map(|bytes| ("range", format!("bytes=0-{}", bytes.saturating_sub(1))));
    let request = AwsRequest {
        service: AwsService::S3,
        method: Method::GET,
        target: target(bucket, key)?,
        headers: range.into_iter().collect(),
        body: Bytes::new(),
    };
    client.send(&request, time).await
}

/// Writes an object.
///
/// # Errors
/// See [`SignedError`].
pub async fn put(
    client: &SignedClient,
    bucket: &str,
    key: &str,
    content_type: &str,
    body: impl Into<Bytes>,
    time: TimeBudget,
) -> Result<(), SignedError> {
    let request = AwsRequest {
        service: AwsService::S3,
        method: Method::PUT,
        target: target(bucket, key)?,
        headers: vec![("content-type", content_type.to_owned())],
        body: body.into(),
    };
    client.send(&request, time).await.map(drop)
}

/// The path of an object. A segment of dots would be resolved on the way, so that the signature would not match.
fn target(bucket: &str, key: &str) -> Result<String, SignedError> {
    if bucket.is_empty() || key.is_empty() || key.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(SignedError::Malformed);
    }
    let mut target = format!("/{bucket}/");
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            target.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _written = write!(target, "%{byte:02X}");
        }
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_encoded_byte_by_byte_and_keeps_its_slashes() {
        let target = target("lists.example", "in/add/7/50% off+/é ü.csv.gz").unwrap();
        assert_eq!(target, "/lists.example/in/add/7/50%25%20off%2B/%C3%A9%20%C3%BC.csv.gz");
    }

    #[test]
    fn what_has_no_path_is_not_asked_for() {
        for (bucket, key) in [("", "a"), ("b", ""), ("b", "in/../secret"), ("b", "./a")] {
            assert!(matches!(target(bucket, key), Err(SignedError::Malformed)), "{bucket} {key}");
        }
    }
}
