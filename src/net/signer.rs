//! Signatures of requests to AWS, by AWS's own crate.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningError, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;

use super::aws::{AwsError, AwsSettings};

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// AWS's crate refuses the request.
    #[error("AWS's crate does not sign it")]
    Refused(#[source] Box<SigningError>),
    /// A part of it that does not fit into a request.
    #[error("a part of the signature fits into no request")]
    Malformed,
}

/// What of a request is signed.
#[derive(Clone, Copy)]
pub struct Unsigned<'r> {
    /// The service's name in the scope of the signature.
    pub service: &'static str,
    /// The method.
    pub method: &'r str,
    /// The whole address, percent-encoded.
    pub url: &'r str,
    /// The body.
    pub body: &'r [u8],
}

/// Prints nothing of the body.
impl fmt::Debug for Unsigned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsigned").field("service", &self.service).finish_non_exhaustive()
    }
}

/// Signs as the function's role, in its region.
#[derive(Clone)]
pub struct Signer {
    region: String,
    identity: Identity,
}

/// Prints nothing of the credentials.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("region", &self.region).finish_non_exhaustive()
    }
}

impl Signer {
    /// Of the function's role and region.
    ///
    /// # Errors
    /// Region or credentials are missing.
    pub fn new(settings: &AwsSettings) -> Result<Self, AwsError> {
        let region = settings.region()?.to_owned();
        let keys = settings.keys.as_ref().ok_or(AwsError::NoCredentials)?;
        let token = keys.session_token.as_ref().map(|token| token.expose_secret().to_owned());
        let secret = keys.secret_access_key.expose_secret();
        let credentials = Credentials::new(&keys.access_key_id, secret, token, None, "environment");
        Ok(Self { region, identity: credentials.into() })
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The headers that a request, with these headers, is signed with. AWS refuses them when they are five minutes old.
    ///
    /// # Errors
    /// See [`SignError`].
    pub fn sign<'r>(
        &self,
        request: Unsigned<'r>,
        headers: impl Iterator<Item = (&'r str, &'r str)>,
        settings: SigningSettings,
        time: SystemTime,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, SignError> {
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(request.service)
            .time(time)
            .settings(settings)
            .build()
            .map_err(|_incomplete| SignError::Malformed)?
            .into();
        let refused = |error| SignError::Refused(Box::new(error));
        let body = SignableBody::Bytes(request.body);
        let signable = SignableRequest::new(request.method, request.url, headers, body).map_err(refused)?;
        let (instructions, _signature) = sign(signable, &params).map_err(refused)?.into_parts();
        let (headers, _query) = instructions.into_parts();
        let mut signature = Vec::with_capacity(headers.len());
        for header in headers {
            let mut value = HeaderValue::from_str(header.value()).map_err(|_invalid| SignError::Malformed)?;
            value.set_sensitive(header.sensitive() || header.name() == "authorization");
            signature.push((HeaderName::from_static(header.name()), value));
        }
        Ok(signature)
    }
}
