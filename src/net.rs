//! The network: the one HTTPS client, and on top of it AWS's SDK and signed calls without one.
//!
//! Knows nothing of what is sent or to whom.

pub mod ahead;
pub mod aws;
pub mod cloudwatch;
pub mod https;
pub mod s3;
pub mod signed;
