//! Calls to services of AWS that are worth no SDK: a request, signed, over the one HTTPS client.
//!
//! Knows how a request is signed, addressed, timed and repeated; knows nothing of what is asked. AWS's own crate makes
//! the signature; an SDK per service would not fit into the package.

mod error;

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{PayloadChecksumKind, PercentEncodingMode, SigningSettings, UriPathNormalizationMode};
use hyper::body::Bytes;
use reqwest::{Method, StatusCode, Url};
use tokio::time::Instant;

use super::aws::{self, AwsError, AwsSettings};
use super::retry::repeated;
use super::signer::{Signer, Unsigned};
use crate::clock::TimeBudget;

pub use error::SignedError;

/// How long the head of a response may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest body of an error that is read, to find its code.
const MOST_ERROR_BYTES: usize = 16 * 1024;
/// The longest answer that is read whole: ten messages of a queue are a mebibyte, and escaped six times that.
const MOST_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// A service that is called like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsService {
    /// The queues.
    Sqs,
    /// Objects of lists.
    S3,
    /// The journal.
    Firehose,
    /// Metrics.
    CloudWatch,
    /// Lines of the log.
    Logs,
}

impl AwsService {
    /// Its name in host names and in the scope of a signature.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::S3 => "s3",
            Self::Firehose => "firehose",
            Self::CloudWatch => "monitoring",
            Self::Logs => "logs",
        }
    }

    /// The version of AWS's JSON protocol that it speaks.
    const fn json_version(self) -> &'static str {
        match self {
            Self::CloudWatch | Self::Sqs => "1.0",
            Self::S3 | Self::Firehose | Self::Logs => "1.1",
        }
    }

    /// S3 signs paths as they are sent, and the hash of the body in a header; the others sign as AWS does in general.
    fn signing_settings(self) -> SigningSettings {
        let mut settings = SigningSettings::default();
        if self == Self::S3 {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        settings
    }
}

/// Where services are, if not at AWS's own addresses.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// `AWS_ENDPOINT_URL_SQS`
    pub sqs: Option<Url>,
    /// `AWS_ENDPOINT_URL_S3`
    pub s3: Option<Url>,
    /// `AWS_ENDPOINT_URL_FIREHOSE`
    pub firehose: Option<Url>,
    /// `AWS_ENDPOINT_URL_CLOUDWATCH`
    pub cloudwatch: Option<Url>,
    /// `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`
    pub logs: Option<Url>,
}

impl Endpoints {
    const fn of(&self, service: AwsService) -> Option<&Url> {
        match service {
            AwsService::Sqs => self.sqs.as_ref(),
            AwsService::S3 => self.s3.as_ref(),
            AwsService::Firehose => self.firehose.as_ref(),
            AwsService::CloudWatch => self.cloudwatch.as_ref(),
            AwsService::Logs => self.logs.as_ref(),
        }
    }
}

/// A request that is not signed yet.
#[derive(Clone, Debug)]
pub struct AwsRequest {
    /// To whom.
    pub service: AwsService,
    /// The method.
    pub method: Method,
    /// Path and query, percent-encoded, from the slash on.
    pub target: String,
    /// Headers besides those of the signature, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body: attempts share it, and none copies it.
    pub body: Bytes,
}

impl AwsRequest {
    /// A call of one of AWS's JSON protocols; `action` is the value of `X-Amz-Target`.
    pub fn json(service: AwsService, action: &str, body: impl Into<Bytes>) -> Self {
        let content_type = format!("application/x-amz-json-{}", service.json_version());
        let headers = vec![("content-type", content_type), ("x-amz-target", action.to_owned())];
        Self { service, method: Method::POST, target: "/".to_owned(), headers, body: body.into() }
    }
}

/// Signs and sends.
#[derive(Clone)]
pub struct SignedClient {
    http: reqwest::Client,
    signer: Signer,
    endpoints: Endpoints,
}

/// Prints nothing of the credentials.
impl fmt::Debug for SignedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedClient").field("signer", &self.signer).finish_non_exhaustive()
    }
}

impl SignedClient {
    /// Of the function's role and region; nothing is sent.
    ///
    /// # Errors
    /// Region or credentials are missing.
    pub fn new(settings: &AwsSettings, endpoints: Endpoints, http: reqwest::Client) -> Result<Self, AwsError> {
        Ok(Self { http, signer: Signer::new(settings)?, endpoints })
    }

    /// Sends a request until it is answered well, fails for good, has failed three times, or the time is up; the body
    /// of the answer is still to be read, before the budget's deadline.
    ///
    /// # Errors
    /// See [`SignedError`]; any status but 2xx is one.
    pub async fn send(&self, request: &AwsRequest, time: TimeBudget) -> Result<reqwest::Response, SignedError> {
        repeated(time.deadline, SignedError::may_pass, async || self.once(request, time).await).await
    }

    /// The same for a short answer, which is read whole; an attempt takes no longer than `patience`.
    ///
    /// # Errors
    /// See [`SignedError`]; any status but 2xx is one.
    pub async fn call(
        &self,
        request: &AwsRequest,
        time: TimeBudget,
        patience: Duration,
    ) -> Result<Vec<u8>, SignedError> {
        let attempt = async || {
            let end = time.deadline.min(Instant::now() + patience);
            let answer = async { body(self.once(request, TimeBudget { deadline: end, ..time }).await?).await };
            tokio::time::timeout_at(end, answer).await.map_err(|_elapsed| SignedError::Timeout)?
        };
        repeated(time.deadline, SignedError::may_pass, attempt).await
    }

    /// One attempt, signed with the time at which it is made.
    async fn once(&self, request: &AwsRequest, time: TimeBudget) -> Result<reqwest::Response, SignedError> {
        let left = time.deadline.saturating_duration_since(Instant::now());
        let signed = self.signed(request, time.now().into(), left)?;
        let head = tokio::time::timeout(HEAD_TIMEOUT.min(left), self.http.execute(signed));
        let response = head.await.map_err(|_elapsed| SignedError::Timeout)?.map_err(transport)?;
        if response.status().is_success() { Ok(response) } else { Err(refused(request.service, response).await) }
    }

    /// The request with its signature; its body and answer have `left` of time.
    fn signed(&self, request: &AwsRequest, time: SystemTime, left: Duration) -> Result<reqwest::Request, SignedError> {
        let url = self.url(request)?;
        let (service, body) = (request.service.name(), &request.body);
        let unsigned = Unsigned { service, method: request.method.as_str(), url: url.as_str(), body };
        let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let settings = request.service.signing_settings();
        let signature = self.signer.sign(unsigned, headers, settings, time).map_err(SignedError::Unsigned)?;
        let mut builder = self.http.request(request.method.clone(), url).timeout(left).body(body.clone());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        for (name, value) in signature {
            builder = builder.header(name, value);
        }
        builder.build().map_err(transport)
    }

    fn url(&self, request: &AwsRequest) -> Result<Url, SignedError> {
        let origin = self.endpoints.of(request.service).map_or_else(
            || aws::address(request.service.name(), self.signer.region()),
            |endpoint| endpoint.as_str().trim_end_matches('/').to_owned(),
        );
        Url::parse(&format!("{origin}{}", request.target)).map_err(|_invalid| SignedError::Malformed)
    }
}

/// The whole body of an answer.
async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, SignedError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_ANSWER_BYTES {
            return Err(SignedError::TooLarge);
        }
    }
    Ok(body)
}

fn transport(error: reqwest::Error) -> SignedError {
    if error.is_timeout() { SignedError::Timeout } else { SignedError::Transport(error.without_url()) }
}

/// The refusal, with the error's code: in a header, as `__type` of JSON, or as `Code` of XML.
async fn refused(service: AwsService, mut response: reqwest::Response) -> SignedError {
    let status: StatusCode = response.status();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (named, request_id) = (header("x-amzn-errortype"), header("x-amzn-requestid"));
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_ERROR_BYTES {
            break;
        }
    }
    let body = String::from_utf8_lossy(&body);
    let code = named.as_deref().and_then(word).or_else(|| code_of(&body));
    SignedError::Refused { service: service.name(), status: status.as_u16(), code, request_id }
}

fn code_of(body: &str) -> Option<String> {
    let (_, after) = body.split_once("<Code>").or_else(|| body.split_once("\"__type\":"))?;
    word(after.trim_start_matches([' ', '"']))
}

/// The name at the start of a text, without the name space before a `#`; nothing that is no plain word.
fn word(text: &str) -> Option<String> {
    let end = text.find(['<', '"', ':', ',']).unwrap_or(text.len());
    let name = text.get(..end)?.rsplit('#').next()?;
    let is_plain = !name.is_empty() && name.len() <= 100 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_plain.then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
