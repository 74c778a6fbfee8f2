//! One file's way through the function, laid out for a terminal.
//!
//! It prints what the file, the requests and the replies hold, and computes nothing. Plain text, so that it can be
//! piped and pasted; requests and answers are in full, lists are cut.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::arguments::{Events, Extent};
use crate::arrival::{self, counted};
use crate::console::{self, Reader, Verdict};
use crate::error::SandboxError;
use crate::paint::painted;
use crate::payload::Payload;
use crate::pretty::pretty;
use crate::remote::Failure;
use crate::support::fake_sqs::Message;
use crate::support::fake_tiktok::Call;
use crate::table::{has_list, table};
use crate::world::Members;

/// Lines or entries of one list before the rest is only counted.
const MOST: usize = 40;

/// A page or a document of each file by itself; problems if one of them says so.
pub(crate) async fn each(
    events: &Events,
    reader: Reader,
    one: impl AsyncFn(&str, &mut Page) -> Result<(bool, Value), SandboxError>,
) -> Result<Verdict, SandboxError> {
    let (mut verdict, mut documents) = (Verdict::Well, Vec::new());
    for source in events.sources()? {
        let mut page = Page::new(&source.name, events.extent());
        let (well, document) = one(&source.text, &mut page).await?;
        verdict = verdict.and(Verdict::of(well));
        match reader {
            Reader::Person => console::print(&(painted(&page.into_text()) + "\n"))?,
            Reader::Program => documents.push(with_file(document, &source.name)),
        }
    }
    if reader == Reader::Program {
        console::document(&json!({ "files": documents }))?;
    }
    Ok(verdict)
}

/// A document that says which file it is of.
pub(crate) fn with_file(mut document: Value, name: &str) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.insert("file".to_owned(), name.into());
    }
    document
}

/// Who told which mappings acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Teller {
    /// The reply itself.
    Reply,
    /// A second run of the same events.
    DirectInvocation,
}

/// The text so far.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    extent: Extent,
}

impl Page {
    /// Begins with the file's name.
    pub(crate) fn new(file: &str, extent: Extent) -> Self {
        Self { text: format!("== {file}\n"), extent }
    }

    /// The whole text.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// One line.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// The lines, or their beginning.
    fn lines<'l>(&mut self, lines: impl Iterator<Item = &'l str>) {
        let lines: Vec<_> = lines.collect();
        let shown = match self.extent {
            Extent::Full => lines.len(),
            // A lone last line takes no more room than the note about it.
            Extent::Beginning => {
                if lines.len() > MOST + 1 {
                    MOST
                } else {
                    lines.len()
                }
            }
        };
        lines.iter().take(shown).for_each(|line| self.line(line));
        if shown < lines.len() {
            self.line(&format!("  … {} (--full prints all)", counted(lines.len() - shown, "more line")));
        }
    }

    /// JSON.
    pub(crate) fn json(&mut self, text: &str) {
        self.text.push_str(&pretty(text, 2));
    }

    /// What arrived.
    pub(crate) fn arrived(&mut self, payload: &Payload<'_>) {
        let events = payload.events();
        self.line(&format!("\nARRIVED  {}", arrival::described(&payload.envelope)));
        self.line(&format!("  {}, {}", counted(payload.read.len(), "byte"), counted(events.len(), "event")));
        let lines: Vec<_> = events.iter().enumerate().map(|(index, event)| event_line(index, event.as_ref())).collect();
        self.lines(lines.iter().map(String::as_str));
    }

    /// Which mappings acted, by the report.
    pub(crate) fn matched(&mut self, report: &Value, teller: Teller) {
        self.line(match teller {
            Teller::Reply => "\nMAPPINGS",
            Teller::DirectInvocation => "\nMAPPINGS  (of the same events invoked directly; this caller gets no report)",
        });
        let results = report["results"].as_array();
        let lines: Vec<_> = results.into_iter().flatten().flat_map(result_lines).collect();
        self.lines(lines.iter().map(String::as_str));
    }

    /// A call that TikTok received, and its answer.
    pub(crate) fn call(&mut self, call: &Call) {
        let query = if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
        self.line(&format!("\nTIKTOK RECEIVED  {} {}{query}", call.method, call.path));
        if !call.body.is_empty() {
            self.json(&String::from_utf8_lossy(&call.body));
        }
        match call.status {
            Some(status) => self.line(&format!("TIKTOK ANSWERED  HTTP {status}")),
            None => return self.line("TIKTOK HUNG UP"),
        }
        self.json(&String::from_utf8_lossy(&call.answer));
    }

    /// That there was no call.
    pub(crate) fn no_calls(&mut self) {
        self.line("\nTIKTOK RECEIVED  nothing");
    }

    /// An audience's members: first those that are gone or new, then those that were there and still are.
    pub(crate) fn members(&mut self, audience: &str, name: &str, before: &Members, after: &Members) {
        let of = |members: &Members| members.get(audience).cloned().unwrap_or_default();
        let (before, after) = (of(before), of(after));
        let counts = format!("{} before, {} after", before.len(), after.len());
        self.line(&format!("\nMEMBERS  {audience} {name:?}: {counts}"));
        let gone = before.difference(&after).map(|member| ('-', member));
        let new = after.difference(&before).map(|member| ('+', member));
        let kept = before.intersection(&after).map(|member| (' ', member));
        let line = |(mark, (column, hash)): (char, &(String, String))| format!("  {mark} {column:<13} {hash}");
        let lines: Vec<_> = gone.chain(new).chain(kept).map(line).collect();
        self.lines(lines.iter().map(String::as_str));
    }

    /// An event that went to the dead-letter queue.
    pub(crate) fn rejected(&mut self, message: &Message) {
        self.line(&format!("\nDEAD-LETTER QUEUE  {}", counted(message.body.len(), "byte")));
        for (name, attribute) in &message.attributes {
            self.line(&format!("  {name}: {}", attribute.string_value.as_deref().unwrap_or_default()));
        }
    }

    /// What only a mistake in the function can cause.
    pub(crate) fn violation(&mut self, violation: &str) {
        self.line(&format!("\nAGAINST TIKTOK'S RULES  {violation}"));
    }

    /// The reply; that to an HTTP request with its body unwrapped.
    pub(crate) fn reply(&mut self, reply: &str) {
        let parsed: Value = serde_json::from_str(reply).unwrap_or_default();
        let (Some(status), Some(body)) = (parsed["statusCode"].as_u64(), parsed["body"].as_str()) else {
            self.line("\nREPLY");
            self.json(reply);
            return self.table(reply);
        };
        self.line(&format!("\nREPLY  HTTP {status}"));
        for (name, value) in parsed["headers"].as_object().into_iter().flatten() {
            self.line(&format!("  {name}: {}", value.as_str().unwrap_or_default()));
        }
        self.json(body);
    }

    /// The lists of a reply once more, for reading.
    fn table(&mut self, reply: &str) {
        if let Some(table) = table(reply, None).filter(|_| has_list(reply)) {
            self.line("\nAS A TABLE");
            let lines: Vec<_> = table.lines().map(|line| format!("  {line}")).collect();
            self.lines(lines.iter().map(|line| line.trim_end()));
        }
    }

    /// The error that the invocation ended in, also as a document.
    pub(crate) fn failed(&mut self, failure: &Failure) -> Value {
        let Failure { error_type, message } = failure;
        self.line(&format!("\nINVOCATION FAILED  {error_type}\n  {message}"));
        json!({"error": {"type": error_type, "message": message}})
    }

    /// That what was read is no JSON, and why; also as a document.
    pub(crate) fn not_json(&mut self, read: &str, why: &str) -> Value {
        self.line(&format!("\nARRIVED  {}, not JSON: {why}", counted(read.len(), "byte")));
        json!({"error": {"message": format!("this is not JSON: {why}")}})
    }

    /// That nothing in the payload is an event, or why the function takes none; also as a document.
    pub(crate) fn no_events(&mut self, payload: &Payload<'_>) -> Value {
        let message = payload.refusal().unwrap_or_else(|| arrival::NO_EVENTS.to_owned());
        self.line(&format!("\n{message}"));
        json!({"error": {"message": message}})
    }
}

fn event_line(index: usize, event: Option<&Value>) -> String {
    let Some(event) = event else { return format!("  {index:>3}  not readable") };
    let mut line = format!("  {index:>3} ");
    for key in ["type", "action", "event", "messageId", "id"] {
        if let Some(text) = event[key].as_str() {
            let _infallible = write!(line, " {key}={text:?}");
        }
    }
    line
}

fn result_lines(result: &Value) -> Vec<String> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let index = result["index"].as_u64().unwrap_or_default();
    let mut lines = vec![format!("  {index:>3}  {}", text(result, "outcome"))];
    for action in result["actions"].as_array().into_iter().flatten() {
        let mapping = match action["mapping"].as_str() {
            Some(name) => format!("{name} ({}): {}", text(action, "action"), text(action, "outcome")),
            None => format!("no mapping: {}", text(action, "outcome")),
        };
        lines.push(format!("       {mapping}"));
        if let Some(error) = action["error"].as_object() {
            let word = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
            lines.push(format!("         {}: {}", word("code"), word("message")));
        }
    }
    lines
}
