//! Mobile advertising ids: which column they belong to and how they are hashed.

use smallvec::SmallVec;

use super::{Direction, Hashed, IdType, Normalised, RuleSet, Rules, Unusable, prehashed};

/// Whose advertising id it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Apple's IDFA.
    Ios,
    /// Android's AAID, also called GAID.
    Android,
}

impl Platform {
    /// Reads `context.device.type` or `context.os.name`; `None` for what has neither id.
    fn parse(text: &str) -> Option<Self> {
        const IOS: [&str; 7] = ["ios", "ipados", "iphone", "iphone os", "ipad", "ipod", "tvos"];
        let text = text.trim();
        let is = |name: &str| text.eq_ignore_ascii_case(name);
        if IOS.into_iter().any(is) { Some(Self::Ios) } else { is("android").then_some(Self::Android) }
    }

    /// Its ids, or their SHA-256.
    pub const fn sha256(self) -> AdvertisingIdType {
        match self {
            Self::Ios => AdvertisingIdType::IdfaSha256,
            Self::Android => AdvertisingIdType::AaidSha256,
        }
    }

    /// The MD5 of its ids.
    pub const fn md5(self) -> AdvertisingIdType {
        match self {
            Self::Ios => AdvertisingIdType::IdfaMd5,
            Self::Android => AdvertisingIdType::AaidMd5,
        }
    }
}

/// What the sender says an advertising id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdvertisingIdType {
    /// An IDFA, or its SHA-256.
    IdfaSha256,
    /// An AAID, or its SHA-256.
    AaidSha256,
    /// The MD5 of an IDFA.
    IdfaMd5,
    /// The MD5 of an AAID.
    AaidMd5,
}

impl AdvertisingIdType {
    /// Reads TikTok's name in either case; `GAID_*` is `AAID_*`. The name of an id or of its system means its SHA-256.
    pub fn parse(text: &str) -> Option<Self> {
        let is = |name: &str| text.eq_ignore_ascii_case(name);
        if is("idfa") || is("ios") {
            return Some(Self::IdfaSha256);
        }
        if is("aaid") || is("gaid") || is("android") {
            return Some(Self::AaidSha256);
        }
        match IdType::parse(text)? {
            IdType::IdfaSha256 => Some(Self::IdfaSha256),
            IdType::AaidSha256 => Some(Self::AaidSha256),
            IdType::IdfaMd5 => Some(Self::IdfaMd5),
            IdType::AaidMd5 => Some(Self::AaidMd5),
            IdType::EmailSha256 | IdType::PhoneSha256 => None,
        }
    }

    /// TikTok's name.
    pub const fn as_str(self) -> &'static str {
        self.column().as_str()
    }

    /// The column of such an id.
    pub const fn column(self) -> IdType {
        match self {
            Self::IdfaSha256 => IdType::IdfaSha256,
            Self::AaidSha256 => IdType::AaidSha256,
            Self::IdfaMd5 => IdType::IdfaMd5,
            Self::AaidMd5 => IdType::AaidMd5,
        }
    }

    const fn platform(self) -> Platform {
        match self {
            Self::IdfaSha256 | Self::IdfaMd5 => Platform::Ios,
            Self::AaidSha256 | Self::AaidMd5 => Platform::Android,
        }
    }
}

/// What an event says about the device that an advertising id belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Device<'a> {
    /// The `advertising_id_type` field.
    pub id_type: Option<AdvertisingIdType>,
    /// `context.device.type`.
    pub device_type: Option<&'a str>,
    /// `context.os.name`.
    pub os_name: Option<&'a str>,
    /// `context.device.adTrackingEnabled`.
    pub ad_tracking_enabled: Option<bool>,
}

impl Device<'_> {
    /// The first that is known of the declared type, the device's type and its system; else iOS, as in Segment.
    pub fn platform(&self) -> Platform {
        let declared = self.id_type.map(AdvertisingIdType::platform);
        let named = || self.device_type.and_then(Platform::parse).or_else(|| self.os_name.and_then(Platform::parse));
        declared.or_else(named).unwrap_or(Platform::Ios)
    }
}

/// Normalises and hashes an advertising id; `None` if it is blank.
pub fn advertising_id(
    raw: &str,
    device: &Device<'_>,
    direction: Direction,
    rules: &Rules,
) -> Result<Option<Hashed>, Unusable> {
    clean(raw, device, direction, rules)
}

/// The same, perhaps with the text that is hashed.
pub(crate) fn clean<T: Normalised>(
    raw: &str,
    device: &Device<'_>,
    direction: Direction,
    rules: &Rules,
) -> Result<Option<T>, Unusable> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match rules.set {
        RuleSet::Segment => segment(raw),
        RuleSet::Tiktok | RuleSet::TiktokBasic => tiktok(text, device, direction, rules.set),
    }
}

/// As given, always as an IDFA (`functions.ts` of Segment's connector).
fn segment<T: Normalised>(raw: &str) -> Result<Option<T>, Unusable> {
    match prehashed::from_sha256(raw, IdType::IdfaSha256) {
        Some(hashed) => Ok(prehashed::of_somebody(hashed, RuleSet::Segment)?.map(T::from)),
        None => Ok(Some(T::of(IdType::IdfaSha256, raw.as_bytes()))),
    }
}

/// Lower-cased with its hyphens.
///
/// Source: TikTok's help centre ("all upper or all lower case, consistently"); the hash printed there is that of the
/// lower-case id with hyphens. SHA-256, or an MD5 digest that the sender computed.
fn tiktok<T: Normalised>(
    text: &str,
    device: &Device<'_>,
    direction: Direction,
    set: RuleSet,
) -> Result<Option<T>, Unusable> {
    let text = bare(text)?;
    if text.is_empty() {
        return Ok(None);
    }
    if direction == Direction::Add && device.ad_tracking_enabled == Some(false) {
        return Err(Unusable::AdTrackingOff);
    }
    if let Some(id_type @ (AdvertisingIdType::IdfaMd5 | AdvertisingIdType::AaidMd5)) = device.id_type {
        let hashed = prehashed::from_md5(text, id_type.column()).ok_or(Unusable::NotAHash)?;
        return Ok(prehashed::of_somebody(hashed, set)?.map(T::from));
    }
    let column = device.platform().sha256().column();
    if let Some(hashed) = prehashed::from_sha256(text, column) {
        return Ok(prehashed::of_somebody(hashed, set)?.map(T::from));
    }
    // An MD5 digest and an id without hyphens look the same, and the hash of the wrong one matches nobody.
    if prehashed::from_md5(text, column).is_some() {
        return Err(Unusable::AmbiguousId);
    }
    Ok(Some(T::of(column, &lower_case(text))))
}

/// What systems and libraries write where there is no id.
const PLACEHOLDERS: [&str; 10] =
    ["null", "(null)", "<null>", "nil", "none", "undefined", "unknown", "n/a", "na", "nan"];

/// The id without the braces that Windows puts around it; empty where nothing is between them.
///
/// # Errors
/// It is nobody's: all zeros, a word for nothing, or a template that nobody filled.
pub(super) fn bare(text: &str) -> Result<&str, Unusable> {
    let within = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let text = within.map_or(text, str::trim);
    if !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0' | b'-')) {
        return Err(Unusable::AllZeros);
    }
    // An id has 36 characters, so that it is not compared with any.
    if text.contains(['{', '}']) || PLACEHOLDERS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Err(Unusable::Placeholder);
    }
    Ok(text)
}

/// Lower case, in place for the ids that there are: 36 characters of ASCII.
fn lower_case(text: &str) -> SmallVec<[u8; 64]> {
    if !text.is_ascii() {
        return text.to_lowercase().into_bytes().into();
    }
    let mut normal = SmallVec::from_slice(text.as_bytes());
    normal.make_ascii_lowercase();
    normal
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sha256_hex;
    use super::*;

    const ID: &str = "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25";
    const ID_SHA256: &str = "83dc3f5f32b9472613b0f038d36f22585a609d018af6f6067f50da318bf354bd";
    const ID_MD5: &str = "a1a71d7132ffc45541100d58092ac49e";

    type Expected<'a> = Result<Option<(IdType, &'a str)>, Unusable>;

    #[track_caller]
    fn check(name: &str, raw: &str, device: &Device<'_>, set: RuleSet, expected: Expected<'_>) {
        let rules = Rules { set, ..Rules::default() };
        let got = advertising_id(raw, device, Direction::Add, &rules);
        let got = got.map(|hashed| hashed.map(|hashed| (hashed.id_type(), hashed.hex())));
        assert_eq!(got, expected.map(|cell| cell.map(|(id_type, hex)| (id_type, hex.to_owned()))), "{name}");
    }

    #[test]
    fn tiktok_hashes_the_lower_case_id_with_hyphens() {
        let to = |name, raw: &str| {
            check(name, raw, &Device::default(), RuleSet::Tiktok, Ok(Some((IdType::IdfaSha256, ID_SHA256))));
        };
        to("as printed by TikTok", ID);
        to("upper case", &ID.to_uppercase());
        to("white space around it", &format!("\t{ID} "));
        to("already hashed", &ID_SHA256.to_uppercase());
        to("in braces", &format!("{{{}}}", ID.to_uppercase()));
        check("blank", " ", &Device::default(), RuleSet::Tiktok, Ok(None));
        check("the hash of nothing", &sha256_hex(""), &Device::default(), RuleSet::Tiktok, Ok(None));
        let other = sha256_hex("ä-1");
        check("other letters", "Ä-1", &Device::default(), RuleSet::Tiktok, Ok(Some((IdType::IdfaSha256, &other))));
    }

    #[test]
    fn md5_needs_to_be_declared() {
        let device = |id_type| Device { id_type: Some(id_type), ..Device::default() };
        let (idfa, aaid) = (device(AdvertisingIdType::IdfaMd5), device(AdvertisingIdType::AaidMd5));
        let upper = ID_MD5.to_uppercase();
        let ambiguous = Err(Unusable::AmbiguousId);
        check("IDFA", ID_MD5, &idfa, RuleSet::Tiktok, Ok(Some((IdType::IdfaMd5, ID_MD5))));
        check("AAID, upper case", &upper, &aaid, RuleSet::TiktokBasic, Ok(Some((IdType::AaidMd5, ID_MD5))));
        check("undeclared", ID_MD5, &Device::default(), RuleSet::Tiktok, ambiguous);
        check("declared otherwise", ID_MD5, &device(AdvertisingIdType::AaidSha256), RuleSet::Tiktok, ambiguous);
        check("id without hyphens", &ID.replace('-', ""), &Device::default(), RuleSet::Tiktok, ambiguous);
        check("an id declared MD5", ID, &idfa, RuleSet::Tiktok, Err(Unusable::NotAHash));
        check("a SHA-256 declared MD5", ID_SHA256, &idfa, RuleSet::Tiktok, Err(Unusable::NotAHash));
        let as_given = sha256_hex(ID_MD5);
        check("segment", ID_MD5, &aaid, RuleSet::Segment, Ok(Some((IdType::IdfaSha256, &as_given))));
    }

    #[test]
    fn zeros_are_nobodys_id() {
        for raw in ["00000000-0000-0000-0000-000000000000", &"0".repeat(32), "0", "--", &"0".repeat(64)] {
            check(raw, raw, &Device::default(), RuleSet::Tiktok, Err(Unusable::AllZeros));
        }
        let zeros = "00000000-0000-0000-0000-000000000000";
        let as_given = sha256_hex(zeros);
        check("their hash", &as_given, &Device::default(), RuleSet::Tiktok, Err(Unusable::AllZeros));
        let md5 = Device { id_type: Some(AdvertisingIdType::IdfaMd5), ..Device::default() };
        check("their MD5", "9f89c84a559f573636a47ff8daed0d33", &md5, RuleSet::Tiktok, Err(Unusable::AllZeros));
        for raw in [zeros, &as_given] {
            check("segment", raw, &Device::default(), RuleSet::Segment, Ok(Some((IdType::IdfaSha256, &as_given))));
        }
    }

    #[test]
    fn braces_around_nothing_are_blank() {
        for raw in ["{}", "{ }"] {
            check(raw, raw, &Device::default(), RuleSet::Tiktok, Ok(None));
        }
    }

    #[test]
    fn a_word_for_nothing_is_nobodys_id() {
        for raw in ["null", " NULL ", "undefined", "Unknown", "N/A", "none", "{null}", "{", "{{AB}}", "${IDFA}"] {
            check(raw, raw, &Device::default(), RuleSet::Tiktok, Err(Unusable::Placeholder));
            check(raw, raw, &Device::default(), RuleSet::TiktokBasic, Err(Unusable::Placeholder));
            let as_given = sha256_hex(raw);
            check("segment", raw, &Device::default(), RuleSet::Segment, Ok(Some((IdType::IdfaSha256, &as_given))));
        }
    }

    #[test]
    fn segment_hashes_as_given_and_always_as_idfa() {
        let android = Device {
            id_type: Some(AdvertisingIdType::AaidSha256),
            ad_tracking_enabled: Some(false),
            ..Device::default()
        };
        for (name, raw) in [("case", "ABC-1"), ("space", " 4242"), ("64 digits inside", &format!("x{ID_SHA256}"))] {
            check(name, raw, &android, RuleSet::Segment, Ok(Some((IdType::IdfaSha256, &sha256_hex(raw)))));
        }
        let vector = "0315b4020af3eccab7706679580ac87a710d82970733b8719e70af9b57e7b9e6";
        check("Segment's own test", "4242", &android, RuleSet::Segment, Ok(Some((IdType::IdfaSha256, vector))));
        let upper = ID_SHA256.to_uppercase();
        check("hashed", &upper, &android, RuleSet::Segment, Ok(Some((IdType::IdfaSha256, ID_SHA256))));
        check("blank", "\n", &android, RuleSet::Segment, Ok(None));
    }

    #[test]
    fn ad_tracking_off_stops_adds_but_not_removes() {
        let rules = Rules::default();
        let off = Device { ad_tracking_enabled: Some(false), ..Device::default() };
        let on = Device { ad_tracking_enabled: Some(true), ..Device::default() };
        assert_eq!(advertising_id(ID, &off, Direction::Add, &rules), Err(Unusable::AdTrackingOff));
        assert!(matches!(advertising_id(ID, &off, Direction::Remove, &rules), Ok(Some(_))));
        assert!(matches!(advertising_id(ID, &on, Direction::Add, &rules), Ok(Some(_))));
    }

    #[test]
    fn the_platform_is_declared_or_named_by_the_device() {
        let names = |device_type, os_name| Device { device_type, os_name, ..Device::default() }.platform();
        assert_eq!(names(None, None), Platform::Ios);
        assert_eq!(names(Some("android"), Some("iOS")), Platform::Android);
        assert_eq!(names(Some("ios"), Some("Android")), Platform::Ios);
        assert_eq!(names(Some(""), Some("Android")), Platform::Android);
        assert_eq!(names(Some("mobile"), Some(" ANDROID ")), Platform::Android);
        assert_eq!(names(Some("iPadOS"), None), Platform::Ios);
        let declared = |id_type| Device { id_type: Some(id_type), device_type: Some("ios"), ..Device::default() };
        assert_eq!(declared(AdvertisingIdType::AaidSha256).platform(), Platform::Android);
        assert_eq!(declared(AdvertisingIdType::AaidMd5).platform(), Platform::Android);
        let aaid = declared(AdvertisingIdType::AaidSha256);
        check("column", ID, &aaid, RuleSet::Tiktok, Ok(Some((IdType::AaidSha256, ID_SHA256))));
    }

    #[test]
    fn types_are_read_under_all_their_names() {
        let of = AdvertisingIdType::parse;
        assert_eq!(of("IDFA_SHA256"), Some(AdvertisingIdType::IdfaSha256));
        assert_eq!(of("gaid_sha256"), Some(AdvertisingIdType::AaidSha256));
        assert_eq!(of("aaid_sha256"), Some(AdvertisingIdType::AaidSha256));
        assert_eq!(of("GAID_MD5"), Some(AdvertisingIdType::AaidMd5));
        assert_eq!(of("idfa_md5"), Some(AdvertisingIdType::IdfaMd5));
        assert_eq!(of("EMAIL_SHA256"), None);
        assert_eq!(of("idfa"), Some(AdvertisingIdType::IdfaSha256));
        assert_eq!(of("Android"), Some(AdvertisingIdType::AaidSha256));
        assert_eq!(of("email"), None);
        assert_eq!(AdvertisingIdType::AaidMd5.as_str(), "AAID_MD5");
    }

    proptest! {
        #[test]
        fn spellings_of_one_id_have_one_hash(raw in "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}", space in "[ \t]{0,2}") {
            let of = |raw: &str| advertising_id(raw, &Device::default(), Direction::Add, &Rules::default());
            prop_assert_eq!(of(&raw), of(&format!("{space}{}{space}", raw.to_uppercase())));
        }
    }
}
