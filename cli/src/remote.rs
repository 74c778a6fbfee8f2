//! A function that runs elsewhere: deployed on AWS, or behind the door of a running `tta serve`.
//!
//! Both speak Lambda's own `Invoke`. Source: AWS Lambda, API reference, "Invoke".

mod credentials;

use std::path::Path;
use std::time::Duration;

use aws_sigv4::http_request::SigningSettings;
use clap::Args;
use jiff::Timestamp;
use reqwest::Url;
use serde_json::Value;
use tiktok_audiences::net::aws::{self, AwsError};
use tiktok_audiences::net::https::{self, HttpsError};
use tiktok_audiences::net::signer::{SignError, Signer, Unsigned};

use crate::error::SandboxError;

pub(crate) use credentials::{CredentialsError, variable};

/// The service's name in its address and in signatures.
const LAMBDA: &str = "lambda";
/// What a payload is.
const CONTENT_TYPE: (&str, &str) = ("content-type", "application/json");
/// Where `tta serve` listens unless it is told otherwise.
const SANDBOX: &str = "http://127.0.0.1:9000";
/// The longest that a function may run, and a moment for the way.
const TIMEOUT: Duration = Duration::from_secs(910);
/// Attempts where Lambda is at its limit: it has not run the function then.
const MOST_ATTEMPTS: u32 = 4;
/// The wait after the first of them; each one after it waits twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// What Lambda answers then. Source: AWS Lambda, API reference, "Invoke", errors.
const THROTTLED: u16 = 429;
/// Enough of an answer that is none of Lambda's.
const MOST_SHOWN: usize = 300;

/// Which function a command acts on.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Where")]
pub(crate) struct Target {
    /// A deployed function: its name, NAME:ALIAS or its ARN
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Option<String>,
    /// The profile of AWS's configuration, for --function
    #[arg(long, value_name = "NAME", requires = "function")]
    profile: Option<String>,
    /// The region, for --function
    #[arg(long, value_name = "NAME", requires = "function")]
    region: Option<String>,
    /// A running `tta serve`, by default at port 9000 of this machine
    #[arg(long, value_name = "URL", value_parser = web, conflicts_with_all = ["function", "profile", "region"])]
    pub(crate) sandbox: Option<Url>,
}

/// Why a function could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// Nobody listens there.
    #[error("no sandbox at {url}: start `tta serve` first, or name a deployed function by --function")]
    NoSandbox {
        /// Where it was looked for.
        url: Url,
    },
    /// No answer.
    #[error("{url} does not answer: {source}")]
    Transport {
        /// Where.
        url: Url,
        /// The network's reason.
        source: reqwest::Error,
    },
    /// AWS refused.
    #[error("AWS answered {status} {code}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// AWS's word for it.
        code: String,
        /// AWS's sentence.
        message: String,
    },
    /// The credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// What a signature needs is missing.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The request could not be signed.
    #[error("the request could not be signed: {0}")]
    Unsigned(#[from] SignError),
    /// The address is none.
    #[error("`{0}` is not an address")]
    Address(String),
    /// The HTTPS client.
    #[error(transparent)]
    Https(#[from] HttpsError),
}

/// What an invocation came to: the reply, or what the function failed with.
pub(crate) type Invoked = Result<String, Failure>;

/// An invocation that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The type, as one can alarm on it.
    pub(crate) error_type: String,
    /// The sentence.
    pub(crate) message: String,
}

impl From<lambda_runtime::Diagnostic> for Failure {
    fn from(diagnostic: lambda_runtime::Diagnostic) -> Self {
        Self { error_type: diagnostic.error_type, message: diagnostic.error_message }
    }
}

/// A function that can be invoked.
#[derive(Debug)]
pub(crate) struct Remote {
    client: reqwest::Client,
    url: Url,
    /// None for the sandbox.
    signer: Option<Signer>,
}

impl Target {
    /// Whether the command line says where the function is.
    pub(crate) const fn is_named(&self) -> bool {
        self.function.is_some() || self.sandbox.is_some()
    }

    /// What tells the named function from others.
    pub(crate) fn name(&self) -> Option<&str> {
        self.function.as_deref().or(self.sandbox.as_ref().map(Url::as_str))
    }

    /// A function that runs elsewhere has a configuration of its own; the variable is for other commands too.
    pub(crate) fn refuse_configuration(&self, config: Option<&Path>) -> Result<(), SandboxError> {
        let is_by_variable =
            |path: &Path| variable("DESTINATION_CONFIG").is_some_and(|named| Path::new(&named) == path);
        if !self.is_named() || config.is_none_or(is_by_variable) {
            return Ok(());
        }
        let sentence = "--config is for the sandbox of this command: a function that is named runs with its own";
        Err(SandboxError::Usage(sentence.to_owned()))
    }

    /// The function that is named, else that of the sandbox.
    pub(crate) fn resolve(&self) -> Result<Remote, RemoteError> {
        let roots = variable("SSL_CERT_FILE").map(std::path::PathBuf::from);
        let client = https::client(roots.as_deref())?;
        let Some(function) = &self.function else {
            let base = self.sandbox.as_ref().map_or(SANDBOX, Url::as_str);
            let url = address(&format!("{}/2015-03-31/functions/sandbox/invocations", base.trim_end_matches('/')))?;
            return Ok(Remote { client, url, signer: None });
        };
        let found = credentials::find(self.profile.as_deref(), self.region.as_deref(), function)?;
        let signer = Signer::new(&found)?;
        let endpoint = variable("AWS_ENDPOINT_URL_LAMBDA").unwrap_or_else(|| aws::address(LAMBDA, signer.region()));
        let name: String = form_urlencoded::byte_serialize(function.as_bytes()).collect();
        let url = address(&format!("{}/2015-03-31/functions/{name}/invocations", endpoint.trim_end_matches('/')))?;
        Ok(Remote { client, url, signer: Some(signer) })
    }
}

/// An address of a sandbox.
fn web(text: &str) -> Result<Url, String> {
    let url = text.parse().ok().filter(|url: &Url| ["http", "https"].contains(&url.scheme()));
    url.ok_or_else(|| format!("write http://{text}"))
}

fn address(text: &str) -> Result<Url, RemoteError> {
    text.parse().map_err(|_not_one| RemoteError::Address(text.to_owned()))
}

impl Remote {
    /// Invokes the function and waits for its reply.
    pub(crate) async fn invoke(&self, payload: &str) -> Result<Invoked, RemoteError> {
        let mut wait = FIRST_WAIT;
        for _ in 1..MOST_ATTEMPTS {
            match self.attempt(payload).await {
                Err(RemoteError::Refused { status: THROTTLED, .. }) => tokio::time::sleep(wait).await,
                ended => return ended,
            }
            wait *= 2;
        }
        self.attempt(payload).await
    }

    async fn attempt(&self, payload: &str) -> Result<Invoked, RemoteError> {
        let mut request = self.client.post(self.url.clone()).timeout(TIMEOUT).header(CONTENT_TYPE.0, CONTENT_TYPE.1);
        if let Some(signer) = &self.signer {
            let unsigned =
                Unsigned { service: LAMBDA, method: "POST", url: self.url.as_str(), body: payload.as_bytes() };
            let headers = std::iter::once(CONTENT_TYPE);
            for (name, value) in signer.sign(unsigned, headers, SigningSettings::default(), Timestamp::now().into())? {
                request = request.header(name, value);
            }
        }
        let response = request.body(payload.to_owned()).send().await.map_err(|source| self.failed(source))?;
        let status = response.status().as_u16();
        let word = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().split(':').next().unwrap_or_default().to_owned()
        };
        let (failed, code) = (!word("x-amz-function-error").is_empty(), word("x-amzn-errortype"));
        let body = response.text().await.map_err(|source| self.failed(source))?;
        if status != 200 {
            return Err(refused(status, code, &body));
        }
        if !failed {
            return Ok(Ok(body));
        }
        let error: Value = serde_json::from_str(&body).unwrap_or_default();
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        Ok(Err(Failure { error_type: text("errorType"), message: text("errorMessage") }))
    }

    fn failed(&self, source: reqwest::Error) -> RemoteError {
        let url = self.url.clone();
        if self.signer.is_none() && source.is_connect() {
            let mut url = url;
            url.set_path("");
            return RemoteError::NoSandbox { url };
        }
        RemoteError::Transport { url, source: source.without_url() }
    }
}

fn refused(status: u16, code: String, body: &str) -> RemoteError {
    let parsed: Value = serde_json::from_str(body).unwrap_or_default();
    let message = ["Message", "message"].iter().find_map(|key| parsed[*key].as_str());
    let message = message.map_or_else(|| body.chars().take(MOST_SHOWN).collect(), str::to_owned);
    RemoteError::Refused { status, code, message }
}

#[cfg(test)]
mod tests;
