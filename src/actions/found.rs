//! The identifiers of one person: rows of hashes, and what is wrong with the identifiers that are in no row.

use crate::batch::{Rows, RowsBuilder};
use crate::identity::{Hashed, Unusable};
use crate::outcome::{AllLeftOut, Explanation, LeftOut, Reason, left_out};

/// The most values that one field or column of a person may hold. Whole lists of people are many events.
pub(crate) const MAX_VALUES: usize = 10_000;

/// The rejection of a person who has more values than that in a field or column.
pub(crate) fn too_many_values(name: &str) -> Explanation {
    Explanation::new(Reason::InvalidField, format!("{name} has more than {MAX_VALUES} values"))
}

/// The usable identifiers by row, and what is wrong with the others.
#[derive(Debug, Default)]
pub(super) struct Found {
    rows: RowsBuilder,
    also: RowsBuilder,
    left_out: Vec<LeftOut>,
}

impl Found {
    /// A hash that is sent.
    pub(super) fn place(&mut self, row: usize, hashed: Hashed) {
        self.rows.place(row, hashed);
    }

    /// A hash under a second set of rules, in a row of its own.
    pub(super) fn place_also(&mut self, row: usize, hashed: Hashed) {
        self.also.place(row, hashed);
    }

    /// An identifier that is there and not sent.
    pub(super) fn leave_out(&mut self, left_out: LeftOut) {
        self.left_out.push(left_out);
    }

    /// An identifier that can't be sent, by the name of its field or column.
    pub(super) fn unusable(&mut self, name: &'static str, unusable: Unusable) {
        self.leave_out(LeftOut::new(name, unusable));
    }

    /// The rows, and what is not in them.
    ///
    /// # Errors
    /// No identifier is there, or none of those that are is usable.
    pub(super) fn into_rows(self) -> Result<(Rows, AllLeftOut), Explanation> {
        let mut rows = self.rows.finish();
        rows.append(&mut self.also.finish());
        let left_out = (!self.left_out.is_empty()).then(|| self.left_out.into_boxed_slice());
        if !rows.is_empty() {
            return Ok((rows, left_out));
        }
        let unusable: Vec<_> =
            left_out.iter().flatten().copied().filter(|left_out| left_out.reason.is_unusable()).collect();
        let explanation = if unusable.is_empty() {
            left_out.as_deref().map_or_else(|| Reason::NoIdentifier.into(), none_is_sent)
        } else {
            Explanation::new(Reason::NoUsableIdentifier, left_out::sentence(&unusable))
        };
        Err(explanation.with_left_out(left_out))
    }
}

/// There are identifiers, and each belongs to a kind that is not sent.
fn none_is_sent(left_out: &[LeftOut]) -> Explanation {
    let detail = format!("none of the event's identifiers is sent: {}", left_out::sentence(left_out));
    Explanation::new(Reason::NoIdentifier, detail)
}
