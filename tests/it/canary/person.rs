//! What must never be shown: an invented person's identifiers, credentials, and what any of them looks like hashed.

use md5::Md5;
use sha2::{Digest, Sha256};

/// Something recognisable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Canary {
    /// What it is, for a failing test's message.
    pub(super) what: &'static str,
    /// As it is put into a place.
    pub(super) text: &'static str,
    /// What it may turn into on its way.
    forms: &'static [&'static str],
}

pub(super) const EMAIL: Canary = Canary {
    what: "an email",
    text: " Wren.Canary+Promo@Example.com",
    forms: &[
        "wren.canary+promo@example.com",
        "wren.canary@example.com",
        "wrencanary@example.com",
        "wren.canary",
        "wrencanary",
    ],
};

pub(super) const PHONE: Canary = Canary {
    what: "a phone number",
    text: "+1 (202) 555-0187",
    forms: &["+12025550187", "12025550187", "2025550187", "555-0187"],
};

pub(super) const DIGITS: Canary =
    Canary { what: "a phone number in digits", text: "12025550187", forms: &["+12025550187", "2025550187"] };

pub(super) const DEVICE: Canary = Canary {
    what: "an advertising id",
    text: "C0FFEE00-1234-4ABC-8DEF-0123456789AB",
    forms: &["c0ffee0012344abc8def0123456789ab"],
};

/// An identifier that was hashed before it came.
pub(super) const HASH: Canary =
    Canary { what: "a hash", text: "FD4F5DF4D4D79E2F8EFE3CC5D35A5A7B4F1F9D1B7E2B7D2C7D5D2F6E4A1B0C9D", forms: &[] };

pub(super) const TOKEN: Canary =
    Canary { what: "a token", text: "canary-token-9f8e7d6c5b4a3210", forms: &["9f8e7d6c5b4a3210"] };

/// All of them.
pub(super) const ALL: [Canary; 6] = [EMAIL, PHONE, DIGITS, DEVICE, HASH, TOKEN];

/// Finds canaries in what is shown, in any case, escaped, and hashed.
pub(super) struct Watch {
    needles: Vec<(&'static str, String)>,
}

impl Watch {
    /// For all canaries.
    pub(super) fn new() -> Self {
        let mut needles = Vec::new();
        for canary in ALL {
            let spellings = std::iter::once(canary.text).chain(canary.forms.iter().copied());
            for spelling in
                spellings.flat_map(|text| [text.to_owned(), text.trim().to_owned(), text.trim().to_lowercase()])
            {
                needles.push((canary.what, spelling.trim().to_lowercase()));
                needles.push((canary.what, spelling.trim().to_lowercase().replace('@', "%40").replace('+', "%2b")));
                needles.push((canary.what, const_hex::encode(Sha256::digest(&spelling))));
                needles.push((canary.what, const_hex::encode(Md5::digest(&spelling))));
            }
        }
        needles.sort_unstable();
        needles.dedup();
        Self { needles }
    }

    /// What is shown of the canaries, if anything.
    pub(super) fn found_in(&self, shown: &str) -> Option<&'static str> {
        let shown = shown.to_lowercase();
        self.needles.iter().find(|(_, needle)| shown.contains(needle)).map(|(what, _)| *what)
    }
}
