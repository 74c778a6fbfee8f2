//! Lists: their first step and their last one. What is between them is the state machine's and the function's.

mod layout;
mod objects;
pub(super) mod prepare;
pub(super) mod summarize;
mod totals;
