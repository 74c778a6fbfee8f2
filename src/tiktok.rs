//! TikTok's Business API: the wire format, the client and the meaning of its answers.
//!
//! Knows nothing of ingress, events or mappings.

mod attempts;
mod classification;
mod client;
mod codes;
pub mod envelope;
mod error;
mod id;
mod limiter;
mod retry;
mod token;
pub mod wire;

pub use attempts::{Attempt, Calls};
pub use classification::{Class, Classification, Scope};
pub use client::{Accepted, Client};
pub(crate) use codes::NO_PERMISSION;
pub use codes::{CODES, CodeEntry, NO_SUCH_OBJECT, PARTIAL, meaning};
pub use error::{BodyProblem, BuildError, RequestId, SendError};
pub use id::{AdvertiserId, AudienceId, BadId, IdText};
pub use limiter::Limiter;
pub use token::{AccessToken, BadToken};
pub use wire::Audience;
