//! MD5 of a mobile advertising id, for audiences whose device ids are kept in that form.

use md5::{Digest, Md5};

use super::advertising_id::bare;
use super::{Hashed, Platform, Unusable, prehashed};

/// Hashes an advertising id with MD5; `None` if it is blank.
///
/// Source: RudderStack's transformer, `tiktok_audience`, computes the MD5 of the trimmed, lower-case id where the
/// column is one of MD5 and hashing is on. TikTok takes SHA-256 or MD5 device ids, one of both per audience.
pub(crate) fn device_md5(raw: &str, platform: Platform) -> Result<Option<Hashed>, Unusable> {
    let id = bare(raw.trim())?.to_lowercase();
    if id.is_empty() {
        return Ok(None);
    }
    Ok(Some(prehashed::of_md5(platform.md5().column(), Md5::digest(id).into())))
}

#[cfg(test)]
mod tests {
    use super::super::IdType;
    use super::*;

    #[test]
    fn an_id_is_hashed_in_lower_case_without_the_space_around_it() {
        let md5 = "a1a71d7132ffc45541100d58092ac49e";
        for raw in ["5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25", " 5F3A2B18-9C4D-4E7F-B8E2-17D3A1E69B25\n"] {
            for (platform, id_type) in [(Platform::Ios, IdType::IdfaMd5), (Platform::Android, IdType::AaidMd5)] {
                let hashed = device_md5(raw, platform).unwrap().unwrap();
                assert_eq!((hashed.id_type(), hashed.hex().as_str()), (id_type, md5));
            }
        }
        for blank in [" ", "{}", "{ }"] {
            assert_eq!(device_md5(blank, Platform::Ios), Ok(None));
        }
        assert_eq!(device_md5("00000000-0000-0000-0000-000000000000", Platform::Ios), Err(Unusable::AllZeros));
        assert_eq!(device_md5("undefined", Platform::Ios), Err(Unusable::Placeholder));
    }
}
