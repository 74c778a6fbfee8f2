//! Emails, phone numbers and advertising ids in; hashes out. The only module that normalises or hashes.
//!
//! It knows nothing of events, mappings or calls. [`Hashed`] has no public constructor that takes a digest, so
//! everything that reaches the wire went through one of this module's rules.

mod advertising_id;
mod cleaned;
mod country;
mod device_md5;
mod direction;
mod email;
mod numbering_plan;
mod phone;
mod prehashed;
mod rules;
mod sha256;
mod unusable;

use std::fmt;
use std::hash::{Hash, Hasher};

use strum::EnumCount;

pub(crate) use advertising_id::Platform;
pub(crate) use advertising_id::clean as clean_advertising_id;
pub use advertising_id::{AdvertisingIdType, Device, advertising_id};
pub use cleaned::Cleaned;
pub(crate) use cleaned::Normalised;
pub use country::{BadCountry, Country};
pub(crate) use device_md5::device_md5;
pub use direction::Direction;
pub(crate) use email::clean as clean_email;
pub use email::email;
pub(crate) use phone::clean as clean_phone;
pub use phone::phone;
pub(crate) use prehashed::prehashed;
pub use rules::{PhoneRule, RuleSet, Rules};
pub use unusable::Unusable;

/// The column of an identifier in TikTok's `id_schema`, in the order in which our calls use the columns.
///
/// Source: `/segment/mapping/` accepts exactly these six; `AAID` covers Android's AAID and GAID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum IdType {
    /// SHA-256 of a normalised email address.
    EmailSha256,
    /// SHA-256 of a phone number.
    PhoneSha256,
    /// SHA-256 of an iOS advertising id.
    IdfaSha256,
    /// SHA-256 of an Android advertising id.
    AaidSha256,
    /// MD5 of an iOS advertising id.
    IdfaMd5,
    /// MD5 of an Android advertising id.
    AaidMd5,
}

impl IdType {
    /// All columns, in column order.
    pub const ALL: [Self; Self::COUNT] =
        [Self::EmailSha256, Self::PhoneSha256, Self::IdfaSha256, Self::AaidSha256, Self::IdfaMd5, Self::AaidMd5];

    /// TikTok's name of the column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailSha256 => "EMAIL_SHA256",
            Self::PhoneSha256 => "PHONE_SHA256",
            Self::IdfaSha256 => "IDFA_SHA256",
            Self::AaidSha256 => "AAID_SHA256",
            Self::IdfaMd5 => "IDFA_MD5",
            Self::AaidMd5 => "AAID_MD5",
        }
    }

    /// Reads TikTok's name in either case; `GAID_*` is `AAID_*`.
    pub fn parse(text: &str) -> Option<Self> {
        let is = |name: &str| text.eq_ignore_ascii_case(name);
        let other = [("GAID_SHA256", Self::AaidSha256), ("GAID_MD5", Self::AaidMd5)];
        let gaid = || other.into_iter().find(|(name, _)| is(name)).map(|(_, id_type)| id_type);
        Self::ALL.into_iter().find(|id_type| is(id_type.as_str())).or_else(gaid)
    }

    /// Position of the column, `0..6`.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether the column's digests are MD5.
    pub const fn is_md5(self) -> bool {
        matches!(self, Self::IdfaMd5 | Self::AaidMd5)
    }
}

/// A hashed identifier: what TikTok gets, and the only form in which an identifier leaves this module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hashed {
    id_type: IdType,
    /// SHA-256 uses all bytes, MD5 the first sixteen (the rest is zero).
    digest: [u8; 32],
}

/// By words and without a length: each cell of a batch is looked up once.
impl Hash for Hashed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id_type.hash(state);
        let (words, _none) = self.digest.as_chunks();
        for word in words {
            state.write_u64(u64::from_ne_bytes(*word));
        }
    }
}

impl Hashed {
    /// SHA-256 of a normalised value.
    fn of(id_type: IdType, normal: &[u8]) -> Self {
        Self { id_type, digest: sha256::digest(normal) }
    }

    /// The column that this identifier belongs to.
    pub const fn id_type(&self) -> IdType {
        self.id_type
    }

    /// The digest: 32 bytes, 16 for MD5.
    pub fn digest(&self) -> &[u8] {
        let (md5, _unused) = self.digest.split_at(16);
        if self.id_type.is_md5() { md5 } else { &self.digest }
    }

    /// Eight bytes that equal identifiers share, and others all but never: digests are spread evenly.
    pub(crate) const fn fingerprint(&self) -> u64 {
        let [first, ..] = self.digest.as_chunks().0 else { return 0 };
        u64::from_ne_bytes(*first)
    }

    /// Appends the digest as lower-case hex.
    pub fn write_hex(&self, out: &mut Vec<u8>) {
        let mut buffer = const_hex::Buffer::<32>::new();
        let (md5, _rest) = buffer.format(&self.digest).as_bytes().split_at(32);
        out.extend_from_slice(if self.id_type.is_md5() { md5 } else { buffer.as_bytes() });
    }
}

/// Prints the column only: a digest of an email address is personal data too.
impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashed").field("id_type", &self.id_type).finish_non_exhaustive()
    }
}

/// The digest as text, and the digest of a text: what tables of expectations are written in.
#[cfg(test)]
impl Hashed {
    fn hex(&self) -> String {
        let mut hex = Vec::new();
        self.write_hex(&mut hex);
        String::from_utf8(hex).unwrap()
    }
}

#[cfg(test)]
fn sha256_hex(text: &str) -> String {
    use sha2::{Digest as _, Sha256};

    const_hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_are_read_under_all_their_names() {
        for id_type in IdType::ALL {
            assert_eq!(IdType::parse(id_type.as_str()), Some(id_type));
            assert_eq!(IdType::parse(&id_type.as_str().to_lowercase()), Some(id_type));
        }
        assert_eq!(IdType::parse("GAID_SHA256"), Some(IdType::AaidSha256));
        assert_eq!(IdType::parse("gaid_md5"), Some(IdType::AaidMd5));
        assert_eq!(IdType::parse("EMAIL"), None);
    }

    #[test]
    fn debug_prints_no_digest() {
        let hashed = email("person@example.com", &Rules::default()).unwrap().unwrap();
        assert_eq!(format!("{hashed:?}"), "Hashed { id_type: EmailSha256, .. }");
    }

    #[test]
    fn hex_is_appended() {
        let mut out = b"id:".to_vec();
        email("testing@testing.com", &Rules::default()).unwrap().unwrap().write_hex(&mut out);
        assert_eq!(out, b"id:584c4423c421df49955759498a71495aba49b8780eb9387dff333b6f0982c777");
    }

    fn any_rules() -> impl Strategy<Value = Rules> {
        let sets = prop_oneof![Just(RuleSet::Tiktok), Just(RuleSet::TiktokBasic), Just(RuleSet::Segment)];
        let phones = prop_oneof![Just(PhoneRule::E164), Just(PhoneRule::Digits)];
        let countries = prop_oneof![Just(None), Just(Country::parse("US").ok()), Just(Country::parse("DE").ok())];
        (sets, phones, countries).prop_map(|(set, phone, default_country)| Rules { set, phone, default_country })
    }

    /// Texts that look like something, texts that do not, and digests.
    fn any_value() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[0-9A-Za-z.+]{0,12}@[a-z.]{0,12}",
            "[+＋]?[0-9٠-٩() .x;/-]{0,24}",
            "[0-9a-fA-F]{32}",
            "[0-9a-fA-F]{64}",
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ]
    }

    proptest! {
        #[test]
        fn nothing_unhashed_leaves(value in any_value(), rules in any_rules(), country in "(US|de|XX| )?") {
            let device = Device::default();
            let hashed = [
                email(&value, &rules),
                phone(&value, Some(&country), &rules),
                advertising_id(&value, &device, Direction::Add, &rules),
                prehashed(&value, IdType::EmailSha256),
                prehashed(&value, IdType::IdfaMd5),
            ];
            for hashed in hashed.into_iter().flatten().flatten() {
                let hex = hashed.hex();
                prop_assert_eq!(hex.len(), if hashed.id_type().is_md5() { 32 } else { 64 });
                prop_assert!(hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
                let declared = value.trim().eq_ignore_ascii_case(&hex);
                prop_assert!(declared || !(value.len() > 4 && hex.contains(&value)));
            }
        }
    }
}
