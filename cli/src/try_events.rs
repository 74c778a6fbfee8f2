//! `try`: each envelope through the real handler, in this process.

use std::path::Path;
use std::time::Duration;

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use tiktok_audiences::app::App;
use tiktok_audiences::{clock, handler};

use crate::arguments::Events;
use crate::arrival;
use crate::console::{self, Reader, Verdict};
use crate::error::SandboxError;
use crate::near;
use crate::page::{Page, Teller, with_file};
use crate::paint::painted;
use crate::payload::Payload;
use crate::remote::Failure;
use crate::test_mapping::furnish;
use crate::world::{AUDIENCE, Members, Scheme, Stage, World};

/// How long an invocation may take: the function's timeout in template.yaml.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Ends in 1 if an event was rejected or is to be sent again, 0 if all were delivered or had nothing to do.

Examples:
  tta try events/direct_audience_entered.json
  tta try --config my.json entered.json exited.json
  pbpaste | tta try -
  tta try events --json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) events: Events,
}

/// What became of one envelope.
struct Trial {
    verdict: Verdict,
    json: Value,
}

/// Runs the files one after the other in one world, whose audience keeps its members from one to the next.
pub(crate) async fn run(events: &Events, reader: Reader) -> Result<Verdict, SandboxError> {
    let config = events.configuration()?;
    let world = World::start(Scheme::Http, Stage::Connected);
    let app = world.app(config.as_deref())?;
    furnish(&world, &app.router.destination);
    let (mut verdict, mut documents) = (Verdict::Well, Vec::new());
    for (number, source) in events.sources()?.into_iter().enumerate() {
        let mut page = Page::new(&source.name, events.extent());
        let trial = try_one(&world, &app, &source.text, config.as_deref(), &mut page).await?;
        verdict = verdict.and(trial.verdict);
        match reader {
            Reader::Person => {
                let separator = if number == 0 { "" } else { "\n\n" };
                console::print(&format!("{separator}{}", painted(&page.into_text())))?;
            }
            Reader::Program => documents.push(with_file(trial.json, &source.name)),
        }
    }
    if reader == Reader::Program {
        console::document(&json!({ "files": documents }))?;
    }
    Ok(verdict)
}

/// One invocation.
async fn try_one(
    world: &World,
    app: &App,
    read: &str,
    config: Option<&Path>,
    page: &mut Page,
) -> Result<Trial, SandboxError> {
    let payload = match Payload::read(read) {
        Ok(payload) => payload,
        Err(why) => return Ok(Trial { verdict: Verdict::of(false), json: page.not_json(read, &why) }),
    };
    world.tiktok.forget();
    let (before, rejected_before) = (world.members(), world.rejected().len());
    let reply = handler::handle(app, &payload.text, clock::invocation_time_with(TIMEOUT)).await;
    let reply = reply.map_err(|error| Failure::from(Diagnostic::from(error)));
    page.arrived(&payload);
    let events = payload.events();
    let report = told(reply.as_deref().unwrap_or_default(), &events, config).await?;
    if let Some((report, teller)) = &report {
        page.matched(report, *teller);
        for line in near::audiences(&events, report, &world.tiktok.audiences()) {
            page.line(&line);
        }
    }
    consequences(world, &before, rejected_before, page);
    let violations = world.tiktok.violations();
    for violation in &violations {
        page.violation(violation);
    }
    match &reply {
        Ok(reply) => page.reply(reply),
        Err(failure) => drop(page.failed(failure)),
    }
    let report = report.map(|(report, _)| report);
    let well = reply.as_ref().is_ok_and(|reply| !is_refusal(reply))
        && violations.is_empty()
        && report.as_ref().is_none_or(all_well)
        && world.rejected().len() == rejected_before;
    let json = json!({
        "arrived": arrival::described(&payload.envelope),
        "events": events.len(),
        "report": report,
        "calls": world.tiktok.calls().iter().map(crate::serve::call_json).collect::<Vec<_>>(),
        "members": counts(&before, &world.members()),
        "dead_letters": world.rejected().iter().skip(rejected_before).map(crate::serve::message_json).collect::<Vec<_>>(),
        "reply": reply.as_ref().ok().map(|reply| serde_json::from_str::<Value>(reply).unwrap_or_default()),
        "error": reply.as_ref().err().map(|failure| json!({"type": failure.error_type, "message": failure.message})),
        "violations": violations,
    });
    Ok(Trial { verdict: Verdict::of(well), json })
}

/// Whether every event of a report was delivered or had nothing to do.
fn all_well(report: &Value) -> bool {
    let summary = &report["summary"];
    ["rejected", "retryable"].iter().all(|outcome| summary[*outcome].as_u64().unwrap_or_default() == 0)
}

/// How many members each audience has, before and after.
fn counts(before: &Members, after: &Members) -> Value {
    let count = |members: &Members, id: &str| members.get(id).map_or(0, std::collections::BTreeSet::len);
    let line = |id: &String| (id.clone(), json!({"before": count(before, id), "after": count(after, id)}));
    Value::Object(after.keys().map(line).collect())
}

/// Which mappings acted on the events, by whom it is told.
async fn told(
    reply: &str,
    events: &[Option<Value>],
    config: Option<&Path>,
) -> Result<Option<(Value, Teller)>, SandboxError> {
    if let Some(report) = report(reply) {
        return Ok(Some((report, Teller::Reply)));
    }
    if reply.is_empty() || is_refusal(reply) {
        return Ok(None);
    }
    Ok(told_directly(events, config).await?.map(|report| (report, Teller::DirectInvocation)))
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
async fn told_directly(events: &[Option<Value>], config: Option<&Path>) -> Result<Option<Value>, SandboxError> {
    if events.is_empty() {
        return Ok(None);
    }
    let world = World::start(Scheme::Http, Stage::Connected);
    let app = world.app(config)?;
    furnish(&world, &app.router.destination);
    let invocation_time = clock::invocation_time_with(TIMEOUT);
    let reply = handler::handle(&app, &json!({ "events": events }).to_string(), invocation_time).await;
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
