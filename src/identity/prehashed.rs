//! Identifiers that arrive hashed: recognised at their full length only, and lower-cased.

use super::{Hashed, IdType, RuleSet, Unusable};

/// A digest as two numbers.
type Halves = (u128, u128);

/// Digests of the empty text, SHA-256 and MD5: what a warehouse makes of a blank value.
const OF_NOTHING: [Halves; 2] = [
    (0xe3b0_c442_98fc_1c14_9afb_f4c8_996f_b924, 0x27ae_41e4_649b_934c_a495_991b_7852_b855),
    (0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e, 0),
];

/// No digest but zeros; and those of a device id of zeros, with hyphens and without, SHA-256 and MD5.
const OF_ZEROS: [Halves; 5] = [
    (0, 0),
    (0x12b9_377c_be7e_5c94_e8a7_0d9d_2392_9523, 0xd14a_fa95_4793_130f_8a39_59c7_b849_aca8),
    (0x84e0_c0ea_faa9_5a34_c293_f278_ac52_e45c, 0xe537_bab5_e752_a00e_6959_a13a_e103_b65a),
    (0x9f89_c84a_559f_5736_36a4_7ff8_daed_0d33, 0),
    (0xcd9e_459e_a708_a948_d5c2_f5a6_ca88_38cf, 0),
];

/// Takes a value that its column declares to be a digest; `None` if it is blank.
///
/// RudderStack's `record` shape names the column of each value, hashed or not.
pub(crate) fn prehashed(raw: &str, id_type: IdType) -> Result<Option<Hashed>, Unusable> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let hashed = if id_type.is_md5() { from_md5(text, id_type) } else { from_sha256(text, id_type) };
    of_somebody(hashed.ok_or(Unusable::NotAHash)?, RuleSet::Tiktok)
}

/// The digest unless it is one that everybody without the identifier shares: a blank value's counts as blank, one of
/// zeros as zeros. Segment's rules take zeros as given, hashed or not.
pub(super) fn of_somebody(hashed: Hashed, set: RuleSet) -> Result<Option<Hashed>, Unusable> {
    let halves = halves(&hashed.digest);
    if OF_NOTHING.contains(&halves) {
        return Ok(None);
    }
    match set {
        RuleSet::Tiktok | RuleSet::TiktokBasic if OF_ZEROS.contains(&halves) => Err(Unusable::AllZeros),
        RuleSet::Tiktok | RuleSet::TiktokBasic | RuleSet::Segment => Ok(Some(hashed)),
    }
}

/// Both halves; the first tells nearly all digests apart.
fn halves(digest: &[u8; 32]) -> Halves {
    match digest.as_chunks().0 {
        [front, back] => (u128::from_be_bytes(*front), u128::from_be_bytes(*back)),
        _ => (0, 0),
    }
}

/// Exactly 64 hex digits.
///
/// Segment's older actions look for 64 hex digits anywhere in the value and so send some emails in clear; its newer
/// `syncAudience` looks at the whole value, as this does.
pub(super) fn from_sha256(text: &str, id_type: IdType) -> Option<Hashed> {
    Some(Hashed { id_type, digest: digest(text)? })
}

/// Exactly 32 hex digits.
pub(super) fn from_md5(text: &str, id_type: IdType) -> Option<Hashed> {
    Some(of_md5(id_type, digest(text)?))
}

/// An MD5 digest in the place of a longer one.
pub(super) fn of_md5(id_type: IdType, md5: [u8; 16]) -> Hashed {
    let mut digest = [0; 32];
    let (front, _rest) = digest.split_at_mut(md5.len());
    front.copy_from_slice(&md5);
    Hashed { id_type, digest }
}

/// Hex digits in either case that fill `N` bytes. The length comes first: the decoder would strip a `0x`.
fn digest<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() == 2 * N { const_hex::decode_to_array(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use md5::{Digest as _, Md5};
    use sha2::Sha256;

    use super::*;

    const SHA256: &str = "584c4423c421df49955759498a71495aba49b8780eb9387dff333b6f0982c777";
    const MD5: &str = "a1a71d7132ffc45541100d58092ac49e";

    #[track_caller]
    fn check(name: &str, raw: &str, id_type: IdType, expected: Result<Option<&str>, Unusable>) {
        let got = prehashed(raw, id_type).map(|hashed| hashed.map(|hashed| hashed.hex()));
        assert_eq!(got, expected.map(|hex| hex.map(str::to_owned)), "{name}");
    }

    #[test]
    fn a_digest_of_the_columns_length_is_passed_on_in_lower_case() {
        check("SHA-256", SHA256, IdType::EmailSha256, Ok(Some(SHA256)));
        check("upper case", &SHA256.to_uppercase(), IdType::PhoneSha256, Ok(Some(SHA256)));
        check("spaces around it", &format!(" {SHA256}\n"), IdType::AaidSha256, Ok(Some(SHA256)));
        check("MD5", MD5, IdType::IdfaMd5, Ok(Some(MD5)));
        check("upper-case MD5", &MD5.to_uppercase(), IdType::AaidMd5, Ok(Some(MD5)));
    }

    #[test]
    fn anything_else_is_not_a_hash() {
        let no = Err(Unusable::NotAHash);
        check("clear text", "person@example.com", IdType::EmailSha256, no);
        check("MD5 for SHA-256", MD5, IdType::IdfaSha256, no);
        check("SHA-256 for MD5", SHA256, IdType::IdfaMd5, no);
        check("a 0x prefix", &SHA256.replacen("58", "0x", 1), IdType::EmailSha256, no);
        check("65 digits", &format!("{SHA256}0"), IdType::EmailSha256, no);
        check("64 digits inside", &format!("z{SHA256}z"), IdType::EmailSha256, no);
        check("64 bytes, not 64 digits", &"é".repeat(32), IdType::EmailSha256, no);
    }

    #[test]
    fn digests_that_everybody_without_an_identifier_shares_are_nobodys() {
        let sha256 = |text: &str| const_hex::encode(Sha256::digest(text));
        let md5 = |text: &str| const_hex::encode(Md5::digest(text));
        check("SHA-256 of nothing", &sha256("").to_uppercase(), IdType::EmailSha256, Ok(None));
        check("MD5 of nothing", &md5(""), IdType::IdfaMd5, Ok(None));
        let zeros = Err(Unusable::AllZeros);
        check("64 zeros", &"0".repeat(64), IdType::PhoneSha256, zeros);
        check("32 zeros", &"0".repeat(32), IdType::AaidMd5, zeros);
        for id in ["00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"] {
            check(id, &sha256(id), IdType::IdfaSha256, zeros);
            check(id, &md5(id).to_uppercase(), IdType::AaidMd5, zeros);
        }
        let first_byte_of_nothing = format!("e3{}", "0".repeat(62));
        check("a shared first byte", &first_byte_of_nothing, IdType::EmailSha256, Ok(Some(&first_byte_of_nothing)));
    }

    #[test]
    fn segments_rules_take_zeros_as_given_but_no_blank() {
        let of = |text: &str| of_somebody(from_sha256(text, IdType::EmailSha256).unwrap(), RuleSet::Segment);
        assert_eq!(of(&const_hex::encode(Sha256::digest(""))), Ok(None));
        assert!(matches!(of(&"0".repeat(64)), Ok(Some(_))));
    }

    #[test]
    fn blank_is_absent() {
        check("empty", "", IdType::EmailSha256, Ok(None));
        check("spaces", " \t", IdType::IdfaMd5, Ok(None));
    }
}
