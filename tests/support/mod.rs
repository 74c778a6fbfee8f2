//! The servers that tests and the sandbox put in the place of TikTok and AWS.
//!
//! They know nothing of the function that calls them: no type of the crate is used here, so that a mistake in the
//! crate cannot hide itself. Each one listens on loopback, has its own thread, and stops when it is dropped; a panic
//! in a server fails the test that owns it. Include this file with `#[path]` and `pub mod support`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a fake fails its test by panicking"
)]

pub mod authority;
pub mod aws_json;
pub mod fake_cloudwatch;
pub mod fake_firehose;
pub mod fake_runtime;
pub mod fake_secrets;
pub mod fake_sqs;
pub mod fake_tiktok;
pub mod random;
pub mod server;
