//! `try`: each envelope through the real handler, in this process.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use tiktok_audiences::app::App;
use tiktok_audiences::{clock, handler};

use crate::arguments::Events;
use crate::arrival;
use crate::error::SandboxError;
use crate::page::{Page, Teller};
use crate::world::{AUDIENCE, Members, Scheme, Stage, World};

/// How long an invocation may take: the function's timeout in template.yaml.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tta try events/direct_audience_entered.json
  tta try --config my.json entered.json exited.json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) events: Events,
}

/// Runs the files one after the other in one world; a failure if an invocation failed or broke TikTok's rules.
pub(crate) async fn run(events: &Events) -> Result<ExitCode, SandboxError> {
    let config = events.config.as_deref();
    let world = World::start(Scheme::Http, Stage::Connected);
    let app = world.app(config)?;
    let mut good = true;
    for (number, file) in events.files.iter().enumerate() {
        let read = std::fs::read_to_string(file);
        let payload = read.map_err(|source| SandboxError::File { path: file.clone(), source })?;
        let mut page = Page::new(file, events.extent());
        good &= invoke(&world, &app, &payload, config, &mut page).await?;
        let separator = if number == 0 { "" } else { "\n\n" };
        write!(std::io::stdout(), "{separator}{}", page.into_text())?;
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One invocation; whether it went as it should.
async fn invoke(
    world: &World,
    app: &App,
    payload: &str,
    config: Option<&Path>,
    page: &mut Page,
) -> Result<bool, SandboxError> {
    world.tiktok.forget();
    let (before, rejected_before) = (world.members(), world.rejected().len());
    let reply = handler::handle(app, payload, clock::invocation_time_with(TIMEOUT)).await;
    page.arrived(payload);
    if let Ok(reply) = &reply {
        mappings(reply, payload, config, page).await?;
    }
    consequences(world, &before, rejected_before, page);
    let violations = world.tiktok.violations();
    for violation in &violations {
        page.violation(violation);
    }
    let succeeded = reply.is_ok();
    match reply {
        Ok(reply) => page.reply(&reply),
        Err(error) => {
            let Diagnostic { error_type, error_message } = error.into();
            page.failed(&error_type, &error_message);
        }
    }
    Ok(succeeded && violations.is_empty())
}

/// Which mappings acted on the events.
async fn mappings(reply: &str, payload: &str, config: Option<&Path>, page: &mut Page) -> Result<(), SandboxError> {
    if let Some(report) = report(reply) {
        page.matched(&report, Teller::Reply);
    } else if !is_refusal(reply)
        && let Some(report) = told_directly(payload, config).await?
    {
        page.matched(&report, Teller::DirectInvocation);
    }
    Ok(())
}

/// What the invocation did: calls, members, rejected events.
pub(crate) fn consequences(world: &World, before: &Members, rejected_before: usize, page: &mut Page) {
    let (calls, after) = (world.tiktok.calls(), world.members());
    for call in &calls {
        page.call(call);
    }
    if calls.is_empty() {
        page.no_calls();
    }
    let changed = |id: &&String| before.get(*id) != after.get(*id) || *id == AUDIENCE;
    for id in after.keys().filter(changed) {
        page.members(id, &world.audience_name(id), before, &after);
    }
    for message in world.rejected().iter().skip(rejected_before) {
        page.rejected(message);
    }
}

/// The report of the same events as a direct invocation, in a world of its own, for callers whose reply has none.
async fn told_directly(payload: &str, config: Option<&Path>) -> Result<Option<Value>, SandboxError> {
    let events = arrival::of_payload(payload);
    if events.is_empty() {
        return Ok(None);
    }
    let world = World::start(Scheme::Http, Stage::Connected);
    let app = world.app(config)?;
    let reply =
        handler::handle(&app, &json!({ "events": events }).to_string(), clock::invocation_time_with(TIMEOUT)).await;
    let mut report = reply.ok().as_deref().and_then(report);
    if let Some(results) = report.as_mut().and_then(|report| report.get_mut("results")?.as_array_mut()) {
        // What cannot be read went in as null: what is said of that is not about the record.
        let readable =
            |index: u64| usize::try_from(index).is_ok_and(|index| events.get(index).is_some_and(Option::is_some));
        results.retain(|result| result["index"].as_u64().is_some_and(readable));
    }
    Ok(report)
}

/// Whether the reply refuses an HTTP request as a whole, so that no event of it was looked at.
fn is_refusal(reply: &str) -> bool {
    let reply: Value = serde_json::from_str(reply).unwrap_or_default();
    reply["statusCode"].as_u64().is_some_and(|status| status >= 400)
}

/// The report in a reply: the reply itself, or the body of one to an HTTP request.
fn report(reply: &str) -> Option<Value> {
    let reply: Value = serde_json::from_str(reply).ok()?;
    let inner = reply["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
    [Some(reply), inner].into_iter().flatten().find(|report| report["results"].is_array())
}
