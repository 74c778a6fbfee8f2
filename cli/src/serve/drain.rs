//! The buffer queue brings its messages to the function, as the event source of the deployed one does: all events with
//! `--buffered`, and dead letters that are sent again.
//!
//! What the function reports as failed is sent again, and is a dead letter after five times. Source: template.yaml, the
//! redrive policy of the buffer queue.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::api::{Origin, Sandbox, letters};
use crate::support::fake_sqs::Message;
use crate::world::Era;

/// How long messages are gathered; 20 seconds on AWS, which is long to look at.
const WINDOW: Duration = Duration::from_millis(500);
/// Messages per invocation.
const BATCH: usize = 100;
/// How often a message is brought to the function.
const MOST_RECEIVES: u32 = 5;

/// Drains the queue for as long as it is polled.
pub(super) async fn run(sandbox: &Sandbox) {
    let mut pump = Pump::default();
    loop {
        tokio::time::sleep(WINDOW).await;
        let era = sandbox.world.era().await;
        pump.enter(*era);
        pump.waiting.append(&mut sandbox.world.take_buffered());
        drop(era);
        let due = std::mem::take(&mut pump.waiting);
        for batch in due.chunks(BATCH) {
            let era = sandbox.world.era().await;
            if *era != pump.era {
                break;
            }
            let failed = bring(sandbox, &era, batch).await;
            pump.sort(sandbox, batch, &failed);
        }
    }
}

/// What is out of the queue and not done with.
#[derive(Default)]
struct Pump {
    /// Of which era it is.
    era: u64,
    waiting: Vec<Message>,
    /// How often each message was brought.
    received: HashMap<String, u32>,
}

impl Pump {
    /// Forgets what is of another era.
    fn enter(&mut self, era: u64) {
        if era != self.era {
            *self = Self { era, ..Self::default() };
        }
    }

    /// Messages that failed wait for another time, or are dead letters.
    fn sort(&mut self, sandbox: &Sandbox, batch: &[Message], failed: &[String]) {
        for message in batch {
            if !failed.contains(&message.id) {
                self.received.remove(&message.id);
                continue;
            }
            let times = self.received.entry(message.id.clone()).or_default();
            *times += 1;
            if *times < MOST_RECEIVES {
                self.waiting.push(message.clone());
            } else {
                self.received.remove(&message.id);
                sandbox.world.give_up(message.clone());
            }
        }
    }
}

/// One invocation with messages; the ids of those that failed.
async fn bring(sandbox: &Sandbox, era: &Era<'_>, messages: &[Message]) -> Vec<String> {
    let records: Vec<_> = messages.iter().map(letters::record).collect();
    let payload = json!({ "Records": records }).to_string();
    let all = || messages.iter().map(|message| message.id.clone()).collect();
    let Ok(record) = sandbox.invoke_in(era, payload, Origin::Queue).await else { return all() };
    let Ok(reply) = &record.ended else { return all() };
    let reply: Value = serde_json::from_str(reply).unwrap_or_default();
    let failures = reply["batchItemFailures"].as_array().into_iter().flatten();
    failures.filter_map(|failure| failure["itemIdentifier"].as_str()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::serve::api::Function;
    use crate::support::fake_tiktok::{Fault, Rule, Scripted};
    use crate::world::{AUDIENCE, DESTINATION, Scheme, Stage, World};

    fn sandbox() -> Arc<Sandbox> {
        let world = Arc::new(World::start(Scheme::Http, Stage::Connected).buffered());
        let function = Function::start(world.app(None).unwrap(), Arc::clone(&world)).unwrap();
        Sandbox::new(world, function, "the sandbox".to_owned(), DESTINATION.to_owned())
    }

    const ENTERED: &str = r#"{"type":"track","event":"Audience Entered","properties":{"audience_key":"abandoned_cart"},
        "context":{"traits":{"email":"jane@example.com"}}}"#;

    /// The same event of this person.
    fn entered(email: &str) -> String {
        ENTERED.replace("jane@example.com", email)
    }

    async fn until(sandbox: &Sandbox, is_so: impl Fn(&World) -> bool) {
        let polled = async {
            while !is_so(&sandbox.world) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = run(sandbox) => {}
            () = polled => {}
        }
    }

    #[tokio::test]
    async fn an_event_is_accepted_and_then_delivered_out_of_the_queue() {
        let sandbox = sandbox();
        let record = sandbox.invoke(ENTERED.to_owned(), Origin::Outside).await.unwrap();
        assert_eq!(record.entry["outcome"], "accepted", "{}", record.entry);
        assert!(sandbox.world.members()[AUDIENCE].is_empty());
        until(&sandbox, |world| !world.members()[AUDIENCE].is_empty()).await;
        assert_eq!(sandbox.world.rejected().len(), 0);
    }

    #[tokio::test]
    async fn what_fails_five_times_is_a_dead_letter() {
        let sandbox = sandbox();
        sandbox.world.tiktok.rule(Rule::any(), Scripted::from(Fault::Code(40_105)));
        sandbox.invoke(ENTERED.to_owned(), Origin::Outside).await.unwrap();
        until(&sandbox, |world| world.rejected().len() == 1).await;
        assert!(sandbox.world.members()[AUDIENCE].is_empty());

        sandbox.world.tiktok.clear_faults();
        let redriven = letters::redrive(&sandbox, &letters::Chosen::default()).await.unwrap();
        assert_eq!((&redriven["done"], &redriven["failed"]), (&json!(1), &json!(0)), "{redriven}");
        until(&sandbox, |world| !world.members()[AUDIENCE].is_empty()).await;
        assert_eq!(sandbox.world.rejected().len(), 0);
    }

    #[tokio::test]
    async fn what_was_on_its_way_before_a_reset_does_not_arrive_after_it() {
        let sandbox = sandbox();
        let world = &sandbox.world;
        let script = async {
            world.tiktok.rule(Rule::any(), Scripted::from(Fault::Status(500)));
            sandbox.invoke(entered("jane@example.com"), Origin::Outside).await.unwrap();
            // Its first attempt has failed, and it is going to be repeated.
            while world.tiktok.calls().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            world.begin_anew().await;
            let joe = entered(r#"joe@example.com","phone":"+14155550100"#);
            sandbox.invoke(joe, Origin::Outside).await.unwrap();
            while world.members()[AUDIENCE].len() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = run(&sandbox) => {}
            () = script => {}
        }
        assert_eq!(world.members()[AUDIENCE].len(), 2, "one person has come since, with address and number");
        assert_eq!(world.rejected().len(), 0);
    }
}
