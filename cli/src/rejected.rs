//! `rejected`: the dead letters of a deployed function or of a running sandbox.
//!
//! The function does the work; it looks at as many as it can in one invocation, and is called again until it has seen
//! all of them.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use crate::console::{self, Reader, Verdict};
use crate::error::SandboxError;
use crate::op;
use crate::remote::{Remote, Target};

/// More calls than this are a queue that is filled as fast as it is emptied.
const MOST_CALLS: usize = 1_000;

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tta rejected list --function \"$ControlFunctionName\"
  tta rejected redrive --reason NO_SUCH_AUDIENCE --function \"$ControlFunctionName\"
  tta rejected discard --older-than 240 --yes --sandbox http://127.0.0.1:9000")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

/// What is done with the dead letters.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Count them by reason, mapping and age; nothing is taken out
    List(Selection),
    /// Send them to the buffer again
    Redrive(Selection),
    /// Delete them for good
    Discard {
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        selection: Selection,
    },
}

/// Which dead letters are meant; all of them, without an option.
#[derive(Debug, clap::Args)]
struct Selection {
    /// Those that were rejected for this reason
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// Those of this mapping
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
    /// Those that are older
    #[arg(long, value_name = "HOURS")]
    older_than: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    #[command(flatten)]
    target: Target,
}

impl Selection {
    fn payload(&self, operation: &str) -> Map<String, Value> {
        let given = [
            ("reason", self.reason.clone().map(Value::from)),
            ("mapping", self.mapping.clone().map(Value::from)),
            ("older_than_hours", self.older_than.map(Value::from)),
            ("limit", self.limit.map(Value::from)),
        ];
        let given = given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        std::iter::once(("operation".to_owned(), operation.into())).chain(given).collect()
    }
}

/// Does it.
pub(crate) async fn run(arguments: Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    match arguments.what {
        What::List(selection) => {
            let remote = selection.target.resolve()?;
            let invoked = remote.invoke(&Value::Object(selection.payload("rejected")).to_string()).await?;
            op::lay_out(&if reader == Reader::Person { invoked.map(|reply| flat(&reply)) } else { invoked }, reader)
        }
        What::Redrive(selection) => {
            let remote = selection.target.resolve()?;
            repeat(&remote, selection.payload("redrive"), reader).await
        }
        What::Discard { selection, yes } => {
            let word = selection.reason.clone().unwrap_or_else(|| "all".to_owned());
            if !yes && !confirmed(&word)? {
                console::note("nothing was discarded");
                return Ok(Verdict::Problems);
            }
            let remote = selection.target.resolve()?;
            let mut payload = selection.payload("discard");
            payload.insert("confirm".to_owned(), word.into());
            repeat(&remote, payload, reader).await
        }
    }
}

/// The reply with texts in the place of what is too deep for a table.
fn flat(reply: &str) -> String {
    let mut reply: Value = serde_json::from_str(reply).unwrap_or_default();
    reply["ages"] = counts(&reply["ages"]).into();
    for reason in reply["reasons"].as_array_mut().into_iter().flatten() {
        reason["mappings"] = counts(&reason["mappings"]).into();
        let sample = reason["samples"][0]["message_id"].take();
        if let Some(members) = reason.as_object_mut() {
            members.remove("samples");
            members.insert("sample".to_owned(), sample);
        }
    }
    reply.to_string()
}

/// Names with their counts; those that have none are left out.
fn counts(counts: &Value) -> String {
    let there = counts.as_object().into_iter().flatten().filter(|(_, count)| **count != 0);
    let named: Vec<_> = there.map(|(name, count)| format!("{name} {count}")).collect();
    named.join(", ")
}

/// Whether the person at the terminal types the word.
fn confirmed(word: &str) -> Result<bool, SandboxError> {
    use std::io::IsTerminal as _;
    if !std::io::stdin().is_terminal() {
        return Err(SandboxError::Usage("what is discarded is gone: say --yes where nobody can be asked".to_owned()));
    }
    console::note(&format!("What is discarded is gone. Type {word} to go on:"));
    let mut typed = String::new();
    std::io::stdin().read_line(&mut typed)?;
    Ok(typed.trim() == word)
}

/// Calls until there is no more, and adds up what was done.
async fn repeat(remote: &Remote, mut payload: Map<String, Value>, reader: Reader) -> Result<Verdict, SandboxError> {
    let progress = ProgressBar::new_spinner().with_style(style());
    progress.enable_steady_tick(Duration::from_millis(100));
    let (mut seen, mut done, mut failed, mut is_cut) = (0, 0, 0, true);
    for _ in 0..MOST_CALLS {
        let invoked = remote.invoke(&Value::Object(payload.clone()).to_string()).await?;
        let Ok(reply) = &invoked else {
            progress.finish_and_clear();
            return op::lay_out(&invoked, reader);
        };
        let reply: Value = serde_json::from_str(reply).unwrap_or_default();
        let count = |key: &str| reply[key].as_u64().unwrap_or_default();
        seen += count("seen");
        done += count("done");
        failed += count("failed");
        progress.set_message(format!("{seen} seen, {done} done"));
        let left = payload.get("limit").and_then(Value::as_u64).map(|limit| limit.saturating_sub(count("done")));
        if let Some(left) = left {
            payload.insert("limit".to_owned(), left.into());
        }
        is_cut = reply["more"] == true && left != Some(0);
        if !is_cut || count("done") + count("failed") == 0 {
            break;
        }
    }
    progress.finish_and_clear();
    let sum = json!({"seen": seen, "done": done, "failed": failed, "more": is_cut});
    op::lay_out(&Ok(sum.to_string()), reader)?;
    Ok(Verdict::of(failed == 0 && !is_cut))
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}
