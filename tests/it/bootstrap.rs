//! The unmodified binary between the fakes, and everything that it prints.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::support::fake_runtime::{FakeRuntime, Outcome};
use crate::support::fake_secrets::FakeSecrets;
use crate::support::fake_sqs::FakeSqs;
use crate::support::fake_tiktok::{ADVERTISER, FakeTiktok, TOKEN};
use crate::world::SECRET_ID;

/// The binary, unless `BOOTSTRAP` names another one.
const BUILT: &str = env!("CARGO_BIN_EXE_tiktok-audiences");
/// More than any invocation of these tests takes.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The running binary with its neighbours; it is killed when it is stopped or dropped.
#[derive(Debug)]
pub struct Bootstrap {
    /// Lambda.
    pub runtime: FakeRuntime,
    /// TikTok.
    pub tiktok: FakeTiktok,
    /// Secrets Manager.
    pub secrets: FakeSecrets,
    /// SQS.
    pub sqs: FakeSqs,
    /// The URL of the dead-letter queue.
    pub rejected: String,
    child: Child,
    output: Option<[JoinHandle<Vec<u8>>; 2]>,
}

/// What was printed.
#[derive(Debug)]
pub struct Printed {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A Secrets Manager that has the secret.
pub fn secrets() -> FakeSecrets {
    let secrets = FakeSecrets::start();
    let secret = serde_json::json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
    secrets.set(SECRET_ID, &secret.to_string());
    secrets
}

impl Bootstrap {
    /// Starts it with this `destination.json` and these further variables.
    pub fn start(destination: &Value, variables: &[(&str, &str)]) -> Self {
        Self::start_with(secrets(), destination, variables)
    }

    /// The same with this Secrets Manager, which it asks at once.
    pub fn start_with(secrets: FakeSecrets, destination: &Value, variables: &[(&str, &str)]) -> Self {
        let (runtime, tiktok) = (FakeRuntime::start(), FakeTiktok::start());
        let sqs = FakeSqs::start();
        let rejected = sqs.queue("rejected");
        let mut child = command(&runtime, &tiktok, &secrets, &sqs)
            .env("REJECTED_QUEUE_URL", &rejected)
            .env("DESTINATION_CONFIG", destination.to_string())
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Some([read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap())]);
        Self { runtime, tiktok, secrets, sqs, rejected, child, output }
    }

    /// Invokes it.
    pub async fn invoke(&self, payload: impl ToString) -> Outcome {
        self.runtime.invoke(payload.to_string(), DEADLINE).await
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Takes its Runtime API away.
    pub fn lose_runtime(&mut self) {
        self.runtime = FakeRuntime::start();
    }

    /// Ends it and gives what it printed.
    pub fn stop(mut self) -> Printed {
        self.child.kill().unwrap();
        self.printed()
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self) -> (ExitStatus, Printed) {
        let status = self.child.wait().unwrap();
        (status, self.printed())
    }

    fn printed(&mut self) -> Printed {
        let [stdout, stderr] =
            self.output.take().unwrap().map(|reader| String::from_utf8(reader.join().unwrap()).unwrap());
        Printed { stdout, stderr }
    }
}

impl Drop for Bootstrap {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Printed {
    /// The lines of standard output, each a JSON object.
    pub fn lines(&self) -> Vec<Value> {
        let line = |text| {
            let line: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert!(line.is_object(), "{text}");
            line
        };
        self.stdout.lines().map(line).collect()
    }

    /// The lines that are log lines.
    pub fn log(&self) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line.get("_aws").is_none()).collect()
    }

    /// The lines that are metrics.
    pub fn metrics(&self) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line.get("_aws").is_some()).collect()
    }
}

/// The binary with its neighbours' addresses in its environment.
pub fn command(runtime: &FakeRuntime, tiktok: &FakeTiktok, secrets: &FakeSecrets, sqs: &FakeSqs) -> Command {
    let mut command = Command::new(std::env::var_os("BOOTSTRAP").unwrap_or_else(|| BUILT.into()));
    command
        .env_clear()
        .envs(runtime.environment())
        .env("TIKTOK_SECRET_ID", SECRET_ID)
        .env("TIKTOK_API_BASE_URL", tiktok.base_url())
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.endpoint_url())
        .env("AWS_ENDPOINT_URL_SQS", sqs.endpoint_url())
        .stdin(Stdio::null());
    command
}

fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}
