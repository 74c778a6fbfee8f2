//! Secrets Manager, as far as one secret needs it: `GetSecretValue` and `PutSecretValue`.
//!
//! It knows nothing of what is in a secret. Sources: the API reference of both operations (names, ARNs, version
//! stages, the idempotency token of a put). A secret is found by its name, its ARN, or its ARN without the last six
//! characters.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;
use serde_json::{Value, json};

use super::aws_json::{AwsError, AwsFault, Faults, Service, input};
use super::server::{Answer, Listen, Request, Server};

const SERVICE: Service =
    Service { name: "secretsmanager", target: "secretsmanager", content_type: "application/x-amz-json-1.1" };
const ARN_PREFIX: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";
const ARN_SUFFIX: &str = "-AbCdEf";

/// One call, without the secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretsCall {
    /// `GetSecretValue` or `PutSecretValue`.
    pub operation: String,
    /// The secret's name or ARN, as asked for.
    pub secret_id: String,
    /// The error's name, if it was refused by rule and not by a fault.
    pub error: Option<String>,
}

#[derive(Debug)]
struct Version {
    id: String,
    value: String,
}

#[derive(Debug, Default)]
struct State {
    /// The versions of each secret, the current one last.
    secrets: BTreeMap<String, Vec<Version>>,
    faults: Faults,
    calls: Vec<SecretsCall>,
}

/// A running fake; stops when it is dropped.
#[derive(Debug)]
pub struct FakeSecrets {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct GetInput {
    secret_id: String,
    version_stage: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct PutInput {
    secret_id: String,
    client_request_token: String,
    secret_string: String,
}

impl FakeSecrets {
    /// Without secrets, plain HTTP on a free port.
    pub fn start() -> Self {
        Self::start_at(Listen::default())
    }

    /// Without secrets, at this address.
    pub fn start_at(listen: Listen) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(listen, move |request| handle(Arc::clone(&shared), request));
        Self { server, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The value for `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    pub fn endpoint_url(&self) -> String {
        self.server.origin()
    }

    /// Makes the secret, or gives it a new version.
    pub fn set(&self, name: &str, value: &str) {
        self.state().put(name, None, value);
    }

    /// Deletes the secret.
    pub fn remove(&self, name: &str) {
        self.state().secrets.remove(name);
    }

    /// The current value.
    pub fn value(&self, name: &str) -> Option<String> {
        Some(self.state().secrets.get(name)?.last()?.value.clone())
    }

    /// The secret's full ARN.
    pub fn arn(name: &str) -> String {
        format!("{ARN_PREFIX}{name}{ARN_SUFFIX}")
    }

    /// The next call meets this fault; calls of `next` queue up.
    pub fn next(&self, fault: AwsFault) {
        self.state().faults.queue.push_back(fault);
    }

    /// Every call that meets no queued fault meets this one, until it is taken away with nothing.
    pub fn always(&self, fault: Option<AwsFault>) {
        self.state().faults.always = fault;
    }

    /// All calls, those that met a fault included.
    pub fn calls(&self) -> Vec<SecretsCall> {
        self.state().calls.clone()
    }

    /// How often an operation was called.
    pub fn call_count(&self, operation: &str) -> usize {
        self.state().calls.iter().filter(|call| call.operation == operation).count()
    }
}

impl State {
    fn put(&mut self, name: &str, id: Option<String>, value: &str) -> String {
        let versions = self.secrets.entry(name.to_owned()).or_default();
        let id = id.unwrap_or_else(|| format!("00000000-0000-4000-8000-{:012}", versions.len()));
        versions.push(Version { id: id.clone(), value: value.to_owned() });
        id
    }

    fn name_of(&self, secret_id: &str) -> Result<String, AwsError> {
        let name = secret_id.strip_prefix(ARN_PREFIX).unwrap_or(secret_id);
        let name = name.strip_suffix(ARN_SUFFIX).unwrap_or(name);
        if self.secrets.contains_key(name) {
            return Ok(name.to_owned());
        }
        Err(AwsError::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret."))
    }

    fn get_secret_value(&self, body: &[u8]) -> Result<Value, AwsError> {
        let input: GetInput = input(body)?;
        let name = self.name_of(&input.secret_id)?;
        let versions = &self.secrets[&name];
        let stage = input.version_stage.unwrap_or_else(|| "AWSCURRENT".to_owned());
        let back = match stage.as_str() {
            "AWSCURRENT" => Some(1),
            "AWSPREVIOUS" => Some(2),
            _ => None,
        };
        let version = back.and_then(|back| versions.iter().nth_back(back - 1));
        let version = version.ok_or_else(|| AwsError::new("ResourceNotFoundException", "no such stage"))?;
        Ok(json!({
            "ARN": FakeSecrets::arn(&name),
            "Name": name,
            "VersionId": version.id,
            "VersionStages": [stage],
            "SecretString": version.value,
            "CreatedDate": 1_790_000_000.123,
        }))
    }

    fn put_secret_value(&mut self, body: &[u8]) -> Result<Value, AwsError> {
        let input: PutInput = input(body)?;
        let name = self.name_of(&input.secret_id)?;
        let token = input.client_request_token;
        if !(32..=64).contains(&token.len()) {
            return Err(AwsError::new("InvalidParameterException", "ClientRequestToken has 32 to 64 characters"));
        }
        let known = self.secrets[&name].iter().find(|version| version.id == token);
        if known.is_some_and(|version| version.value != input.secret_string) {
            return Err(AwsError::new("ResourceExistsException", "the version exists with another value"));
        }
        let id = if known.is_some() { token } else { self.put(&name, Some(token), &input.secret_string) };
        Ok(json!({
            "ARN": FakeSecrets::arn(&name),
            "Name": name,
            "VersionId": id,
            "VersionStages": ["AWSCURRENT"],
        }))
    }

    fn call(&mut self, request: &Request, body: &[u8]) -> Result<Value, AwsError> {
        match SERVICE.operation(request)?.as_str() {
            "GetSecretValue" => self.get_secret_value(body),
            "PutSecretValue" => self.put_secret_value(body),
            other => Err(AwsError::new("UnknownOperationException", other)),
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no holder panics")
}

async fn handle(state: Arc<Mutex<State>>, mut request: Request) -> Option<Answer> {
    let body = request.body().await?;
    let parsed: Value = serde_json::from_slice(&body).unwrap_or_default();
    let target = request.header("x-amz-target").unwrap_or_default();
    let call = SecretsCall {
        operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
        secret_id: parsed["SecretId"].as_str().unwrap_or_default().to_owned(),
        error: None,
    };
    let (position, fault) = {
        let mut state = lock(&state);
        state.calls.push(call);
        (state.calls.len() - 1, state.faults.take())
    };
    let act = || {
        let mut state = lock(&state);
        let result = state.call(&request, &body);
        state.calls[position].error = result.as_ref().err().map(|error| error.name.clone());
        result
    };
    SERVICE.play(fault, act).await
}
