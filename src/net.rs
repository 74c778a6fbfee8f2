//! The network: connections to the servers that every function needs, the HTTPS client of all others, and what calls to
//! AWS have in common.
//!
//! Knows nothing of what is sent or to whom.

pub mod aws;
pub mod backoff;
pub mod cloudwatch;
pub mod https;
pub mod origin;
pub mod retry;
pub mod s3;
pub mod signed;
pub mod signer;
