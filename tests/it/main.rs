//! Everything that opens a socket, always on loopback: one binary, a table of contents.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in a function that is not itself the test"
)]

#[allow(dead_code, reason = "the sandbox uses what no test needs, and the other way round")]
#[path = "../support/mod.rs"]
pub mod support;

mod raw;
// A scripted HTTP server that also answers what no well-behaved server would.
mod upstream;
// CloudWatch Logs with given pages.
pub mod upstream_logs;

// The buffer and the dead-letter queue.
mod queue;

// The servers that the other tests stand on: what they refuse, keep and break.
mod fake_runtime;
mod fake_secrets;
mod fake_server;
mod fake_sqs;
mod fake_tiktok;

// The application between the fakes.
pub mod world;
// Requests in the payload formats of API Gateway and function URLs.
pub mod request;
// Events as each source hands them over.
pub mod envelope;

// Which function takes what.
mod roles;
// Operations of the control function.
mod control;
// Connecting advertisers by OAuth.
mod oauth;
// The unmodified binary between the fakes.
pub mod bootstrap;

// What arrives directly.
mod direct;
// Mappings of an export of Segment's.
mod imported;
// Rows of warehouses.
mod records;
// Batches of lists.
mod lists;
// Who may be added.
mod consent;
// Who is to be forgotten.
mod deletion;

// Why events are not delivered.
mod reasons;
// What is there and not sent.
mod left_out;
mod leftovers;
// What is logged and counted.
mod log;
mod metrics;
// What was sent, in the customer's own bucket.
mod journal;
// When calls to AWS are signed.
mod signatures;
// That nothing about a person and no credential is ever shown.
mod canary;
// That files, template and README say the same as the code.
mod tidy;

// What arrives over HTTP.
mod http;

// Every way in, and what is sent again from there.
mod ingresses;

// Sources that follow AWS's rules and the replies until they are empty.
mod sources;

// Events that are queued before their delivery.
mod buffer;

// Everything but the write.
mod shadow;

// What TikTok refuses, and on whom it is blamed.
mod refused;

// Every code and every broken connection.
mod faults;

// Random streams under random faults: nothing is lost, and the latest operation wins.
mod convergence;

// The process killed at any moment, a thousand times.
mod crash;

// Tokens, secrets, throttles and time that run out.
mod outages;

// The binary at a prompt.
mod outside;

// What comes with a payload.
mod runtime_api;

// A panic that was injected.
#[cfg(inject_panic)]
mod panics;

// The HTTPS client: whom it trusts, and what it refuses to start with.
mod https;
// One server and the connections to it.
mod origin;
// What is done before the first invocation.
mod warm_up;
// The secret: fetched, cached, reloaded, and never shown.
mod secrets;
// The secret out of reach or without a token, through the whole function.
mod secret_outage;
// TikTok's client: what is sent, and what each kind of answer is taken for.
mod tiktok_client;
