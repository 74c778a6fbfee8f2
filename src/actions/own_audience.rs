//! Whose choice the audience of a mapping is.

/// When a mapping's audience is its own choice, so that what the event says of membership is not about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnAudience {
    /// The event names the audience.
    Never,
    /// The mapping names it, for events whose `external_audience_id` is absent.
    WithoutExternalId,
    /// The mapping names it.
    Always,
}
