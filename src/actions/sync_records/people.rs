//! The people of records: named columns in, rows of hashes out.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::batch::Rows;
use crate::identity::{self, AdvertisingIdType, Device, Direction, Hashed, IdType, Platform, Rules, Unusable};
use crate::json::Value;
use crate::json::number::value_text;
use crate::outcome::left_out::LeftOutReason;
use crate::outcome::{AllLeftOut, Explanation, LeftOut, Reason};

use super::super::found::{Found, MAX_VALUES, too_many_values};
use super::super::{Field, Input, Switch};

/// Whether the values of a record are hashed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// No value is hashed.
    Plain,
    /// Every value is hashed.
    Hashed,
    /// A value is hashed if it looks like a hash.
    Either,
}

/// One column of a record: where it goes, what the record calls it, its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'d> {
    pub(super) id_type: IdType,
    pub(super) name: &'static str,
    pub(super) value: Value<'d>,
}

/// How the values of a record become hashes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hashing<'t> {
    spelling: Spelling,
    direction: Direction,
    rules: Rules,
    /// Further rules for the same values.
    also: Option<Rules>,
    country: Option<&'t str>,
    /// Whether the columns are sent, by [`IdType::index`].
    switches: [Switch; IdType::ALL.len()],
}

impl<'t> Hashing<'t> {
    /// The hashing that the mapping states for people of a direction; `country` is that of national phone numbers.
    ///
    /// # Errors
    /// All `send_*` are off.
    pub(super) fn new(
        input: Input<'_, '_>,
        direction: Direction,
        spelling: Spelling,
        country: Option<&'t str>,
    ) -> Result<Self, Explanation> {
        let switches = IdType::ALL.map(|id_type| input.switch(switch(id_type)));
        if !switches.contains(&Switch::On) {
            return Err(Reason::NothingToSend.into());
        }
        let also = input.also_remove.filter(|_| direction == Direction::Remove);
        Ok(Self { spelling, direction, rules: *input.rules, also, country, switches })
    }

    /// The hashing of a list's rows. Every column of a list is sent.
    pub(super) const fn of_rows(
        spelling: Spelling,
        direction: Direction,
        rules: Rules,
        also_remove: Option<Rules>,
        country: Option<&'t str>,
    ) -> Self {
        let also = match direction {
            Direction::Add => None,
            Direction::Remove => also_remove,
        };
        Self { spelling, direction, rules, also, country, switches: [Switch::On; IdType::ALL.len()] }
    }

    /// The rows of one person: several where a column holds several values.
    ///
    /// # Errors
    /// No identifier that is sent is there, or none of them is usable; a value is hashed where it must not be; a column has
    /// too many.
    pub(super) fn person<'d>(
        &self,
        columns: impl Iterator<Item = Column<'d>>,
    ) -> Result<(Rows, AllLeftOut), Explanation> {
        let mut found = Found::default();
        let mut mismatches = Vec::new();
        for column in columns {
            let switch = self.switches.get(column.id_type.index()).copied().unwrap_or(Switch::Off);
            if switch == Switch::Off {
                continue;
            }
            let (texts, others) = texts(column);
            if texts.len() + others > MAX_VALUES {
                return Err(too_many_values(column.name));
            }
            if switch == Switch::OffByEvent {
                let left_out = LeftOut::new(column.name, LeftOutReason::SwitchedOff);
                let present = texts.iter().filter(|text| !text.trim().is_empty()).count();
                (0..present + others).for_each(|_value| found.leave_out(left_out));
                continue;
            }
            (0..others).for_each(|_value| found.unusable(column.name, Unusable::NotAText));
            for (row, text) in texts.iter().enumerate() {
                if !self.add(&mut found, row, column, text) && !mismatches.contains(&column.name) {
                    mismatches.push(column.name);
                }
            }
        }
        if mismatches.is_empty() { found.into_rows() } else { Err(mismatch(&mismatches.join(", "), self.spelling)) }
    }

    /// `false` where the value is hashed and must not be, or must be hashed and is not.
    fn add(&self, found: &mut Found, row: usize, column: Column<'_>, text: &str) -> bool {
        let declared = identity::prehashed(text, column.id_type);
        let hashed = match (self.spelling, declared) {
            (_, Ok(None)) => return true,
            (Spelling::Plain, Ok(Some(_))) | (Spelling::Hashed, Err(Unusable::NotAHash)) => return false,
            (Spelling::Hashed, read) => read,
            (Spelling::Plain | Spelling::Either, _) => self.hash(text, column.id_type, &self.rules),
        };
        match hashed {
            Ok(Some(hashed)) => found.place(row, hashed),
            Ok(None) => {}
            Err(unusable) => found.unusable(column.name, unusable),
        }
        if let Some(also) = self.also.filter(|_| self.spelling != Spelling::Hashed)
            && let Ok(Some(hashed)) = self.hash(text, column.id_type, &also)
        {
            found.place_also(row, hashed);
        }
        true
    }

    fn hash(&self, text: &str, id_type: IdType, rules: &Rules) -> Result<Option<Hashed>, Unusable> {
        let device = |id_type| Device { id_type: Some(id_type), ..Device::default() };
        let advertising_id = |id_type| identity::advertising_id(text, &device(id_type), self.direction, rules);
        match id_type {
            IdType::EmailSha256 => identity::email(text, rules),
            IdType::PhoneSha256 => identity::phone(text, self.country, rules),
            IdType::IdfaSha256 => advertising_id(AdvertisingIdType::IdfaSha256),
            IdType::AaidSha256 => advertising_id(AdvertisingIdType::AaidSha256),
            IdType::IdfaMd5 => identity::device_md5(text, Platform::Ios),
            IdType::AaidMd5 => identity::device_md5(text, Platform::Android),
        }
    }
}

/// The field that turns a column on or off.
const fn switch(id_type: IdType) -> Field {
    match id_type {
        IdType::EmailSha256 => Field::SendEmail,
        IdType::PhoneSha256 => Field::SendPhone,
        IdType::IdfaSha256 | IdType::AaidSha256 | IdType::IdfaMd5 | IdType::AaidMd5 => Field::SendAdvertisingId,
    }
}

/// The values of a column, none, one, or those of an array; and how many are no texts. Numbers are read as fields read
/// them.
fn texts(column: Column<'_>) -> (SmallVec<[Cow<'_, str>; 1]>, usize) {
    let (mut texts, mut others) = (SmallVec::new(), 0);
    for value in column.value.items_or_itself().filter(|value| !value.is_null()) {
        match value_text(value) {
            Some(text) => texts.push(text),
            None => others += 1,
        }
    }
    (texts, others)
}

/// The names of columns that are hashed where they must not be, or the other way round, as a reason.
fn mismatch(names: &str, spelling: Spelling) -> Explanation {
    let detail = if spelling == Spelling::Plain {
        format!("{names}: hashed already; send plain values, or turn the mapping's hash field off")
    } else {
        format!("{names}: not hashed; send hashes, or turn the mapping's hash field on")
    };
    Explanation::new(Reason::HashingMismatch, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    #[test]
    fn a_float_without_a_fraction_is_the_integer_that_was_meant() {
        for (json, expected) in [
            ("491701234569", "491701234569"),
            ("491701234569.0", "491701234569"),
            ("4.91701234569e11", "491701234569"),
            (r#""491701234569.0""#, "491701234569.0"),
        ] {
            let document = Document::parse(json).unwrap();
            let column = Column { id_type: IdType::PhoneSha256, name: "phone", value: document.root() };
            assert_eq!(texts(column).0.as_slice(), [expected], "{json}");
        }
    }
}
