//! Secrets Manager's operations: AWS's SDK writes the requests and reads the answers, over a connection of our own.
//!
//! The SDK's client around them is left out. To make one takes as long as a TLS handshake, since it parses a table of all
//! of AWS's regions, and so does the first call through its layers: a tenth of a start, for one call in five minutes. What
//! they would do (the address, signatures, time limits, retries) is here and in `net`, for all of AWS's services alike.

use std::fmt::Debug;
use std::time::Duration;

use aws_sdk_secretsmanager::config::{ConfigBag, RuntimePlugin};
use aws_sdk_secretsmanager::error::{BoxError, ProvideErrorMetadata};
use aws_sdk_secretsmanager::operation::get_secret_value::{
    GetSecretValue, GetSecretValueError, GetSecretValueInput, GetSecretValueOutput,
};
use aws_sdk_secretsmanager::operation::put_secret_value::{
    PutSecretValue, PutSecretValueError, PutSecretValueInput, PutSecretValueOutput,
};
use aws_sigv4::http_request::SigningSettings;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse as _, SerializeRequest as _, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_types::body::SdkBody;
use http::uri::InvalidUri;
use hyper::body::Bytes;
use reqwest::Url;
use rustls::crypto::ring;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout_at};

use super::error::{SecretsError, SecretsRefusal};
use crate::clock;
use crate::net::aws::{self, AwsError, AwsSettings};
use crate::net::https::Tls;
use crate::net::origin::{self, Origin, OriginError};
use crate::net::retry::repeated;
use crate::net::signer::{Signer, Unsigned};

/// Its name in host names and in the scope of a signature.
const NAME: &str = "secretsmanager";
/// As many as a UUID has: AWS takes 32 to 64 characters. Source: AWS Secrets Manager, API reference, `PutSecretValue`.
const VERSION_BYTES: usize = 16;
/// One attempt of a call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// All attempts of a call, waits included.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest answer: a secret is 64 KiB at most, escaped six times that.
const MOST_ANSWER_BYTES: usize = 1024 * 1024;

/// An operation as the SDK describes it.
trait Operation: RuntimePlugin {
    type Input: Debug + Send + Sync + 'static;
    type Output: Debug + Send + Sync + 'static;
    type Error: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static;
}

impl Operation for GetSecretValue {
    type Input = GetSecretValueInput;
    type Output = GetSecretValueOutput;
    type Error = GetSecretValueError;
}

impl Operation for PutSecretValue {
    type Input = PutSecretValueInput;
    type Output = PutSecretValueOutput;
    type Error = PutSecretValueError;
}

/// The service in one region, or where an endpoint says.
#[derive(Debug)]
pub(super) struct SecretsManager {
    origin: Origin,
    signer: Signer,
    url: Url,
}

impl SecretsManager {
    /// Nothing is connected yet.
    pub(super) fn new(settings: &AwsSettings, endpoint: Option<&Url>, tls: &Tls) -> Result<Self, AwsError> {
        let signer = Signer::new(settings)?;
        let own = || aws::address(NAME, signer.region()).parse().map_err(|_invalid| AwsError::Address);
        let url: Url = endpoint.cloned().map_or_else(own, Ok)?;
        let origin = Origin::new(&url.origin().ascii_serialization(), tls).map_err(|_invalid| AwsError::Address)?;
        Ok(Self { origin, signer, url })
    }

    /// The secret's text.
    pub(super) async fn get(&self, id: &str, deadline: Instant) -> Result<SecretString, SecretsError> {
        let input = || GetSecretValueInput::builder().secret_id(id).build();
        let output = self.call(&GetSecretValue::new(), input, deadline).await?;
        output.secret_string.map(SecretString::from).ok_or(SecretsError::Binary)
    }

    /// Puts another text in its place. Attempts are of one version, so that a repeated one makes no second.
    pub(super) async fn put(&self, id: &str, text: &SecretString, deadline: Instant) -> Result<(), SecretsError> {
        let mut version = [0; VERSION_BYTES];
        let random = ring::default_provider().secure_random;
        random.fill(&mut version).map_err(|_failed| SecretsError::Build("there are no random bytes".into()))?;
        let version = const_hex::encode(version);
        let input = || {
            let builder = PutSecretValueInput::builder().secret_id(id).client_request_token(&version);
            builder.secret_string(text.expose_secret()).build()
        };
        self.call(&PutSecretValue::new(), input, deadline).await.map(drop)
    }

    async fn call<O: Operation, E: Into<BoxError>>(
        &self,
        operation: &O,
        input: impl Fn() -> Result<O::Input, E>,
        deadline: Instant,
    ) -> Result<O::Output, SecretsError> {
        let deadline = deadline.min(Instant::now() + OPERATION_TIMEOUT);
        let attempt = async || {
            let input = input().map_err(|incomplete| SecretsError::Build(incomplete.into()))?;
            let end = deadline.min(Instant::now() + ATTEMPT_TIMEOUT);
            timeout_at(end, self.once(operation, input)).await.map_err(|_elapsed| SecretsError::Timeout)?
        };
        repeated(deadline, SecretsError::may_pass, attempt).await
    }

    async fn once<O: Operation>(&self, operation: &O, input: O::Input) -> Result<O::Output, SecretsError> {
        let unfit = || SecretsError::Build("the SDK does not say how it is written and read".into());
        let (layer, mut bag) = (operation.config().ok_or_else(unfit)?, ConfigBag::base());
        let serializer = layer.load::<SharedRequestSerializer>().ok_or_else(unfit)?;
        let deserializer = layer.load::<SharedResponseDeserializer>().ok_or_else(unfit)?;
        let request = serializer.serialize_input(Input::erase(input), &mut bag).map_err(SecretsError::Build)?;
        let request = request.try_into_http1x().map_err(|error| SecretsError::Build(error.into()))?;
        let answer = self.origin.exchange(self.signed(request)?, MOST_ANSWER_BYTES).await?;
        let answer: HttpResponse = answer.map(SdkBody::from).try_into().map_err(|_none| SecretsError::Unreadable)?;
        let status = answer.status();
        match deserializer.deserialize_nonstreaming_with_config(&answer, &bag) {
            Ok(output) => output.downcast().map_err(|_another| SecretsError::Unreadable),
            // A success that cannot be read, whose parser's words may quote it.
            Err(_words) if status.is_success() => Err(SecretsError::Unreadable),
            Err(error) => {
                let error = error.as_operation_error().and_then(|error| error.downcast_ref::<O::Error>());
                Err(error.map_or(SecretsError::Unreadable, |error| refused(error, status.as_u16())))
            }
        }
    }

    fn signed(&self, request: http::Request<SdkBody>) -> Result<http::Request<origin::Body>, SecretsError> {
        let unfit = |error: BoxError| SecretsError::Build(error);
        let (mut head, body) = request.into_parts();
        let mut url = self.url.clone();
        url.set_path(&format!("{}/", url.path().trim_end_matches('/')));
        let body = body.bytes().unwrap_or_default();
        let headers = head.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let unsigned = Unsigned { service: NAME, method: head.method.as_str(), url: url.as_str(), body };
        let signature = self.signer.sign(unsigned, headers, SigningSettings::default(), clock::wall_clock());
        head.headers.extend(signature.map_err(|error| unfit(error.into()))?);
        head.uri = url.path().parse().map_err(|error: InvalidUri| unfit(error.into()))?;
        Ok(http::Request::from_parts(head, origin::text(Bytes::copy_from_slice(body))))
    }
}

impl From<OriginError> for SecretsError {
    fn from(error: OriginError) -> Self {
        match error {
            OriginError::TooLong { .. } => Self::Unreadable,
            OriginError::Connect(_) | OriginError::Broken(_) | OriginError::CutOff(_) => Self::Transport(error),
        }
    }
}

fn refused(error: &impl ProvideErrorMetadata, status: u16) -> SecretsError {
    let said = SecretsRefusal {
        code: error.code().unwrap_or("no code").to_owned(),
        message: error.message().unwrap_or("no message").to_owned(),
    };
    SecretsError::from_refusal(said, status)
}
