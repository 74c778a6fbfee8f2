//! `test`: one mapping on given events, for real: TikTok is called, the sandbox's or that of a deployed function.
//!
//! The function's own `testMapping` does it. The ad accounts and audiences that the configuration names exist in the
//! sandbox, so that a configuration can be tested as it is.

use std::path::Path;

use serde_json::{Value, json};
use tiktok_audiences::actions::Field;
use tiktok_audiences::destination::Destination;

use crate::arguments::Events;
use crate::console::{Reader, Verdict};
use crate::error::SandboxError;
use crate::function::Function;
use crate::page::{self, Page};
use crate::payload::Payload;
use crate::remote::Target;
use crate::support::fake_tiktok::{Audience, Grant};
use crate::try_events::consequences;
use crate::watch;
use crate::world::{ACCESS_TOKEN, ADVERTISER, AUDIENCE, AUDIENCE_NAME, Scheme, Stage, World};

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
With --function the people of the events are added to the real audience, or removed from it, also where the mapping \
is disabled, and a mapping that creates an audience creates it.

Examples:
  tta test --config my.json --mapping \"VIPs in\" events/direct_audience_entered.json
  tta test --function \"$ControlFunctionName\" --mapping \"VIPs in\" me.json")]
pub(crate) struct Arguments {
    /// The mapping's name
    #[arg(long, value_name = "NAME")]
    pub(crate) mapping: String,
    #[command(flatten)]
    pub(crate) events: Events,
    /// Test again whenever a file changes; in the sandbox only
    #[arg(long, conflicts_with = "function")]
    watch: bool,
    #[command(flatten)]
    target: Target,
}

/// Tests a mapping; problems unless every event matches and is delivered.
pub(crate) async fn run(arguments: &Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let files = || arguments.events.watched();
    watch::repeatedly(arguments.watch, files, async || once(arguments, reader).await).await
}

async fn once(arguments: &Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let bench = arguments.bench()?;
    page::each(&arguments.events, reader, async |text, page| bench.test_one(&arguments.mapping, text, page).await).await
}

impl Arguments {
    /// The function that is named; without a name, one in a sandbox with the configuration that applies here.
    fn bench(&self) -> Result<Bench, SandboxError> {
        self.target.refuse_configuration(self.events.config.as_deref())?;
        if self.target.is_named() {
            return Ok(Bench { function: Function::named(&self.target)?, world: None });
        }
        Bench::in_sandbox(self.events.configuration()?.as_deref())
    }
}

/// Gives TikTok the ad accounts and audiences that the configuration names.
pub(crate) fn furnish(world: &World, destination: &Destination) {
    let default = destination.settings.advertiser_id.map_or_else(|| ADVERTISER.to_owned(), |id| id.to_string());
    let mut advertisers = vec![ADVERTISER.to_owned(), default.clone()];
    let mut audiences: Vec<_> = Vec::new();
    for configured in &destination.mappings {
        let literal =
            |fields: [Field; 2]| fields.into_iter().find_map(|field| configured.mapping.fields.literal(field));
        let advertiser = literal(Field::ADVERTISERS).unwrap_or_else(|| default.clone());
        audiences.extend(literal(Field::AUDIENCE_IDS).map(|id| (advertiser.clone(), id)));
        advertisers.push(advertiser);
    }
    advertisers.extend(destination.audiences.iter().filter_map(|entry| entry.advertiser_id.map(|id| id.to_string())));
    advertisers.sort();
    advertisers.dedup();
    world.tiktok.grant(ACCESS_TOKEN, Grant::of(advertisers.iter().map(String::as_str)));
    audiences.sort();
    audiences.dedup();
    for (advertiser, id) in audiences.iter().filter(|(_, id)| id != AUDIENCE) {
        world.tiktok.add_audience(Audience::new(advertiser, id).with_id(id));
    }
    for entry in destination.audiences.iter().filter(|entry| entry.name != AUDIENCE_NAME) {
        let advertiser = entry.advertiser_id.map_or_else(|| default.clone(), |id| id.to_string());
        world.tiktok.add_audience(Audience::new(&advertiser, &entry.name));
    }
}

/// The function with which a mapping is tested, and the world around it where it runs in this process.
struct Bench {
    function: Function,
    world: Option<World>,
}

impl Bench {
    fn in_sandbox(config: Option<&Path>) -> Result<Self, SandboxError> {
        let world = World::start(Scheme::Http, Stage::Connected);
        let app = world.app(config)?;
        furnish(&world, &app.router.destination);
        Ok(Self { function: Function::Here(Box::new(app)), world: Some(world) })
    }

    /// One envelope; whether all of it matched and was delivered, and what the function said.
    async fn test_one(&self, mapping: &str, read: &str, page: &mut Page) -> Result<(bool, Value), SandboxError> {
        let payload = match Payload::read(read) {
            Ok(payload) => payload,
            Err(why) => return Ok((false, page.not_json(read, &why))),
        };
        page.arrived(&payload);
        let events = payload.events();
        if events.is_empty() {
            return Ok((false, page.no_events(&payload)));
        }
        let before = self.world.as_ref().map(|world| {
            world.tiktok.forget();
            (world, world.members(), world.rejected().len())
        });
        let call = json!({"operation": "testMapping", "mapping": mapping, "events": events}).to_string();
        let tested: Value = match self.function.invoke(&call).await? {
            Ok(reply) => serde_json::from_str(&reply).unwrap_or_default(),
            Err(failure) => return Ok((false, page.failed(&failure))),
        };
        let well = lay_out(&tested, page);
        if let Some((world, members, rejected)) = before {
            consequences(world, &members, rejected, page);
        }
        Ok((well, json!({ "tested": tested })))
    }
}

fn lay_out(tested: &Value, page: &mut Page) -> bool {
    let disabled = if tested["enabled"] == false { ", disabled" } else { "" };
    let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    page.line(&format!("\nTESTED  {} ({}{disabled})", word(tested, "mapping"), word(tested, "action")));
    let mut good = true;
    for event in tested["events"].as_array().into_iter().flatten() {
        let index = &event["index"];
        if event["matched"] == false {
            page.line(&format!(
                "  event {index}: does not match, for this does not hold:\n      {}",
                word(event, "failing")
            ));
            good = false;
        }
        for result in event["results"].as_array().into_iter().flatten() {
            good &= ["delivered", "superseded"].iter().any(|outcome| result["outcome"] == *outcome);
            page.line(&format!("  event {index}: {}", word(result, "outcome")));
            for key in ["advertiser_id", "audience_id", "created", "note"] {
                if !result[key].is_null() {
                    page.line(&format!("      {key:<14} {}", result[key].to_string().trim_matches('"')));
                }
            }
            if result["tiktok"].is_object() {
                let (code, id) = (&result["tiktok"]["code"], word(&result["tiktok"], "request_id"));
                page.line(&format!("      tiktok         code {code}, request {id}"));
            }
            if result["error"].is_object() {
                page.line(&format!("      {}: {}", word(&result["error"], "code"), word(&result["error"], "message")));
            }
        }
    }
    good
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Extent;

    const CONFIG: &str = r#"{"settings":{"advertiser_id":"7000000000000000009"},"mappings":[
        {"name":"in","action":"addUser","enabled":false,
         "fields":{"selected_advertiser_id":"7000000000000000009","audience_id":"1800000000000000077"}},
        {"name":"new","action":"createAudience",
         "fields":{"selected_advertiser_id":"7000000000000000009","custom_audience_name":"launch"}}]}"#;

    async fn tested(mapping: &str, payload: &str) -> (bool, String) {
        let bench = Bench::in_sandbox(Some(Path::new(CONFIG))).unwrap();
        let mut page = Page::new("x.json", Extent::Full);
        let (good, _) = bench.test_one(mapping, payload, &mut page).await.unwrap();
        assert_eq!(bench.world.unwrap().tiktok.violations(), Vec::<String>::new());
        (good, page.into_text())
    }

    const ENTERED: &str =
        r#"{"type":"track","event":"Audience Entered","context":{"traits":{"email":"jane@example.com"}}}"#;

    #[tokio::test]
    async fn a_disabled_mapping_is_sent_to_an_audience_that_only_the_configuration_knows() {
        let (good, text) = tested("in", ENTERED).await;
        assert!(good && text.contains("TESTED  in (addUser, disabled)\n  event 0: delivered\n"), "{text}");
        for part in ["code 0, request ", "TIKTOK RECEIVED  POST ", "MEMBERS  1800000000000000077", "0 before, 1 after"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[tokio::test]
    async fn a_create_tells_the_new_id() {
        let (good, text) = tested("new", r#"{"type":"track","event":"Create Audience"}"#).await;
        assert!(good && text.contains("      audience_id    ") && text.contains("      created        true"), "{text}");
    }

    #[tokio::test]
    async fn what_did_not_work_is_said_and_told_by_the_status() {
        let (good, text) = tested("in", &ENTERED.replace("Entered", "Exited")).await;
        assert!(
            !good && text.contains("      event = \"Audience Entered\"\n") && text.contains("TIKTOK RECEIVED  nothing"),
            "{text}"
        );
        let (good, text) = tested("in", &ENTERED.replace("jane@", "")).await;
        assert!(!good && text.contains("      NO_USABLE_IDENTIFIER: "), "{text}");
        let (good, text) = tested("inn", ENTERED).await;
        assert!(!good && text.contains("did you mean `in`?"), "{text}");
        let (good, text) = tested("in", "[]").await;
        assert!(!good && text.contains("there are no events in this"), "{text}");
    }
}
