//! A soak: very many events through a queue into the function's own process, with a TikTok that throttles, fails and
//! refuses. Nothing may be lost, the members must be right, and the memory must stay where it was.
//!
//! `cargo run --release --example soak -- 1000000`; without a number it is 20,000. The process starts itself once more
//! as the function, so that its memory is its own and not that of the servers around it. Needs Linux for `/proc`.

mod figures;
mod function;
mod people;
mod queue;
#[allow(dead_code, reason = "the tests and the sandbox use what the soak does not need")]
#[path = "../../tests/support/mod.rs"]
pub mod support;

use std::io::{self, Write as _};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use support::fake_runtime::{FakeRuntime, Outcome};
use support::fake_secrets::FakeSecrets;
use support::fake_sqs::FakeSqs;
use support::fake_tiktok::{ADVERTISER, Audience, Endpoint, FakeTiktok, Fault, Rule, TOKEN};

use figures::{Figures, Memory};
use people::People;
use queue::Queue;

/// Events when no number is given.
const EVENTS: usize = 20_000;
/// The word with which the process starts itself as the function.
const FUNCTION: &str = "function";
/// The function's timeout.
const DEADLINE: Duration = Duration::from_mins(1);
const SECRET: &str = "tiktok-audiences/soak";

/// Why there is no result, or a bad one.
#[derive(Debug, thiserror::Error)]
enum SoakError {
    #[error("expected a number of events of at least 1,000, or nothing")]
    Usage,
    #[error("the function: {0}")]
    Function(#[from] lambda_runtime::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("invocation {number} ended with {outcome}")]
    Invocation { number: usize, outcome: String },
    #[error("{0}")]
    Wrong(String),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let word = std::env::args().nth(1);
    let result = match word.as_deref() {
        Some(FUNCTION) => function::serve().await.map_err(SoakError::Function),
        Some(number) => match number.parse() {
            Ok(events) if events >= 1_000 => soak(events).await,
            Ok(_) | Err(_) => Err(SoakError::Usage),
        },
        None => soak(EVENTS).await,
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    // Where even standard error is closed, the status has to do.
    let _unheard = writeln!(io::stderr(), "soak: {error}");
    ExitCode::FAILURE
}

/// What stands around the function.
struct Surroundings {
    runtime: FakeRuntime,
    tiktok: FakeTiktok,
    secrets: FakeSecrets,
    sqs: FakeSqs,
    rejected: String,
    audience: String,
}

impl Surroundings {
    fn start(people: &People) -> Self {
        let tiktok = FakeTiktok::setup().recorded_calls(0).start();
        let audience = tiktok.add_audience(Audience::new(ADVERTISER, "soak"));
        people.refused().for_each(|hash| tiktok.poison(&hash));
        tiktok.rule(Rule::on(Endpoint::Mapping).chance(0.01), Fault::Code(40_100));
        // Half of the failures are of answers only.
        tiktok.rule(Rule::on(Endpoint::Mapping).chance(0.005), Fault::Status(502));
        tiktok.rule(Rule::on(Endpoint::Mapping).chance(0.005), Fault::Status(502).applied());
        let (secrets, sqs) = (FakeSecrets::start(), FakeSqs::start());
        let rejected = sqs.queue("rejected");
        let secret = serde_json::json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
        secrets.set(SECRET, &secret.to_string());
        Self { runtime: FakeRuntime::start(), tiktok, secrets, sqs, rejected, audience }
    }

    /// Lets calls fail even when they are made again, so that messages are sent again.
    fn refuse_the_token_now_and_then(&self, invocation: usize) {
        if invocation.is_multiple_of(10) {
            (0..4).for_each(|_| self.tiktok.next_on(Endpoint::Mapping, Fault::Code(40_105)));
        }
    }

    fn function(&self) -> io::Result<Function> {
        let child = Command::new(std::env::current_exe()?)
            .arg(FUNCTION)
            .env_clear()
            .envs(self.runtime.environment())
            .env("TIKTOK_SECRET_ID", SECRET)
            .env("TIKTOK_API_BASE_URL", self.tiktok.base_url())
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets.endpoint_url())
            .env("AWS_ENDPOINT_URL_SQS", self.sqs.endpoint_url())
            .env("REJECTED_QUEUE_URL", &self.rejected)
            .env("DESTINATION_CONFIG", r#"{"settings":{"calls_per_second":1000}}"#)
            .env("AWS_LAMBDA_LOG_LEVEL", "ERROR")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Function(child))
    }
}

/// The function's process; ended when it is dropped.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

async fn soak(events: usize) -> Result<(), SoakError> {
    let people = People::of(events);
    let around = Surroundings::start(&people);
    let function = around.function()?;
    let mut memory = Memory::of(function.0.id());
    let mut queue = Queue::new(events);
    let began = Instant::now();
    // Everybody is in before the first one leaves: a standard queue keeps no order.
    for phase in [people.entries(), people.exits()] {
        let mut arriving = phase.map(|number| people.event(number, &around.audience));
        while let Some(payload) = queue.receive(&mut arriving) {
            around.refuse_the_token_now_and_then(queue.invocations());
            let outcome = around.runtime.invoke(payload, DEADLINE).await;
            let number = queue.invocations();
            match &outcome {
                Outcome::Response(body) => queue.settle(body)?,
                Outcome::Error { .. } => queue.show_all_again(),
                Outcome::TimedOut => {
                    return Err(SoakError::Invocation { number, outcome: "no reply in time".to_owned() });
                }
            }
            memory.sample()?;
        }
    }
    let figures = Figures { events, took: began.elapsed(), memory: &memory, queue: &queue, tiktok: &around.tiktok };
    io::stdout().write_all(figures.to_string().as_bytes())?;
    check(&people, &around)?;
    memory.check()
}

/// Everybody is where they should be, and whatever TikTok refuses is in the dead-letter queue.
fn check(people: &People, around: &Surroundings) -> Result<(), SoakError> {
    let mut members = around.tiktok.members(&around.audience);
    let missing = people.members().filter(|hash| !members.remove(&("EMAIL_SHA256".to_owned(), hash.clone()))).count();
    let letters: std::collections::BTreeSet<String> = around
        .sqs
        .messages(&around.rejected)
        .iter()
        .filter_map(|message| {
            let event: serde_json::Value = serde_json::from_str(&message.body).ok()?;
            Some(event.get("messageId")?.as_str()?.to_owned())
        })
        .collect();
    let expected = people.refused_events().collect();
    let lost = letters.symmetric_difference(&expected).count();
    let violations = around.tiktok.violations().len();
    if missing + members.len() + lost + violations == 0 {
        return Ok(io::stdout().write_all(b"members, dead-letter queue and calls: as they should be\n")?);
    }
    let extra = members.len();
    Err(SoakError::Wrong(format!(
        "{missing} members missing, {extra} extra, {lost} letters wrong, {violations} violations"
    )))
}
