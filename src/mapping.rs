//! Mappings: when an event causes an action, and how the action's fields are filled from the event.
//!
//! Knows Segment's two languages, the trigger's ([`trigger`]) and the fields' ([`expression`]), and what the actions
//! declare; knows nothing of how a configuration file is laid out, nor of what an action does with its fields.
//! Everything is compiled when the configuration is loaded: per event nothing is parsed or looked up by name.

pub mod expression;
pub mod fields;
mod path;
mod problem;
mod resolved;
#[cfg(test)]
mod samples;
pub mod trigger;
mod trigger_index;
mod walk;

pub use expression::Expression;
pub use fields::{FieldError, Fields, Form};
pub use problem::{MappingProblem, Severity};
pub(crate) use problem::{item_path, member_path};
pub use resolved::Resolved;
pub use trigger::Trigger;
pub(crate) use trigger_index::TriggerIndex;

use crate::actions::ActionKind;
use crate::json::number;

/// One row of a destination: when which action runs, and with what.
#[derive(Debug)]
pub struct Mapping {
    /// Its name in reports.
    pub name: String,
    /// What it does.
    pub action: ActionKind,
    /// When.
    pub trigger: Trigger,
    /// With what.
    pub fields: Fields,
    /// Whether events reach it.
    pub enabled: bool,
}
