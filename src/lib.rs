//! TikTok audiences, kept in step with a customer data platform.

pub mod identity;
pub mod tiktok;
