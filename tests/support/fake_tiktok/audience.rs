//! Audiences and their members: the state that a test asserts.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::refusal::Refusal;

/// What an audience's type must be for `/segment/mapping/` to feed it.
const PARTNER: &str = "Partner";
/// Longer names are cut to 67 characters and three dots (reference of `/segment/audience/`).
const NAME_CHARACTERS: usize = 70;
/// Below this many matched members an audience has size 0 and is not valid (TikTok's help centre).
const USABLE_FROM: usize = 1_000;
/// The ids that `/segment/audience/` gives out count up from here: 19 digits.
const FIRST_ID: u64 = 1_730_000_000_000_000_001;

/// What an audience can be in, apart from its validity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Takes members.
    #[default]
    Ready,
    /// Being processed: refused with 40002 "not editable".
    Busy,
    /// Expired: refused with 40002, still in the list, can be deleted.
    Expired,
    /// Deleted at TikTok: 40007, and in no list.
    Dead,
}

/// A custom audience, in configuration and in answers to tests.
#[derive(Clone, Debug, PartialEq)]
pub struct Audience {
    /// The id; empty: the next free one.
    pub id: String,
    /// The advertiser that sees it.
    pub advertiser: String,
    /// The name; need not be unique.
    pub name: String,
    /// `audience_type`, `Partner` for those made by `/segment/audience/`.
    pub kind: String,
    /// `cover_num`; not given: the number of members, 0 below 1,000.
    pub size: Option<u64>,
    /// `is_valid`; not given: true from 1,000 members on.
    pub is_valid: Option<bool>,
    /// Whether it expires within 60 days.
    pub is_expiring: bool,
    /// Whether this advertiser made it.
    pub is_creator: bool,
    /// Whether it is shared between advertisers.
    pub shared: bool,
    /// The advertisers that it is shared with through the API.
    pub shared_with: BTreeSet<String>,
    /// The advertisers that it was shared with.
    pub was_shared_with: BTreeSet<String>,
    /// The ids of the ad groups that use it; it can't be deleted as long as there are any.
    pub ad_groups: Vec<String>,
    /// When it was made; not given: now.
    pub created: Option<Timestamp>,
    /// When it expires; not given: 365 days after it was made.
    pub expires: Option<Timestamp>,
    /// Whether it takes members.
    pub condition: Condition,
}

impl Audience {
    /// A Partner audience that the advertiser made.
    pub fn new(advertiser: &str, name: &str) -> Self {
        Self {
            id: String::new(),
            advertiser: advertiser.to_owned(),
            name: name.to_owned(),
            kind: PARTNER.to_owned(),
            size: None,
            is_valid: None,
            is_expiring: false,
            is_creator: true,
            shared: false,
            shared_with: BTreeSet::new(),
            was_shared_with: BTreeSet::new(),
            ad_groups: Vec::new(),
            created: None,
            expires: None,
            condition: Condition::Ready,
        }
    }

    /// The same with this id.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// The same with this type, such as `Customer File Audience`.
    #[must_use]
    pub fn with_kind(mut self, kind: &str) -> Self {
        kind.clone_into(&mut self.kind);
        self
    }

    /// The same in this condition.
    #[must_use]
    pub fn in_condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// The same, made by somebody else and shared with this advertiser.
    #[must_use]
    pub fn made_by_another(mut self) -> Self {
        self.is_creator = false;
        self.shared = true;
        self
    }
}

/// One cell of a row, in 33 bytes and hashable, so that millions fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Member {
    pub(super) column: Column,
    /// SHA-256 uses all bytes, MD5 the first sixteen.
    pub(super) digest: [u8; 32],
}

/// A column of `id_schema`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    EmailSha256,
    PhoneSha256,
    IdfaSha256,
    AaidSha256,
    IdfaMd5,
    AaidMd5,
}

impl Column {
    /// TikTok takes the names in lower case too (comments of the Go client on the reference).
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "EMAIL_SHA256" => Self::EmailSha256,
            "PHONE_SHA256" => Self::PhoneSha256,
            "IDFA_SHA256" => Self::IdfaSha256,
            "AAID_SHA256" => Self::AaidSha256,
            "IDFA_MD5" => Self::IdfaMd5,
            "AAID_MD5" => Self::AaidMd5,
            _ => return None,
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::EmailSha256 => "EMAIL_SHA256",
            Self::PhoneSha256 => "PHONE_SHA256",
            Self::IdfaSha256 => "IDFA_SHA256",
            Self::AaidSha256 => "AAID_SHA256",
            Self::IdfaMd5 => "IDFA_MD5",
            Self::AaidMd5 => "AAID_MD5",
        }
    }

    /// Bytes of a digest: 32, for MD5 16.
    pub(super) const fn digest_length(self) -> usize {
        match self {
            Self::EmailSha256 | Self::PhoneSha256 | Self::IdfaSha256 | Self::AaidSha256 => 32,
            Self::IdfaMd5 | Self::AaidMd5 => 16,
        }
    }
}

/// An audience and who is in it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) audience: Audience,
    pub(super) members: HashSet<Member>,
}

impl Entry {
    /// The item of `/dmp/custom_audience/list/` (fields: official SDK and the reference's types).
    pub(super) fn to_json(&self, viewer: &str) -> Value {
        let Audience { id, name, kind, is_expiring, shared, shared_with, .. } = &self.audience;
        let (is_creator, shared) =
            (self.audience.is_creator && self.audience.advertiser == viewer, *shared || !shared_with.is_empty());
        let usable = self.members.len() >= USABLE_FROM;
        json!({
            "audience_id": id,
            "name": name,
            "audience_type": kind,
            "calculate_type": null,
            "cover_num": self.audience.size.unwrap_or(if usable { self.members.len() as u64 } else { 0 }),
            "create_time": self.audience.created.map(gmt),
            "expired_time": self.audience.expires.map(gmt),
            "is_valid": self.audience.is_valid.unwrap_or(usable) && self.audience.condition == Condition::Ready,
            "is_expiring": is_expiring,
            "is_creator": is_creator,
            "shared": shared,
        })
    }

    /// The hash of every member with its column.
    pub(super) fn cells(&self) -> BTreeSet<(String, String)> {
        let hex = |member: &Member| const_hex::encode(&member.digest[..member.column.digest_length()]);
        self.members.iter().map(|member| (member.column.name().to_owned(), hex(member))).collect()
    }
}

/// TikTok's times: GMT, to the second.
fn gmt(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// All audiences of all advertisers, dead ones included.
#[derive(Debug, Default)]
pub(super) struct Library {
    entries: Vec<Entry>,
    positions: HashMap<String, usize>,
    created: u64,
    /// The time at which audiences are made; nothing: the real one.
    pub(super) clock: Option<Timestamp>,
}

impl Library {
    /// Puts an audience in and gives back its id.
    pub(super) fn insert(&mut self, mut audience: Audience) -> String {
        if audience.id.is_empty() {
            audience.id = (FIRST_ID + self.created).to_string();
            self.created += 1;
        }
        let created = audience.created.or(self.clock).unwrap_or_else(Timestamp::now);
        audience.created = Some(created);
        audience.expires = audience.expires.or_else(|| created.checked_add(Span::new().hours(365 * 24)).ok());
        let id = audience.id.clone();
        let known = self.positions.insert(id.clone(), self.entries.len());
        assert!(known.is_none(), "audience {id} is there already");
        self.entries.push(Entry { audience, members: HashSet::new() });
        id
    }

    /// Forgets everything; ids go on counting, so that none is given out twice.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.positions.clear();
    }

    /// What `/segment/audience/` does with `create`.
    pub(super) fn create(&mut self, advertiser: &str, name: &str) -> String {
        let cut = name.chars().count() > NAME_CHARACTERS;
        let name = if cut { name.chars().take(67).chain("...".chars()).collect() } else { name.to_owned() };
        self.insert(Audience::new(advertiser, &name))
    }

    /// The audience of this id, dead or not.
    pub(super) fn find(&self, id: &str) -> Option<&Entry> {
        self.positions.get(id).map(|&position| &self.entries[position])
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.positions.get(id).map(|&position| &mut self.entries[position])
    }

    pub(super) fn at(&mut self, position: usize) -> &mut Entry {
        &mut self.entries[position]
    }

    /// The position of an audience that this advertiser sees; 40007, "does not exist", otherwise.
    pub(super) fn seen_by(&self, advertisers: &[&str], id: &str, foreign_code: i64) -> Result<usize, Refusal> {
        let missing = || Refusal::new(40007, "the audience does not exist");
        let position = *self.positions.get(id).ok_or_else(missing)?;
        let audience = &self.entries[position].audience;
        if audience.condition == Condition::Dead {
            return Err(missing());
        }
        if !advertisers.contains(&audience.advertiser.as_str()) {
            return Err(Refusal::new(foreign_code, "no permission to operate on the audience"));
        }
        Ok(position)
    }

    /// The same, for an audience that may get members.
    ///
    /// The codes for types other than Partner and for expired audiences are not documented; 40002 is ours.
    pub(super) fn writable_by(&self, advertisers: &[&str], id: &str, foreign_code: i64) -> Result<usize, Refusal> {
        let position = self.seen_by(advertisers, id, foreign_code)?;
        let audience = &self.entries[position].audience;
        if !audience.is_creator {
            return Err(Refusal::new(foreign_code, "no permission to operate on the audience"));
        }
        if !audience.kind.eq_ignore_ascii_case(PARTNER) {
            return Err(Refusal::new(40002, "the audience's type takes no mappings"));
        }
        match audience.condition {
            Condition::Ready | Condition::Dead => Ok(position),
            Condition::Busy => Err(Refusal::new(40002, "Audience is not editable")),
            Condition::Expired => Err(Refusal::new(40002, "the audience has expired")),
        }
    }

    /// Everything that an advertiser sees, newest first.
    pub(super) fn of(&self, advertiser: &str) -> impl Iterator<Item = &Entry> {
        let sees = move |entry: &&Entry| {
            let audience = &entry.audience;
            let is_shared = || audience.shared_with.iter().any(|other| other == advertiser);
            (audience.advertiser == advertiser || is_shared()) && audience.condition != Condition::Dead
        };
        self.entries.iter().rev().filter(sees)
    }

    /// Everything, in the order in which it was made, dead ones included.
    pub(super) fn all(&self) -> impl Iterator<Item = &Audience> {
        self.entries.iter().map(|entry| &entry.audience)
    }
}
