//! The environment variables, each parsed to its type.
//!
//! Knows names, defaults and ranges of variables; knows nothing of `destination.json` but where it may be.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;
use tracing::level_filters::LevelFilter;

use super::expect::unknown;
use super::problem::Problem;
use crate::log::LogEvents;
use crate::net::aws::{AwsKeys, AwsSettings};
use crate::net::signed::Endpoints;

/// A variable that a deployer sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What an absent or empty one means; `None` where that is nothing.
    pub default: Option<&'static str>,
    /// One sentence for people.
    pub meaning: &'static str,
}

/// TikTok's API, unless another is set. Source: TikTok API for Business, "API reference", v1.3.
const TIKTOK_API: &str = "https://business-api.tiktok.com/open_api/v1.3";

/// Every variable that a deployer sets. Lambda itself sets the others that are read: region, credentials, endpoints,
/// function name and log level.
pub const KEYS: &[Key] = &[
    Key { name: "TIKTOK_SECRET_ID", default: None, meaning: "Name or ARN of the secret; required." },
    Key {
        name: "TIKTOK_SECRET_TTL_SECONDS",
        default: Some("300"),
        meaning: "How long the secret is cached, 0 to 86400 seconds.",
    },
    Key {
        name: "TIKTOK_API_BASE_URL",
        default: Some(TIKTOK_API),
        meaning: "TikTok's API: https, or http on loopback only.",
    },
    Key {
        name: "DESTINATION_CONFIG",
        default: None,
        meaning: "Path of destination.json, or its JSON; else /opt/destination.json, the one beside the binary, or the \
                  defaults.",
    },
    Key {
        name: "FUNCTION_ROLE",
        default: Some("all"),
        meaning: "What this function serves: ingest, deliver, control or all.",
    },
    Key {
        name: "LOG_EVENTS",
        default: Some("failed"),
        meaning: "Which events get a log line of their own: failed or all.",
    },
    Key {
        name: "JOURNAL_STREAM",
        default: None,
        meaning: "The Firehose stream that takes the delivery journal; its lines hold the hashes that TikTok got.",
    },
    Key { name: "BUFFER_QUEUE_URL", default: None, meaning: "The SQS queue that takes events before their delivery." },
    Key {
        name: "REJECTED_QUEUE_URL",
        default: None,
        meaning: "The SQS queue that takes events that can never be delivered.",
    },
    Key {
        name: "REDRIVE_QUEUE_URL",
        default: None,
        meaning: "The SQS queue that takes events to be tried again on their own: what `redrive` sends (else to that of \
                  BUFFER_QUEUE_URL), and what may succeed later of a message whose other events are done.",
    },
    Key {
        name: "EVENT_FUNCTIONS",
        default: None,
        meaning: "The functions that deliver, by name, separated by commas; else this one. `audiences` reads from their \
                  metrics whom they have sent.",
    },
    Key {
        name: "EVENT_LOG_GROUPS",
        default: None,
        meaning: "The log groups of the functions that deliver, separated by commas; else that of this one. `receipt` \
                  reads them.",
    },
    Key {
        name: "SSL_CERT_FILE",
        default: None,
        meaning: "PEM file of the root certificates to trust instead of the bundled ones.",
    },
];

/// What a function serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Events that are sent to it: by HTTP, bus, topic or invocation.
    Ingest,
    /// Events that Lambda reads for it: of queues, streams and lists.
    Deliver,
    /// Operations, OAuth, schedules.
    Control,
    /// All of these.
    #[default]
    All,
}

impl Role {
    /// The words for them, in the order of the enumeration.
    const WORDS: [(&'static str, Self); 4] =
        [("ingest", Self::Ingest), ("deliver", Self::Deliver), ("control", Self::Control), ("all", Self::All)];

    fn parse(word: &str) -> Result<Self, String> {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word);
        found.map(|(_, role)| *role).ok_or_else(|| unknown("role", word, &Self::WORDS.map(|(known, _)| known)))
    }

    /// Whether it takes events that a caller sends.
    pub const fn takes_sent_events(self) -> bool {
        match self {
            Self::Ingest | Self::All => true,
            Self::Deliver | Self::Control => false,
        }
    }

    /// Whether it takes events that Lambda or a list's state machine reads.
    pub const fn takes_read_events(self) -> bool {
        match self {
            Self::Deliver | Self::All => true,
            Self::Ingest | Self::Control => false,
        }
    }

    /// Whether it takes operations.
    pub const fn takes_operations(self) -> bool {
        match self {
            Self::Control | Self::All => true,
            Self::Ingest | Self::Deliver => false,
        }
    }
}

/// The process environment, typed.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `FUNCTION_ROLE`: what this function serves. Default: all.
    pub role: Role,
    /// `TIKTOK_SECRET_ID`: name or ARN of the secret.
    pub secret_id: String,
    /// `TIKTOK_SECRET_TTL_SECONDS`: how long the secret is cached. Default: 300 s.
    pub secret_ttl: Duration,
    /// `TIKTOK_API_BASE_URL`: where TikTok's API is; its path has no slash at the end.
    pub tiktok_api: Url,
    /// `LOG_EVENTS`: which events get a line of their own. Default: failed.
    pub log_events: LogEvents,
    /// `JOURNAL_STREAM`: name of the Firehose stream of the delivery journal. Default: none.
    pub journal_stream: Option<String>,
    /// `BUFFER_QUEUE_URL`: the queue that takes events before their delivery. Default: none.
    pub buffer_queue: Option<Url>,
    /// `REJECTED_QUEUE_URL`: the queue that takes events that can never be delivered. Default: none.
    pub rejected_queue: Option<Url>,
    /// `REDRIVE_QUEUE_URL`: the queue that takes events to be tried again on their own. Default: none; dead letters that
    /// are tried again go to the buffer queue then.
    pub redrive_queue: Option<Url>,
    /// `EVENT_FUNCTIONS`: names of the functions that deliver. Default: this one.
    pub event_functions: Vec<String>,
    /// `EVENT_LOG_GROUPS`: log groups of the functions that deliver. Default: `AWS_LAMBDA_LOG_GROUP_NAME`.
    pub event_log_groups: Vec<String>,
    /// `SSL_CERT_FILE`: roots to trust instead of the bundled ones. Default: none.
    pub root_certificates: Option<PathBuf>,
    /// What Lambda sets for AWS's own clients.
    pub aws: Aws,
    /// `AWS_LAMBDA_FUNCTION_NAME`: the function's name. Default: `tiktok-audiences`.
    pub function_name: String,
    /// `AWS_LAMBDA_LOG_LEVEL`: the least important level that is logged. Default: info.
    pub log_level: LevelFilter,
}

/// What AWS's own clients need. Lambda sets all of it.
#[derive(Clone, Debug)]
pub struct Aws {
    /// `AWS_REGION`, else `AWS_DEFAULT_REGION`; `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
    pub settings: AwsSettings,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`, else `AWS_ENDPOINT_URL`. Default: AWS's own.
    pub secrets_manager: Option<Url>,
    /// `AWS_ENDPOINT_URL_SQS` and the like, for services that are called without an SDK; else `AWS_ENDPOINT_URL`.
    /// Default: AWS's own.
    pub endpoints: Endpoints,
}

/// Reads the variables. The result is not to be used when there are problems; without a result there is one.
pub(super) fn read(lookup: impl Fn(&str) -> Option<String>, problems: &mut Vec<Problem>) -> Option<Environment> {
    let mut variables = Variables { lookup, problems };
    let ttl = variables.parsed("TIKTOK_SECRET_TTL_SECONDS", seconds);
    let tiktok_api = variables.parsed_or("TIKTOK_API_BASE_URL", TIKTOK_API, tiktok_api);
    let [buffer_queue, rejected_queue, redrive_queue] =
        ["BUFFER_QUEUE_URL", "REJECTED_QUEUE_URL", "REDRIVE_QUEUE_URL"].map(|name| variables.parsed(name, web_url));
    if buffer_queue.is_some() && buffer_queue == rejected_queue {
        variables.problem("REJECTED_QUEUE_URL", "must not be the queue of BUFFER_QUEUE_URL");
    }
    if redrive_queue.is_some() && redrive_queue == rejected_queue {
        variables.problem("REDRIVE_QUEUE_URL", "must not be the queue of REJECTED_QUEUE_URL");
    }
    let secret_id = variables.required("TIKTOK_SECRET_ID", "it is the name or ARN of the secret with the access token");
    let aws = variables.aws();
    let function_name = variables.text("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "tiktok-audiences".to_owned());
    let event_functions = variables.parsed("EVENT_FUNCTIONS", names_of("a function's name", 64, b"-_"));
    let log_group = variables.text("AWS_LAMBDA_LOG_GROUP_NAME").into_iter().collect();
    let event_log_groups = variables.parsed("EVENT_LOG_GROUPS", names_of("a log group's name", 512, b"_-/.#"));
    Some(Environment {
        role: variables.parsed("FUNCTION_ROLE", Role::parse).unwrap_or_default(),
        journal_stream: variables.parsed("JOURNAL_STREAM", stream_name),
        log_events: variables.parsed("LOG_EVENTS", log_events).unwrap_or_default(),
        secret_ttl: ttl.unwrap_or(Duration::from_mins(5)),
        tiktok_api: tiktok_api?,
        redrive_queue,
        buffer_queue,
        rejected_queue,
        root_certificates: variables.text("SSL_CERT_FILE").map(PathBuf::from),
        log_level: variables.parsed("AWS_LAMBDA_LOG_LEVEL", log_level).unwrap_or(LevelFilter::INFO),
        event_functions: event_functions.unwrap_or_else(|| vec![function_name.clone()]),
        event_log_groups: event_log_groups.unwrap_or(log_group),
        function_name,
        aws,
        secret_id,
    })
}

struct Variables<'p, L> {
    lookup: L,
    problems: &'p mut Vec<Problem>,
}

impl<L: Fn(&str) -> Option<String>> Variables<'_, L> {
    /// The variable; templates leave an unused one empty, which is as good as absent.
    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn problem(&mut self, name: &str, message: impl Into<String>) {
        self.problems.push(Problem::variable(name, message));
    }

    fn required(&mut self, name: &str, hint: &str) -> String {
        let text = self.text(name);
        if text.is_none() {
            self.problem(name, format!("must be set: {hint}"));
        }
        text.unwrap_or_default()
    }

    fn parsed<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(name)?;
        self.parsed_or(name, &text, parse)
    }

    fn parsed_or<T>(&mut self, name: &str, default: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        parse(&text).map_err(|message| self.problem(name, message)).ok()
    }

    fn aws(&mut self) -> Aws {
        let by_lambda = "Lambda sets it";
        let fallback = self.text("AWS_DEFAULT_REGION").filter(|_| self.text("AWS_REGION").is_none());
        let region = fallback.unwrap_or_else(|| self.required("AWS_REGION", by_lambda));
        let keys = AwsKeys {
            access_key_id: self.required("AWS_ACCESS_KEY_ID", by_lambda),
            secret_access_key: self.required("AWS_SECRET_ACCESS_KEY", by_lambda).into(),
            session_token: self.text("AWS_SESSION_TOKEN").map(SecretString::from),
        };
        let endpoint = self.parsed("AWS_ENDPOINT_URL", web_url);
        Aws {
            settings: AwsSettings { region: Some(region), keys: Some(keys) },
            secrets_manager: self.parsed("AWS_ENDPOINT_URL_SECRETS_MANAGER", web_url).or_else(|| endpoint.clone()),
            endpoints: Endpoints {
                sqs: self.parsed("AWS_ENDPOINT_URL_SQS", web_url).or_else(|| endpoint.clone()),
                s3: self.parsed("AWS_ENDPOINT_URL_S3", web_url).or_else(|| endpoint.clone()),
                firehose: self.parsed("AWS_ENDPOINT_URL_FIREHOSE", web_url).or_else(|| endpoint.clone()),
                cloudwatch: self.parsed("AWS_ENDPOINT_URL_CLOUDWATCH", web_url).or_else(|| endpoint.clone()),
                logs: self.parsed("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", web_url).or(endpoint),
            },
        }
    }
}

/// Source: `DeliveryStreamName` of Firehose's `PutRecordBatch`.
fn stream_name(text: &str) -> Result<String, String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let is_name = (1..=64).contains(&text.len()) && text.bytes().all(is_allowed);
    let wrong = "must be a stream's name: 1 to 64 letters, digits, dots, hyphens and underscores";
    if is_name { Ok(text.to_owned()) } else { Err(wrong.to_owned()) }
}

/// Several names, each of letters, digits and `others`. Sources: `FunctionName` of Lambda, `logGroupName` of CloudWatch.
fn names_of(what: &str, longest: usize, others: &[u8]) -> impl Fn(&str) -> Result<Vec<String>, String> {
    move |text| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
        let is_name = |name: &str| (1..=longest).contains(&name.len()) && name.bytes().all(is_allowed);
        let names: Vec<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
        let wrong = || format!("must be names separated by commas, each {what}");
        if names.iter().all(|name| is_name(name)) { Ok(names) } else { Err(wrong()) }
    }
}

fn log_events(word: &str) -> Result<LogEvents, String> {
    match word {
        "failed" => Ok(LogEvents::Failed),
        "all" => Ok(LogEvents::All),
        _ => Err(unknown("choice", word, &["failed", "all"])),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<u64> = text.parse().ok().filter(|seconds| *seconds <= 86_400);
    seconds.map(Duration::from_secs).ok_or_else(|| "must be a whole number of seconds from 0 to 86400".to_owned())
}

/// Lambda's names of levels; its FATAL is our error.
fn log_level(text: &str) -> Result<LevelFilter, String> {
    let level = text.to_ascii_lowercase();
    match level.as_str() {
        "fatal" => Ok(LevelFilter::ERROR),
        "trace" | "debug" | "info" | "warn" | "error" => level.parse().map_err(|_unknown| "is not a level".to_owned()),
        _ => Err(unknown("level", text, &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])),
    }
}

fn web_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("must be a URL: {error}"))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err("must be a URL that starts with https:// or http://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password".to_owned());
    }
    Ok(url)
}

/// Only https, so that a slip of the pen cannot send a secret in clear; http on loopback, for the sandbox.
pub(crate) fn safe_url(text: &str) -> Result<Url, String> {
    let url = web_url(text)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("must be an https URL; http is for loopback addresses only".to_owned());
    }
    Ok(url)
}

fn tiktok_api(text: &str) -> Result<Url, String> {
    let mut url = safe_url(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or a fragment".to_owned());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host == "[::1]" || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
}
