//! The network: the servers that every invocation goes through, and the HTTPS client of all others, with AWS's SDK and
//! signed calls without one on top of it.
//!
//! Knows nothing of what is sent or to whom.

pub mod aws;
pub mod cloudwatch;
pub mod https;
pub mod origin;
pub mod s3;
pub mod signed;
