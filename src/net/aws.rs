//! AWS's SDK on our own HTTPS client: one TLS stack, one pool, no credentials chain.
//!
//! It knows nothing of what the services are used for. Region, credentials and endpoints come in as values; only the
//! configuration reads the environment.

use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use secrecy::{ExposeSecret, SecretString};

use crate::net::https::CONNECT_TIMEOUT;

/// One attempt of a call to AWS.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// All attempts of a call to AWS, waits included.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);
/// Attempts of a call to AWS, the first one included.
const ATTEMPTS: u32 = 3;

/// Who calls AWS, and where; Lambda sets all of it.
#[derive(Clone, Debug, Default)]
pub struct AwsSettings {
    /// `AWS_REGION`.
    pub region: Option<String>,
    /// The function's own credentials.
    pub keys: Option<AwsKeys>,
}

/// Credentials of a role: they last longer than the sandbox that has them.
#[derive(Clone)]
pub struct AwsKeys {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: SecretString,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<SecretString>,
}

/// Prints nothing of the credentials.
impl fmt::Debug for AwsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsKeys(..)")
    }
}

/// What is missing for any call to AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    /// No region.
    #[error("no AWS region is set (AWS_REGION)")]
    NoRegion,
    /// No credentials.
    #[error("no AWS credentials are set (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)")]
    NoCredentials,
}

/// The settings that every AWS client of ours shares; a service's builder takes them, and an endpoint of its own.
///
/// Nothing is sent and nothing looked up here, so this may be done at a cold start.
pub fn sdk_config(settings: &AwsSettings, http: reqwest::Client) -> Result<SdkConfig, AwsError> {
    let region = settings.region.clone().ok_or(AwsError::NoRegion)?;
    let keys = settings.keys.as_ref().ok_or(AwsError::NoCredentials)?;
    let credentials = Credentials::new(
        keys.access_key_id.clone(),
        keys.secret_access_key.expose_secret(),
        keys.session_token.as_ref().map(|token| token.expose_secret().to_owned()),
        None,
        "environment",
    );
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(ATTEMPT_TIMEOUT))
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Transport { http })
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .build())
}

/// The SDK's way to our HTTPS client.
#[derive(Clone, Debug)]
struct Transport {
    http: reqwest::Client,
}

impl HttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { http: self.http.clone(), settings: settings.clone() })
    }
}

/// The transport under one set of timeouts.
#[derive(Debug)]
struct Connector {
    http: reqwest::Client,
    settings: HttpConnectorSettings,
}

impl HttpConnector for Connector {
    /// Answers as soon as the head of the response is there; the body streams behind it.
    ///
    /// The SDK's read timeout bounds exactly that. Its connect timeout has no counterpart per call, so the client's own
    /// ([`CONNECT_TIMEOUT`]) and the SDK's attempt timeout bound the connection.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (http, limit) = (self.http.clone(), self.settings.read_timeout());
        HttpConnectorFuture::new(async move {
            let exchange = exchange(http, request);
            match limit {
                Some(limit) => tokio::time::timeout(limit, exchange)
                    .await
                    .unwrap_or_else(|elapsed| Err(ConnectorError::timeout(elapsed.into()))),
                None => exchange.await,
            }
        })
    }
}

async fn exchange(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))
        .map_err(|error| ConnectorError::user(error.without_url().into()))?;
    let response: http::Response<reqwest::Body> = http.execute(request).await.map_err(failed)?.into();
    HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
        .map_err(|error| ConnectorError::other(error.into(), None))
}

/// The SDK repeats after timeouts and broken connections, and not after a request that cannot be sent at all.
fn failed(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_builder() {
        ConnectorError::user(error.into())
    } else if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
