//! The network: connections to the servers that every function needs, with AWS's SDK on top of them, and the HTTPS client
//! of all others, with signed calls on top of that.
//!
//! Knows nothing of what is sent or to whom.

pub mod aws;
pub mod cloudwatch;
pub mod https;
pub mod origin;
pub mod s3;
pub mod signed;
