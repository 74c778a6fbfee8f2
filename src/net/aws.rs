//! AWS's SDK on our own connections, and where AWS's services are; no credentials chain.
//!
//! It knows nothing of what the services are used for. Region, credentials and endpoints come in as values; only the
//! configuration reads the environment.

use std::fmt;
use std::sync::Arc;
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
use http::Uri;
use hyper::body::Bytes;
use secrecy::{ExposeSecret, SecretString};

use crate::net::https::CONNECT_TIMEOUT;
use crate::net::origin::{self, Origin, OriginError};

/// One attempt of a call to AWS.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// All attempts of a call to AWS, waits included.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);
/// Attempts of a call to AWS, the first one included.
const ATTEMPTS: u32 = 3;
/// The longest answer: a secret is 64 KiB at most, escaped six times that.
const MOST_ANSWER_BYTES: usize = 1024 * 1024;

/// The domains of regions that are not in `amazonaws.com`, by how their names begin.
///
/// Source: the table of partitions in AWS's SDKs.
const DOMAINS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
];

/// The address of a service of AWS in a region, such as `https://sqs.eu-west-1.amazonaws.com`.
pub fn address(service: &str, region: &str) -> String {
    let domain = DOMAINS.iter().find(|(beginning, _)| region.starts_with(beginning));
    format!("https://{service}.{region}.{}", domain.map_or("amazonaws.com", |(_, domain)| domain))
}

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
    /// The region makes no address, or the endpoint's is none.
    #[error("the address of an AWS service can't be called (AWS_REGION, AWS_ENDPOINT_URL)")]
    Address,
}

impl AwsSettings {
    /// The region.
    ///
    /// # Errors
    /// There is none.
    pub fn region(&self) -> Result<&str, AwsError> {
        self.region.as_deref().ok_or(AwsError::NoRegion)
    }
}

/// The settings of an AWS client whose service is at that origin; the service's builder takes them, and the endpoint.
///
/// Nothing is sent and nothing looked up here, so this may be done at a cold start.
pub fn sdk_config(settings: &AwsSettings, origin: Arc<Origin>) -> Result<SdkConfig, AwsError> {
    let region = settings.region()?.to_owned();
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
        .http_client(Transport { origin })
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .build())
}

/// The SDK's way to the service.
#[derive(Clone, Debug)]
struct Transport {
    origin: Arc<Origin>,
}

impl HttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { origin: Arc::clone(&self.origin), settings: settings.clone() })
    }
}

/// The transport under one set of timeouts.
#[derive(Debug)]
struct Connector {
    origin: Arc<Origin>,
    settings: HttpConnectorSettings,
}

impl HttpConnector for Connector {
    /// Answers when the whole answer is there.
    ///
    /// The SDK's read timeout bounds exactly that. Its connect timeout has no counterpart per call, so the origin's own
    /// ([`CONNECT_TIMEOUT`]) and the SDK's attempt timeout bound the connection.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (origin, limit) = (Arc::clone(&self.origin), self.settings.read_timeout());
        HttpConnectorFuture::new(async move {
            let exchange = exchange(&origin, request);
            match limit {
                Some(limit) => tokio::time::timeout(limit, exchange)
                    .await
                    .unwrap_or_else(|elapsed| Err(ConnectorError::timeout(elapsed.into()))),
                None => exchange.await,
            }
        })
    }
}

/// The SDK repeats after broken connections; not after a request that cannot be sent at all or an answer without an end.
async fn exchange(origin: &Origin, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let (mut head, body) = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?.into_parts();
    head.uri = head.uri.into_parts().path_and_query.map(Uri::from).unwrap_or_default();
    let body = origin::text(Bytes::copy_from_slice(body.bytes().unwrap_or_default()));
    let answer = origin.exchange(http::Request::from_parts(head, body), MOST_ANSWER_BYTES).await;
    let answer = answer.map_err(|error| match error {
        OriginError::TooLong { .. } => ConnectorError::other(error.into(), None),
        OriginError::Connect(_) | OriginError::Broken(_) | OriginError::CutOff(_) => ConnectorError::io(error.into()),
    })?;
    HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|error| ConnectorError::other(error.into(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_domain() {
        for (region, expected) in [
            ("eu-west-1", "https://sqs.eu-west-1.amazonaws.com"),
            ("us-gov-west-1", "https://sqs.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "https://sqs.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "https://sqs.eusc-de-east-1.amazonaws.eu"),
            ("us-iso-east-1", "https://sqs.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "https://sqs.us-isob-east-1.sc2s.sgov.gov"),
            ("eu-isoe-west-1", "https://sqs.eu-isoe-west-1.cloud.adc-e.uk"),
            ("us-isof-south-1", "https://sqs.us-isof-south-1.csp.hci.ic.gov"),
        ] {
            assert_eq!(address("sqs", region), expected);
        }
    }
}
