//! `explain`: what would become of events, mapping by mapping, with nothing sent to anybody.
//!
//! The function's own `explain` says it: a deployed one, or one in this process without a world around it, where there is
//! no TikTok and no Secrets Manager that it could ask. Here it is only laid out for a person.

use std::path::Path;

use serde_json::{Value, json};
use tiktok_audiences::app::App;
use tiktok_audiences::config::Config;

use crate::arguments::Events;
use crate::console::{Reader, Verdict};
use crate::error::SandboxError;
use crate::function::Function;
use crate::met::{Mask, met};
use crate::page::{self, Page};
use crate::payload::Payload;
use crate::remote::Target;
use crate::watch;
use crate::world::DESTINATION;

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tta explain --config my.json events/direct_audience_entered.json
  tta explain --watch --config my.json events
  pbpaste | tta explain - --json
  tta explain --function \"$ControlFunctionName\" events/direct_audience_entered.json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) events: Events,
    /// Show the values that a condition met as they are, personal ones too
    #[arg(long)]
    unmask: bool,
    /// Explain again whenever a file changes
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    target: Target,
}

/// Explains each file by itself; problems if one of them holds no events or cannot be explained.
pub(crate) async fn run(arguments: &Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let files = || arguments.events.watched();
    watch::repeatedly(arguments.watch, files, async || once(arguments, reader).await).await
}

async fn once(arguments: &Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let function = arguments.function()?;
    let mask = if arguments.unmask { Mask::Nothing } else { Mask::Personal };
    page::each(&arguments.events, reader, async |text, page| explain_one(&function, text, mask, page).await).await
}

impl Arguments {
    /// The function that is asked; without a name, one with the configuration that applies here.
    fn function(&self) -> Result<Function, SandboxError> {
        self.target.refuse_configuration(self.events.config.as_deref())?;
        if self.target.is_named() {
            return Function::named(&self.target);
        }
        Ok(Function::Here(Box::new(app(self.events.configuration()?.as_deref())?)))
    }
}

/// The function as a cold start builds it, with addresses at which nobody is.
fn app(config: Option<&Path>) -> Result<App, SandboxError> {
    const NOBODY: &str = "http://127.0.0.1:9";
    let lookup = |name: &str| {
        let value = match name {
            "DESTINATION_CONFIG" => config.map_or_else(|| DESTINATION.to_owned(), |path| path.display().to_string()),
            "TIKTOK_API_BASE_URL" | "AWS_ENDPOINT_URL_SECRETS_MANAGER" => NOBODY.to_owned(),
            "AWS_REGION" => "us-east-1".to_owned(),
            "TIKTOK_SECRET_ID" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "none".to_owned(),
            _ => return None,
        };
        Some(value)
    };
    let loaded = Config::load(lookup, |path| std::fs::read_to_string(path), None);
    Ok(App::new(loaded.map_err(|source| SandboxError::of_configuration(config, source))?)?)
}

/// One envelope; whether it could be explained, and what the function said.
async fn explain_one(
    function: &Function,
    read: &str,
    mask: Mask,
    page: &mut Page,
) -> Result<(bool, Value), SandboxError> {
    let payload = match Payload::read(read) {
        Ok(payload) => payload,
        Err(why) => return Ok((false, page.not_json(read, &why))),
    };
    page.arrived(&payload);
    let events = payload.events();
    if events.is_empty() {
        return Ok((false, page.no_events(&payload)));
    }
    let call = json!({"operation": "explain", "events": events}).to_string();
    Ok(match function.invoke(&call).await? {
        Ok(reply) => {
            let mut explained: Value = serde_json::from_str(&reply).unwrap_or_default();
            add_met(&mut explained, &events, mask);
            lay_out(&explained, page);
            (true, json!({ "explained": explained }))
        }
        Err(failure) => (false, page.failed(&failure)),
    })
}

/// Adds to each mapping that does not match what the failing condition met.
pub(crate) fn add_met(explained: &mut Value, events: &[Option<Value>], mask: Mask) {
    for event in explained["events"].as_array_mut().into_iter().flatten() {
        let index = event["index"].as_u64().and_then(|index| usize::try_from(index).ok());
        let Some(Some(given)) = index.and_then(|index| events.get(index)) else { continue };
        for mapping in event["mappings"].as_array_mut().into_iter().flatten() {
            let Some(failing) = mapping["failing"].as_str().map(str::to_owned) else { continue };
            let met = met(&failing, given, mask).into_iter();
            let met: Vec<_> = met.map(|(subject, value)| json!({"subject": subject, "value": value})).collect();
            if let Some(members) = mapping.as_object_mut() {
                members.insert("met".to_owned(), met.into());
            }
        }
    }
}

fn lay_out(explained: &Value, page: &mut Page) {
    for event in list(&explained["events"]) {
        page.line(&format!("\nEVENT {}", event["index"]));
        for result in list(&event["results"]) {
            page.line(&format!("  {}", decision(result)));
        }
        for mapping in list(&event["mappings"]) {
            for line in mapping_lines(mapping) {
                page.line(&line);
            }
        }
    }
    let requests: Vec<_> = list(&explained["requests"]).collect();
    if requests.is_empty() {
        page.line("\nWOULD SEND  nothing");
    }
    for request in requests {
        request_lines(request, page);
    }
}

fn mapping_lines(mapping: &Value) -> Vec<String> {
    let disabled = if mapping["enabled"] == false { ", disabled" } else { "" };
    let head = format!("  {} ({}{disabled}): ", word(mapping, "mapping"), word(mapping, "action"));
    if let Some(note) = mapping["note"].as_str() {
        return vec![head + "does not match:", format!("      {note}")];
    }
    if mapping["matched"] == false {
        let mut lines = vec![
            format!("{head}does not match, for this does not hold:"),
            format!("      {}", word(mapping, "failing")),
        ];
        let met = list(&mapping["met"]);
        lines.extend(met.map(|met| format!("        met {}: {}", word(met, "subject"), word(met, "value"))));
        return lines;
    }
    let mut lines = vec![head + "matches"];
    for (field, value) in mapping["fields"].as_object().into_iter().flatten() {
        let shown: Vec<_> = identifiers(mapping, field).collect();
        if shown.is_empty() {
            lines.push(format!("      {field:<22} {value}"));
        }
        lines.extend(shown.into_iter().map(|identifier| format!("      {field:<22} {identifier}")));
    }
    lines.extend(list(&mapping["results"]).map(|result| format!("    => {}", decision(result))));
    lines
}

/// The values of an identifier's field, each with what becomes of it.
fn identifiers<'m>(mapping: &'m Value, field: &'m str) -> impl Iterator<Item = String> + 'm {
    list(&mapping["identifiers"]).filter(move |identifier| identifier["field"] == field).map(identifier_line)
}

fn identifier_line(identifier: &Value) -> String {
    let problem = &identifier["problem"];
    let fate = match identifier["column"].as_str() {
        _ if problem.is_object() => format!("unusable, {}: {}", word(problem, "code"), word(problem, "message")),
        Some(column) if identifier["sent"] == true => format!("sent as {column}"),
        Some(_) => format!("not sent, its send_{} is off", word(identifier, "field")),
        None => "blank".to_owned(),
    };
    format!("{}  {fate}", identifier["value"])
}

/// What a mapping, or the event as a whole, comes to.
fn decision(result: &Value) -> String {
    let code = result["code"].as_str().map(|code| format!(" {code}")).unwrap_or_default();
    format!("{}{code}: {}", word(result, "outcome"), word(result, "message"))
}

fn request_lines(request: &Value, page: &mut Page) {
    let events: Vec<_> = list(&request["events"]).map(Value::to_string).collect();
    let noun = if events.len() == 1 { "event" } else { "events" };
    let why = request["why"].as_str().map(|why| format!(", {why}")).unwrap_or_default();
    let (method, path) = (word(request, "method"), word(request, "path"));
    page.line(&format!("\nWOULD SEND  {method} {path}  for {noun} {}{why}", events.join(", ")));
    for part in ["query", "body"] {
        if request[part].is_object() {
            page.json(&request[part].to_string());
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn word<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::arguments::Extent;
    use crate::arrival;

    /// What is printed of a payload. There is no runtime here: whatever waited for a socket could not end, and whatever
    /// opened one would panic.
    #[track_caller]
    fn explained(config: &str, payload: &str) -> (bool, String) {
        let mut page = Page::new("x.json", Extent::Full);
        let function = Function::Here(Box::new(app(Some(Path::new(config))).unwrap()));
        let explained = explain_one(&function, payload, Mask::Personal, &mut page);
        let (well, document) = explained.now_or_never().expect("it waits for nothing").unwrap();
        assert_eq!(document["error"]["message"].is_string(), !well, "{document}");
        (well, page.into_text())
    }

    fn file(name: &str) -> String {
        std::fs::read_to_string(crate::world::root().join("events").join(name)).unwrap()
    }

    const CONFIG: &str = r#"{"settings":{"advertiser_id":"7000000000000000001"},"mappings":[
        {"name":"in","action":"addUser","trigger":"event = \"Audience Entered\" and properties.audience_key = \"vip\"",
         "fields":{"selected_advertiser_id":"7000000000000000001","audience_id":"1800000000000000001","send_email":false}},
        {"name":"out","action":"removeUser","enabled":false,
         "fields":{"selected_advertiser_id":"7000000000000000001","audience_id":"1800000000000000001"}}]}"#;

    #[test]
    fn every_mapping_says_what_it_would_do_and_why() {
        let event = r#"{"type":"track","event":"Audience Entered","properties":{"audience_key":"vip"},
            "context":{"traits":{"email":"jane@example.com","phone":"(202) 555-0143"},"device":{"advertisingId":"38400000-8CF0-11BD-B23E-10B96E40000D"}}}"#;
        let (good, text) = explained(CONFIG, event);
        for line in [
            "  in (addUser): matches",
            "      email                  \"xxxx@xxxxxxx.xxx\"  not sent, its send_email is off",
            "      phone                  \"(999) 999-9999\"  unusable, NO_COUNTRY_CODE: no country code: write the number with +, fill the country field or set default_country",
            "      advertising_id         \"99999999-9XX9-99XX-X99X-99X99X99999X\"  sent as IDFA_SHA256",
            "    => planned: add to audience 1800000000000000001",
            "  out (removeUser, disabled): does not match, for this does not hold:",
            "      event = \"Audience Exited\"",
            "WOULD SEND  POST /segment/mapping/  for event 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(good && !text.contains("jane") && !text.contains("555"), "{text}");
        let (_, text) = explained(CONFIG, &event.replace("vip", "other"));
        assert!(
            text.contains("      properties.audience_key = \"vip\"\n        met properties.audience_key: \"other\"\n")
                && text.contains("WOULD SEND  nothing"),
            "{text}"
        );
    }

    #[test]
    fn a_mapping_that_takes_no_records_says_who_does() {
        let (good, text) = explained(CONFIG, r#"{"action":"add","audience_name":"vip","email":"jane@example.com"}"#);
        let note = "canonical records go to the first enabled syncRecords mapping, whatever the triggers say";
        for line in [
            "  in (addUser): does not match:".to_owned(),
            "  out (removeUser, disabled): does not match:".to_owned(),
            format!("      {note}"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(good && !text.contains("does not hold"), "{text}");
    }

    #[test]
    fn every_envelope_with_events_is_explained() {
        let mut explained_files = 0;
        for entry in std::fs::read_dir(crate::world::root().join("events")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let payload = file(&name);
            let (good, text) = explained(DESTINATION, &payload);
            let holds_events = !arrival::of_payload(&payload).is_empty();
            assert_eq!((good, text.contains("EVENT 0")), (holds_events, holds_events), "{name}\n{text}");
            explained_files += usize::from(holds_events);
        }
        assert!(explained_files > 30, "{explained_files}");
        for payload in ["", "5", "[]", r#"{"events":[]}"#, "nonsense"] {
            let (good, _) = explained(DESTINATION, payload);
            assert!(!good || payload == "5", "{payload}");
        }
        let many = format!("[{}]", vec!["{}"; 101].join(","));
        assert!(explained(DESTINATION, &many).1.contains("at most 100 events at once"));
    }
}
