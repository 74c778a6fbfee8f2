//! Identifiers that arrive hashed: recognised at their full length only, and lower-cased.

use super::{Hashed, IdType, Unusable};

/// Takes a value that its column declares to be a digest; `None` if it is blank.
///
/// RudderStack's `record` shape names the column of each value, hashed or not.
pub(crate) fn prehashed(raw: &str, id_type: IdType) -> Result<Option<Hashed>, Unusable> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let hashed = if id_type.is_md5() { from_md5(text, id_type) } else { from_sha256(text, id_type) };
    hashed.map(Some).ok_or(Unusable::NotAHash)
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
    fn blank_is_absent() {
        check("empty", "", IdType::EmailSha256, Ok(None));
        check("spaces", " \t", IdType::IdfaMd5, Ok(None));
    }
}
