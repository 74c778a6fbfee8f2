//! Audiences of a customer data platform, kept in step with TikTok Ads by one AWS Lambda function.
//!
//! # The story of one event
//!
//! A platform computes an audience ("people who abandoned a cart") and sends an event when a person enters or leaves.
//!
//! ```text
//! invocation ─► ingress ─► events ─► mappings ─► action ─► identity ─► batch ─► tiktok ─► ledger ─► reply
//!               detect,    parsed    trigger     fields →  normalise,  coalesce, one      one        in the
//!               open       once      matches     intent    hash        group,    client   outcome    caller's
//!                                                                      split     per call per event  terms
//! ```
//!
//! 1. `main` reads the configuration, builds one HTTPS client and one [`App`](app::App), and starts the runtime.
//! 2. The invocation is recognised (HTTP, SQS, Kinesis, SNS, EventBridge, schedule, direct) and opened into one slot
//!    per event. A record that is no event is rejected in its slot; its neighbours go on. Over HTTP the caller is
//!    judged first.
//! 3. With a buffer queue, events of callers who do not wait are written to it, and end here as `accepted`. The queue
//!    brings them back in large batches.
//! 4. Each mapping whose trigger matches fills its fields from the event, and its action says what is to be done: add
//!    or remove these people, or create this audience.
//! 5. Identifiers are normalised and hashed. From here on there are only hashes.
//! 6. Names become audience ids. The latest operation on a person wins; the rest is grouped by ad account and action,
//!    and split at TikTok's limits. A single event is a batch of one.
//! 7. The calls are sent while the invocation's time allows. The HTTP status and the `code` in the body decide; a
//!    refused call is taken apart until the offenders stand alone.
//! 8. The ledger holds one outcome per event, the worst of its actions. What will never succeed goes to the dead-letter
//!    queue before the reply does.
//! 9. The reply is rendered in the caller's terms, so that the caller sends again exactly what may succeed later.
//!
//! # The modules, in reading order
//!
//! | module | purpose |
//! |---|---|
//! | `main.rs` | starts the function, and nothing else |
//! | `handler` | one invocation, from its envelope to its reply: the story above on one screen |
//! | `app` | everything that outlives an invocation, built once per cold start |
//! | `config` | environment and `destination.json`, typed; every problem at once |
//! | `ingress` | how an invocation arrived, its events, and how its source wants to be answered |
//! | `auth` | who may call over HTTP |
//! | `event` | one message of a platform, read once |
//! | `json` | JSON text as a flat index over itself: no copy, no float, no tree |
//! | `routing` | which mappings an event matches |
//! | `mapping` | triggers and field expressions: Segment's two languages |
//! | `dispatch` | events to intents: every matching mapping runs its action |
//! | `actions` | what a mapping can do; one file per action |
//! | `consent` | whether an event allows that its person is added |
//! | `deletion` | people who ask to be forgotten |
//! | `identity` | emails, phone numbers and advertising ids in, hashes out |
//! | `batch` | intents to calls: coalesce, group, split |
//! | `delivery` | resolves names, sends the calls, creates audiences, takes refused calls apart |
//! | `directory` | audiences by name |
//! | `session` | one invocation's token, clock and deadline |
//! | `tiktok` | wire format, client, limiter, and the meaning of every return code |
//! | `secrets` | the secret in Secrets Manager, cached and replaced as a whole |
//! | `queue` | writes to the buffer and to the dead-letter queue |
//! | `outcome` | six outcomes, every reason, and the ledger |
//! | `report` | what a caller is told of each event |
//! | `control` | operations: check, list, create, explain, connect |
//! | `log` | the lines of the log |
//! | `metrics` | what CloudWatch counts |
//! | `clock` | the only reader of the clock |
//! | `https`, `aws` | the one HTTPS client, and AWS's SDK on top of it |
//!
//! # Invariants
//!
//! - `ingress` knows nothing of TikTok; `tiktok` knows nothing of ingress, events or mappings.
//! - Between ingress and client everything is synchronous and free of I/O: only `tiktok::client`, `secrets` and `queue`
//!   open connections.
//! - Only `identity` hashes people's identifiers, and only its hashes fit into a request. Only `config` reads the
//!   environment, only `clock` the clock.
//! - Every event in has exactly one outcome out, in the same order.
//! - Nothing is acknowledged before TikTok accepted it or a queue has it. Nothing is dropped without a reason code.
//! - Nothing but caches lives from one invocation to the next, and any of them may be lost at any time.
//! - No identifier, hash of one, token or body is in a log line, a metric, an error, a reply or `Debug`.
//! - No panic, no unbounded wait: every call has a timeout within the invocation's deadline.

pub mod actions;
pub mod app;
pub mod auth;
pub mod aws;
pub mod batch;
pub mod clock;
pub mod config;
pub mod consent;
pub mod control;
pub mod deletion;
pub mod delivery;
pub mod directory;
pub mod dispatch;
pub mod event;
pub mod handler;
pub mod https;
pub mod identity;
pub mod ingress;
pub mod json;
pub mod log;
pub mod mapping;
pub mod metrics;
pub mod outcome;
pub mod queue;
pub mod report;
pub mod routing;
pub mod secrets;
pub mod session;
pub mod tiktok;
