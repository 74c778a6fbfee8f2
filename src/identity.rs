//! Emails, phone numbers and advertising ids in; hashes out. The only module that normalises or hashes.
//!
//! It knows nothing of events, mappings or calls. [`Hashed`] has no public constructor that takes a digest, so
//! everything that reaches the wire went through one of this module's rules.

use std::fmt;

/// The column of an identifier in TikTok's `id_schema`, in the order in which our calls use the columns.
///
/// Source: `/segment/mapping/` accepts exactly these six; `AAID` covers Android's AAID and GAID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdType {
    /// SHA-256 of a normalised email address.
    EmailSha256,
    /// SHA-256 of a phone number.
    PhoneSha256,
    /// SHA-256 of an iOS advertising id.
    IdfaSha256,
    /// SHA-256 of an Android advertising id.
    AaidSha256,
    /// MD5 of an iOS advertising id, hashed by the caller.
    IdfaMd5,
    /// MD5 of an Android advertising id, hashed by the caller.
    AaidMd5,
}

impl IdType {
    /// All columns, in column order.
    pub const ALL: [Self; 6] =
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

    /// Position of the column, `0..6`.
    pub const fn index(self) -> usize {
        self as usize
    }

    const fn is_md5(self) -> bool {
        matches!(self, Self::IdfaMd5 | Self::AaidMd5)
    }
}

/// A hashed identifier: what TikTok gets, and the only form in which an identifier leaves this module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hashed {
    id_type: IdType,
    /// SHA-256 uses all bytes, MD5 the first sixteen (the rest is zero).
    digest: [u8; 32],
}

impl Hashed {
    /// The column that this identifier belongs to.
    pub const fn id_type(&self) -> IdType {
        self.id_type
    }

    /// The digest: 32 bytes, 16 for MD5.
    pub fn digest(&self) -> &[u8] {
        let (md5, _unused) = self.digest.split_at(16);
        if self.id_type.is_md5() { md5 } else { &self.digest }
    }

    /// Appends the digest as lower-case hex.
    pub fn write_hex(&self, out: &mut Vec<u8>) {
        let mut buffer = const_hex::Buffer::<32>::new();
        let hex = buffer.format(&self.digest).as_bytes();
        let length = if self.id_type.is_md5() { 32 } else { 64 };
        out.extend(hex.iter().take(length));
    }
}

/// Prints the column only: a digest of an email address is personal data too.
impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashed").field("id_type", &self.id_type).finish_non_exhaustive()
    }
}
