//! Rows of a list: objects of named columns. Some columns hold a person's identifiers.
//!
//! What is to be done, and where, is the same for all rows; a row says only who it is about. Files are written by many
//! tools, so that a column is found by its name's letters and digits unless the list names its columns itself.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::people::{Column, Hashing};
use super::record::{CHANGES, MEMBERSHIPS, OTHER_WORDS, named, wrong_kind};
use crate::actions::{AdvertiserRef, AudienceRef, Consent, Operation, target};
use crate::identity::{Direction, IdType, Rules};
use crate::json::{Kind, Value};
use crate::outcome::{Explanation, Reason};

pub(crate) use super::people::Spelling;

/// What a column of a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// An identifier.
    Identifier(IdType),
    /// The country of national phone numbers of this row.
    Country,
    /// What the row itself wants; it has to be what the list does.
    Action,
}

impl Meaning {
    /// Every column that a list may name, by its canonical name.
    pub const NAMED: [(&'static str, Self); 5] = [
        ("email", Self::Identifier(IdType::EmailSha256)),
        ("phone", Self::Identifier(IdType::PhoneSha256)),
        ("idfa", Self::Identifier(IdType::IdfaSha256)),
        ("aaid", Self::Identifier(IdType::AaidSha256)),
        ("country", Self::Country),
    ];

    /// The meaning of a canonical name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, meaning)| meaning)
    }

    /// What reports call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identifier(id_type) => match id_type {
                IdType::EmailSha256 => "email",
                IdType::PhoneSha256 => "phone",
                IdType::IdfaSha256 | IdType::IdfaMd5 => "idfa",
                IdType::AaidSha256 | IdType::AaidMd5 => "aaid",
            },
            Self::Country => "country",
            Self::Action => "action",
        }
    }
}

/// The members that a batch carries besides the columns of its file.
const RESERVED: [&str; 2] = ["_row", "_source"];

/// Which columns hold what.
#[derive(Clone, Debug, Default)]
pub struct Columns<'l> {
    /// As the list names them; none where the canonical names are meant.
    named: Option<Vec<(Cow<'l, str>, Meaning)>>,
}

impl<'l> Columns<'l> {
    /// The columns that a list names.
    pub const fn of(named: Vec<(Cow<'l, str>, Meaning)>) -> Self {
        Self { named: Some(named) }
    }

    /// What the column of a header holds.
    pub fn meaning(&self, header: &str) -> Option<Meaning> {
        // What some tools put before the first header is no part of its name.
        let header = header.trim_start_matches('\u{feff}').trim();
        match &self.named {
            Some(named) => {
                let stated = named.iter().find(|(name, _)| name == header).map(|(_, meaning)| *meaning);
                // What a row wants counts however the other columns are called.
                stated.or_else(|| canonical(header).filter(|meaning| *meaning == Meaning::Action))
            }
            None => canonical(header),
        }
    }
}

/// What a header means by itself: letter case, spaces, `_` and `-` are without meaning.
fn canonical(header: &str) -> Option<Meaning> {
    let name: SmallVec<[u8; 16]> =
        header.bytes().filter(|byte| !b" _-".contains(byte)).map(|byte| byte.to_ascii_lowercase()).collect();
    let name = std::str::from_utf8(&name).ok()?;
    if name == "action" { Some(Meaning::Action) } else { Meaning::named(name) }
}

/// What is the same for all rows of a list.
#[derive(Clone, Debug)]
pub struct ListRules<'l> {
    /// Add or remove.
    pub direction: Direction,
    /// The ad account.
    pub advertiser: AdvertiserRef,
    /// The audience.
    pub audience: AudienceRef,
    /// Which columns hold what.
    pub columns: Columns<'l>,
    /// Whether values are hashed already.
    pub spelling: Spelling,
    /// The country of national phone numbers whose row names none.
    pub country: Option<Cow<'l, str>>,
    /// How identifiers are normalised.
    pub rules: Rules,
    /// Under which further rules removes are sent.
    pub also_remove: Option<Rules>,
    /// What the destination requires of an add.
    pub consent: Consent,
}

/// Reads the rows of one batch; remembers the columns, since most rows have the same.
#[derive(Debug)]
pub(crate) struct RowReader<'l, 'd> {
    list: &'l ListRules<'l>,
    layout: Vec<(&'d str, Option<Meaning>)>,
    has_columns: bool,
    ignored: usize,
}

impl<'l, 'd> RowReader<'l, 'd> {
    /// For rows of this list.
    pub(crate) const fn new(list: &'l ListRules<'l>) -> Self {
        Self { list, layout: Vec::new(), has_columns: false, ignored: 0 }
    }

    /// Whether any row so far has a column that can identify a person.
    pub(crate) const fn has_columns(&self) -> bool {
        self.has_columns
    }

    /// The most columns of one row that mean nothing here.
    pub(crate) const fn ignored(&self) -> usize {
        self.ignored
    }

    /// What is to be done with a row's person.
    ///
    /// # Errors
    /// The row is no object, wants something else than its list, or has no identifier that can be sent.
    pub(crate) fn operation(&mut self, row: Value<'d>) -> Result<Operation, Explanation> {
        if row.kind() != Kind::Object {
            let message = format!("a row is an object, this is {}", row.kind().described());
            return Err(Explanation::new(Reason::InvalidRecord, message));
        }
        let list = self.list;
        let (mut columns, mut country) = (SmallVec::<[Column<'d>; 4]>::new(), None);
        // Held back until all columns are seen: whether one can identify a person must not hang on their order.
        let mut wrong = None;
        let mut ignored = 0;
        for (position, (key, value)) in row.members().enumerate() {
            match self.meaning(position, key) {
                Some(meaning @ Meaning::Identifier(id_type)) => {
                    self.has_columns = true;
                    columns.push(Column { id_type, name: meaning.name(), value });
                }
                Some(Meaning::Country) => match country_of(value) {
                    Ok(stated) => country = stated.or(country),
                    Err(explanation) => wrong = wrong.or(Some(explanation)),
                },
                Some(Meaning::Action) => wrong = wrong.or_else(|| agrees(value, list.direction).err()),
                None => ignored += usize::from(!RESERVED.iter().any(|name| key.is_str(name))),
            }
        }
        self.ignored = self.ignored.max(ignored);
        if let Some(explanation) = wrong {
            return Err(explanation);
        }
        let permitted = list.consent.permit(list.direction)?;
        let country = country.as_deref().or(list.country.as_deref());
        let hashing = Hashing::of_rows(list.spelling, permitted.direction, list.rules, list.also_remove, country);
        let (rows, left_out) = hashing.person(columns.into_iter())?;
        Ok(Operation::Members {
            direction: permitted.direction,
            advertiser: list.advertiser,
            audience: list.audience.clone(),
            rows,
            left_out,
            note: permitted.note,
        })
    }

    fn meaning(&mut self, position: usize, key: Value<'d>) -> Option<Meaning> {
        let raw = key.raw();
        if let Some((known, meaning)) = self.layout.get(position)
            && *known == raw
        {
            return *meaning;
        }
        let meaning = key.as_str().and_then(|header| self.list.columns.meaning(&header));
        self.layout.truncate(position);
        if self.layout.len() == position {
            self.layout.push((raw, meaning));
        }
        meaning
    }
}

fn country_of(value: Value<'_>) -> Result<Option<Cow<'_, str>>, Explanation> {
    match value.kind() {
        Kind::String | Kind::Number => Ok(target::text_of(Some(value))),
        Kind::Null => Ok(None),
        Kind::Bool | Kind::Array | Kind::Object => Err(wrong_kind("country", "a string", value)),
    }
}

/// A row may say itself what it wants, by any word of this action's records or of other tools. Letter case and blanks
/// around it are without meaning.
///
/// # Errors
/// It wants the opposite of its list: the row is of somebody who left, or came.
fn agrees(action: Value<'_>, direction: Direction) -> Result<(), Explanation> {
    let word = action.as_text().unwrap_or_default();
    let is_meant = |known: &str| known.eq_ignore_ascii_case(word.trim());
    let stated = [&MEMBERSHIPS[..], &CHANGES, &OTHER_WORDS].into_iter().find_map(|words| named(words, is_meant));
    match stated {
        Some(stated) if stated != direction => {
            Err(Explanation::new(Reason::InvalidField, "the row's action is not the list's"))
        }
        Some(_) | None => Ok(()),
    }
}
