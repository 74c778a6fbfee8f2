//! TikTok's Business API: the wire format, the client and the meaning of its answers.
//!
//! Knows nothing of ingress, events or mappings.

mod id;

pub use id::{AdvertiserId, AudienceId, BadId};
