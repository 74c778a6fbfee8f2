//! Whether the mapping or the event names the audience.

/// When the mapping names its audience itself. What the event says of membership is about another audience then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnAudience {
    /// The event names the audience.
    Never,
    /// The mapping names it, for events whose `external_audience_id` is absent.
    WithoutExternalId,
    /// The mapping names it.
    Always,
}
