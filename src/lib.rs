//! Audiences of a customer data platform, kept in step with TikTok Ads by AWS Lambda functions.
//!
//! # The way of one event
//!
//! A platform computes an audience ("people who abandoned a cart") and sends an event when a person enters or leaves.
//! `ARCHITECTURE.md` has the drawing, the layers and the invariants with the tests that hold them.
//!
//! 1. `main` reads the configuration, builds one [`App`](app::App), fetches the secret, connects to TikTok, and serves
//!    invocations.
//! 2. The invocation is recognised (HTTP, SQS, Kinesis, SNS, EventBridge, schedule, direct) and opened into one entry per
//!    event. A record that is no event is rejected in its place; its neighbours go on. Over HTTP the caller is judged
//!    first.
//! 3. With a buffer queue, events of callers who do not wait are written to it, and end here as `accepted`. The queue
//!    brings them back in large batches.
//! 4. Each mapping whose trigger matches fills its fields from the event, and its action says which operation is wanted:
//!    add or remove these people, or create this audience.
//! 5. Identifiers are normalised and hashed. From here on there are only hashes.
//! 6. The planner resolves names to audience ids, keeps the latest operation on each person, groups the rest by ad account
//!    and direction, and splits at TikTok's limits. A single event is a batch of one.
//! 7. The calls are sent while the invocation's time allows. The HTTP status and the `code` in the body decide; a refused
//!    call is bisected until the offenders stand alone.
//! 8. The ledger holds one outcome per event, the worst of its actions. What will never succeed goes to the dead-letter
//!    queue before the reply does.
//! 9. The reply is rendered in the caller's terms, so that the caller sends again exactly what may succeed later.
//!
//! # The modules, from the top layer to the bottom one
//!
//! A module uses those below it and no other; `tests/it/tidy/layers.rs` holds the order.
//!
//! | module | purpose |
//! |---|---|
//! | `main.rs` | starts the function, and nothing else |
//! | `handler` | one invocation, from its envelope to its reply |
//! | `control` | operations: check, list, create, explain, connect |
//! | `app` | everything that outlives an invocation, built once per cold start |
//! | `delivery` | plans the calls, sends them, creates audiences, bisects what is refused; one invocation's session |
//! | `config` | environment and `destination.json`, typed; every problem at once |
//! | `destination` | what a deployer decided: settings, mappings, router, evaluation, consent, deletion |
//! | `mapping` | triggers and field expressions: Segment's two languages |
//! | `actions` | what a mapping can do; one file per action |
//! | `ingress` | how an invocation arrived, its events, who may call, and how its source wants to be answered |
//! | `queue` | writes to the buffer and to the dead-letter queue |
//! | `secrets` | the secret in Secrets Manager, cached and replaced as a whole |
//! | `metrics` | what CloudWatch counts |
//! | `log` | the lines of the log |
//! | `journal` | the delivery journal: hashes and what became of them, to the customer's own bucket |
//! | `outcome` | six outcomes, every reason, the ledger and the report |
//! | `batch` | tasks to calls: coalesce, group, split |
//! | `tiktok` | wire format, client, limiter, and the meaning of every return code |
//! | `event` | one message of a platform, read once |
//! | `identity` | emails, phone numbers and advertising ids in, hashes out |
//! | `json` | JSON text as a flat index over itself: no copy, no float, no tree |
//! | `clock` | the time of an invocation, and the only reader of the clock |
//! | `isolation` | which event is being evaluated, so that a panic is held against it alone |
//! | `net` | connections and HTTPS, and on top of them signed calls to AWS |
//! | `did_you_mean` | the word that a misspelt one most likely means |
//! | `sorting` | sorting of what most often is in order |

/// The version, in the first line of the log and in `GET /health`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub mod actions;
pub mod app;
pub mod batch;
pub mod clock;
pub mod config;
pub mod control;
pub mod delivery;
pub mod destination;
pub mod did_you_mean;
pub mod event;
pub mod handler;
pub mod identity;
pub mod ingress;
pub mod isolation;
pub mod journal;
pub mod json;
pub mod log;
pub mod mapping;
pub mod metrics;
pub mod net;
pub mod outcome;
pub mod queue;
pub mod secrets;
mod sorting;
pub mod tiktok;
