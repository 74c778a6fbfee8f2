//! The identifiers of one person: rows of hashes, and what is wrong with the identifiers that are in no row.

use std::fmt::Write;

use crate::batch::{Rows, place};
use crate::identity::{Hashed, Unusable};
use crate::outcome::{AllLeftOut, Explanation, LeftOut, Reason};

/// The usable identifiers by row, and what is wrong with the others.
#[derive(Debug, Default)]
pub(super) struct Found {
    rows: Rows,
    also: Rows,
    problems: String,
    left_out: Vec<LeftOut>,
}

impl Found {
    /// A hash that is sent.
    pub(super) fn place(&mut self, row: usize, hashed: Hashed) {
        place(&mut self.rows, row, hashed);
    }

    /// A hash under a second set of rules, in a row of its own.
    pub(super) fn place_also(&mut self, row: usize, hashed: Hashed) {
        place(&mut self.also, row, hashed);
    }

    /// An identifier that is there and not sent.
    pub(super) fn leave_out(&mut self, left_out: LeftOut) {
        self.left_out.push(left_out);
    }

    /// An identifier that can't be sent, by the name of its field or column.
    pub(super) fn unusable(&mut self, name: &'static str, unusable: Unusable) {
        self.leave_out(LeftOut::unusable(name, unusable));
        let separator = if self.problems.is_empty() { "" } else { "; " };
        // Writing to a string can't fail.
        let _written = write!(self.problems, "{separator}{name}: {unusable}");
    }

    /// The rows, and what is not in them.
    ///
    /// # Errors
    /// No identifier is there, or none of those that are is usable.
    pub(super) fn into_rows(mut self) -> Result<(Rows, AllLeftOut), Explanation> {
        self.rows.append(&mut self.also);
        let left_out = (!self.left_out.is_empty()).then(|| self.left_out.into_boxed_slice());
        if !self.rows.is_empty() {
            return Ok((self.rows, left_out));
        }
        let explanation = if self.problems.is_empty() {
            Reason::NoIdentifier.into()
        } else {
            Explanation::new(Reason::NoUsableIdentifier, self.problems)
        };
        Err(explanation.with_left_out(left_out))
    }
}
