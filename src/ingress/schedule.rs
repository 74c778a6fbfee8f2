//! Schedules: EventBridge rules that send their own bare event. EventBridge Scheduler sends what it is told to send,
//! which is a direct invocation.

use super::discriminators::Discriminators;

/// The `detail-type` of the event that a scheduled rule sends when it is given no input.
/// Source: Amazon EventBridge User Guide, "Creating a rule that runs on a schedule".
const DETAIL_TYPE: &str = "Scheduled Event";

/// Whether an EventBridge envelope is a schedule's.
pub(super) fn is_schedule(discriminators: &Discriminators<'_>) -> bool {
    discriminators.source.is_some_and(|source| source.is_str("aws.events"))
        && discriminators.detail_type.is_some_and(|detail_type| detail_type.is_str(DETAIL_TYPE))
}
