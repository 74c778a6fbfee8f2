//! The network: the one HTTPS client, and AWS's SDK on top of it.
//!
//! Knows nothing of what is sent or to whom.

pub mod aws;
pub mod https;
