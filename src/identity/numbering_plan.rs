//! The numbering plan in the two facts that settle nearly every number: which lengths are possible, and which first
//! digits may be a prefix.
//!
//! The phone library knows the whole plan, but needs milliseconds to load it and microseconds per number. What a table
//! of two kilobytes can decide for certain is decided here, the rest is the library's. The rows are read off the
//! library's own metadata (libphonenumber 9.0.42); the tests hold every row against it.

use smallvec::SmallVec;

/// A number in E.164: `+` and digits.
pub(super) type E164 = SmallVec<[u8; 24]>;

/// A country calling code.
struct Code {
    calling: u16,
    /// Bit n: a national number of n digits is possible.
    lengths: u32,
    /// Bit n: a national number that starts with the digit n may carry a prefix, even behind the country code.
    prefixed: u16,
}

impl Code {
    /// Whether the length is right and the number not a placeholder.
    fn is_possible(&self, national: &[u8]) -> bool {
        let bits = u32::try_from(national.len()).ok().and_then(|length| self.lengths.checked_shr(length));
        bits.is_some_and(|bits| bits & 1 == 1) && national.iter().any(|digit| *digit != b'0')
    }
}

/// How numbers are dialled inside a country.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Region {
    /// ISO 3166 alpha-2.
    pub(super) iso: &'static str,
    calling: u16,
    /// Bit n: a number that starts with the digit n is a national number as it stands.
    plain: u16,
    /// Bit n: behind the trunk prefix, a number that starts with the digit n is a national number.
    trunk: u16,
}

impl Region {
    /// Whether a number has this region's country code. No country code is the start of another.
    pub(super) fn owns(&self, number: &E164) -> bool {
        number.starts_with(&self.prefix())
    }

    /// `+` and the digits, if they start with this region's country code. In North America that is the trunk prefix, too.
    pub(super) fn with_own_code(&self, digits: &[u8]) -> Option<E164> {
        let mut number = E164::from_slice(b"+");
        number.extend_from_slice(digits);
        (self.calling != 1 && self.owns(&number)).then_some(number)
    }

    /// `+` and the country code.
    fn prefix(&self) -> E164 {
        let digit = |unit| u8::try_from(self.calling / unit % 10).map_or(b'0', |digit| b'0' + digit);
        let mut prefix = E164::from_slice(b"+");
        prefix.extend([100, 10, 1].into_iter().filter(|unit| self.calling >= *unit).map(digit));
        prefix
    }
}

/// `+`, code and national number, if the digits behind a `+` are certain to be just that.
pub(super) fn international(digits: &[u8]) -> Option<E164> {
    let of_length = |length| {
        let (code, national) = digits.split_at_checked(length)?;
        Some((find(number(code)?)?, national))
    };
    // Zones 1 and 7 are one country code each; no other code has a single digit (ITU-T's list of E.164 codes).
    let (code, national) = match digits {
        [b'1' | b'7', ..] => of_length(1)?,
        _ => of_length(2).or_else(|| of_length(3))?,
    };
    if has(code.prefixed, *national.first()?) || !code.is_possible(national) {
        return None;
    }
    let mut e164 = E164::from_slice(b"+");
    e164.extend_from_slice(digits);
    Some(e164)
}

/// `+`, code and national number, if the digits as dialled in the region are certain to be that.
pub(super) fn national(digits: &[u8], region: &Region) -> Option<E164> {
    // The North American trunk prefix is the country code as well.
    let trunk = if region.calling == 1 { b'1' } else { b'0' };
    let national = match digits {
        [first, ..] if has(region.plain, *first) => digits,
        [first, rest @ ..] if *first == trunk && has(region.trunk, *rest.first()?) => rest,
        _ => return None,
    };
    if !find(region.calling)?.is_possible(national) {
        return None;
    }
    let mut e164 = region.prefix();
    e164.extend_from_slice(national);
    Some(e164)
}

/// The region of an ISO 3166 alpha-2 code in either case.
pub(super) fn region(iso: &str) -> Option<&'static Region> {
    let [first, second] = iso.as_bytes() else { return None };
    let iso = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
    REGIONS.binary_search_by(|region| region.iso.as_bytes().cmp(&iso)).ok().and_then(|at| REGIONS.get(at))
}

fn find(calling: u16) -> Option<&'static Code> {
    CODES.binary_search_by_key(&calling, |row| row.calling).ok().and_then(|at| CODES.get(at))
}

/// The value of one to three digits that do not start with a zero.
fn number(digits: &[u8]) -> Option<u16> {
    let value = digits.iter().fold(0, |value, digit| value * 10 + u16::from(digit - b'0'));
    (digits.first() != Some(&b'0')).then_some(value)
}

/// Whether the bit of an ASCII digit is set.
const fn has(mask: u16, digit: u8) -> bool {
    mask >> (digit - b'0') & 1 == 1
}

const fn code(calling: u16, lengths: u32, prefixed: u16) -> Code {
    Code { calling, lengths, prefixed }
}

const fn region_of(iso: &'static str, calling: u16, plain: u16, trunk: u16) -> Region {
    Region { iso, calling, plain, trunk }
}

#[rustfmt::skip]
static CODES: [Code; 215] = [
    code(1, 0x00400, 0x002), code(7, 0x04400, 0x100), code(20, 0x00700, 0x001), code(27, 0x007e0, 0x001),
    code(30, 0x01c00, 0x000), code(31, 0x00fe0, 0x001), code(32, 0x00300, 0x001), code(33, 0x00200, 0x001),
    code(34, 0x00200, 0x000), code(36, 0x00300, 0x001), code(39, 0x01fc0, 0x000), code(40, 0x00240, 0x001),
    code(41, 0x01200, 0x001), code(43, 0x03ff0, 0x001), code(44, 0x00680, 0x003), code(45, 0x00100, 0x000),
    code(46, 0x017c0, 0x001), code(47, 0x00120, 0x000), code(48, 0x007c0, 0x000), code(49, 0x0fff0, 0x001),
    code(51, 0x00300, 0x001), code(52, 0x00400, 0x000), code(53, 0x005c0, 0x001), code(54, 0x00c00, 0x3ff),
    code(55, 0x00f00, 0x201), code(56, 0x00e00, 0x000), code(57, 0x00d00, 0x001), code(58, 0x00400, 0x001),
    code(60, 0x00700, 0x001), code(61, 0x017e0, 0x003), code(62, 0x3ff80, 0x001), code(63, 0x03f40, 0x001),
    code(64, 0x007e0, 0x001), code(65, 0x00d00, 0x000), code(66, 0x02700, 0x001), code(81, 0x3ff00, 0x001),
    code(82, 0x07f60, 0x001), code(84, 0x00780, 0x001), code(86, 0x01f80, 0x003), code(90, 0x03480, 0x001),
    code(91, 0x03f00, 0x001), code(92, 0x01f00, 0x001), code(93, 0x00200, 0x001), code(94, 0x00200, 0x001),
    code(95, 0x007c0, 0x001), code(98, 0x004f0, 0x001), code(211, 0x00200, 0x001), code(212, 0x00200, 0x001),
    code(213, 0x00300, 0x001), code(216, 0x00100, 0x000), code(218, 0x00200, 0x001), code(220, 0x00280, 0x000),
    code(221, 0x00200, 0x000), code(222, 0x00100, 0x000), code(223, 0x00100, 0x000), code(224, 0x00300, 0x000),
    code(225, 0x00400, 0x000), code(226, 0x00100, 0x000), code(227, 0x00100, 0x000), code(228, 0x00100, 0x000),
    code(229, 0x00500, 0x000), code(230, 0x00580, 0x000), code(231, 0x00380, 0x001), code(232, 0x00100, 0x001),
    code(233, 0x00300, 0x001), code(234, 0x07c00, 0x001), code(235, 0x00100, 0x000), code(236, 0x00100, 0x000),
    code(237, 0x00300, 0x000), code(238, 0x00080, 0x000), code(239, 0x00080, 0x000), code(240, 0x00200, 0x000),
    code(241, 0x00180, 0x001), code(242, 0x00200, 0x000), code(243, 0x00780, 0x001), code(244, 0x00200, 0x000),
    code(245, 0x00280, 0x000), code(246, 0x00080, 0x000), code(247, 0x00060, 0x000), code(248, 0x00080, 0x000),
    code(249, 0x00200, 0x001), code(250, 0x00300, 0x001), code(251, 0x00200, 0x001), code(252, 0x003c0, 0x001),
    code(253, 0x00100, 0x000), code(254, 0x00780, 0x001), code(255, 0x00200, 0x001), code(256, 0x00200, 0x001),
    code(257, 0x00100, 0x000), code(258, 0x00300, 0x000), code(260, 0x00200, 0x001), code(261, 0x00200, 0x3f5),
    code(262, 0x00200, 0x001), code(263, 0x00680, 0x001), code(264, 0x00300, 0x001), code(265, 0x00280, 0x001),
    code(266, 0x00100, 0x000), code(267, 0x00580, 0x000), code(268, 0x00300, 0x000), code(269, 0x00080, 0x000),
    code(290, 0x00030, 0x000), code(291, 0x00080, 0x001), code(297, 0x00080, 0x000), code(298, 0x00040, 0x002),
    code(299, 0x00040, 0x000), code(350, 0x00100, 0x000), code(351, 0x00200, 0x000), code(352, 0x00ff0, 0x002),
    code(353, 0x00780, 0x001), code(354, 0x00280, 0x000), code(355, 0x003c0, 0x001), code(356, 0x00100, 0x000),
    code(357, 0x00100, 0x000), code(358, 0x01fe0, 0x001), code(359, 0x013c0, 0x001), code(370, 0x00100, 0x101),
    code(371, 0x00100, 0x000), code(372, 0x00580, 0x000), code(373, 0x00100, 0x001), code(374, 0x00100, 0x001),
    code(375, 0x00fc0, 0x101), code(376, 0x00340, 0x000), code(377, 0x00300, 0x001), code(378, 0x00500, 0x300),
    code(380, 0x00600, 0x001), code(381, 0x01fc0, 0x001), code(382, 0x00300, 0x001), code(383, 0x01f00, 0x001),
    code(385, 0x00380, 0x001), code(386, 0x001e0, 0x001), code(387, 0x00300, 0x001), code(389, 0x00100, 0x001),
    code(420, 0x01e00, 0x000), code(421, 0x002c0, 0x001), code(423, 0x00280, 0x003), code(500, 0x00020, 0x000),
    code(501, 0x00880, 0x000), code(502, 0x00900, 0x000), code(503, 0x00980, 0x000), code(504, 0x00900, 0x000),
    code(505, 0x00100, 0x000), code(506, 0x00500, 0x002), code(507, 0x00d80, 0x000), code(508, 0x00240, 0x001),
    code(509, 0x00100, 0x000), code(590, 0x00200, 0x001), code(591, 0x00300, 0x001), code(592, 0x00080, 0x000),
    code(593, 0x00f00, 0x001), code(594, 0x00200, 0x001), code(595, 0x00fc0, 0x001), code(596, 0x00200, 0x001),
    code(597, 0x000c0, 0x000), code(598, 0x03ff0, 0x001), code(599, 0x00180, 0x000), code(670, 0x00180, 0x000),
    code(672, 0x00040, 0x127), code(673, 0x00080, 0x000), code(674, 0x00080, 0x000), code(675, 0x00180, 0x000),
    code(676, 0x000a0, 0x000), code(677, 0x000a0, 0x000), code(678, 0x000a0, 0x000), code(679, 0x00880, 0x000),
    code(680, 0x00080, 0x000), code(681, 0x00240, 0x000), code(682, 0x00020, 0x000), code(683, 0x00090, 0x000),
    code(685, 0x004e0, 0x000), code(686, 0x00120, 0x001), code(687, 0x00040, 0x000), code(688, 0x000e0, 0x000),
    code(689, 0x00340, 0x000), code(690, 0x000f0, 0x000), code(691, 0x00080, 0x000), code(692, 0x00080, 0x002),
    code(800, 0x00100, 0x000), code(808, 0x00100, 0x000), code(850, 0x00500, 0x001), code(852, 0x00be0, 0x000),
    code(853, 0x00180, 0x000), code(855, 0x00700, 0x001), code(856, 0x00700, 0x001), code(870, 0x01200, 0x000),
    code(878, 0x01000, 0x000), code(880, 0x007c0, 0x001), code(881, 0x00600, 0x000), code(882, 0x01f80, 0x000),
    code(883, 0x01f00, 0x000), code(886, 0x00f80, 0x001), code(888, 0x00800, 0x000), code(960, 0x00480, 0x000),
    code(961, 0x00180, 0x001), code(962, 0x00300, 0x001), code(963, 0x00300, 0x001), code(964, 0x00700, 0x001),
    code(965, 0x00180, 0x000), code(966, 0x00600, 0x001), code(967, 0x00380, 0x001), code(968, 0x00380, 0x000),
    code(970, 0x00700, 0x001), code(971, 0x01fe0, 0x001), code(972, 0x01f80, 0x001), code(973, 0x00100, 0x000),
    code(974, 0x00b80, 0x000), code(975, 0x00180, 0x000), code(976, 0x00700, 0x001), code(977, 0x00d00, 0x001),
    code(979, 0x00200, 0x000), code(992, 0x00200, 0x000), code(993, 0x00100, 0x100), code(994, 0x00200, 0x001),
    code(995, 0x00200, 0x001), code(996, 0x00600, 0x001), code(998, 0x00200, 0x000),
];

#[rustfmt::skip]
static REGIONS: [Region; 245] = [
    region_of("AC", 247, 0x3fa, 0x000), region_of("AD", 376, 0x3f6, 0x000), region_of("AE", 971, 0x1fe, 0x3fe),
    region_of("AF", 93, 0x1fe, 0x3fe), region_of("AG", 1, 0x34c, 0x3fd), region_of("AI", 1, 0x348, 0x3fd),
    region_of("AL", 355, 0x3f6, 0x3fe), region_of("AM", 374, 0x3f6, 0x3fe), region_of("AO", 244, 0x3fa, 0x000),
    region_of("AR", 54, 0x000, 0x000), region_of("AS", 1, 0x338, 0x3fd), region_of("AT", 43, 0x3ee, 0x3fe),
    region_of("AU", 61, 0x3bc, 0x3fe), region_of("AW", 297, 0x3fa, 0x000), region_of("AX", 358, 0x1f6, 0x3fe),
    region_of("AZ", 994, 0x1fe, 0x3fe), region_of("BA", 387, 0x3f6, 0x3fe), region_of("BB", 1, 0x000, 0x3fd),
    region_of("BD", 880, 0x2fe, 0x3fe), region_of("BE", 32, 0x3f6, 0x3fe), region_of("BF", 226, 0x3fa, 0x000),
    region_of("BG", 359, 0x3f6, 0x000), region_of("BH", 973, 0x1fe, 0x000), region_of("BI", 257, 0x3fa, 0x000),
    region_of("BJ", 229, 0x3fa, 0x000), region_of("BL", 590, 0x3de, 0x3fe), region_of("BM", 1, 0x000, 0x3fd),
    region_of("BN", 673, 0x3be, 0x000), region_of("BO", 591, 0x3de, 0x000), region_of("BQ", 599, 0x3de, 0x000),
    region_of("BR", 55, 0x1de, 0x000), region_of("BS", 1, 0x204, 0x3fd), region_of("BT", 975, 0x1fe, 0x000),
    region_of("BW", 267, 0x3fa, 0x000), region_of("BY", 375, 0x2f6, 0x3ff), region_of("BZ", 501, 0x3de, 0x000),
    region_of("CA", 1, 0x3fc, 0x000), region_of("CC", 61, 0x19c, 0x000), region_of("CD", 243, 0x3fa, 0x3fe),
    region_of("CF", 236, 0x3fa, 0x000), region_of("CG", 242, 0x3fa, 0x000), region_of("CH", 41, 0x3ee, 0x3fe),
    region_of("CI", 225, 0x3fa, 0x000), region_of("CK", 682, 0x3be, 0x000), region_of("CL", 56, 0x3dc, 0x000),
    region_of("CM", 237, 0x3fa, 0x000), region_of("CN", 86, 0x2fc, 0x3fe), region_of("CO", 57, 0x3de, 0x000),
    region_of("CR", 506, 0x3dc, 0x000), region_of("CU", 53, 0x3dc, 0x3ff), region_of("CV", 238, 0x3fa, 0x000),
    region_of("CW", 599, 0x3de, 0x000), region_of("CX", 61, 0x19c, 0x000), region_of("CY", 357, 0x3f6, 0x000),
    region_of("CZ", 420, 0x3ee, 0x000), region_of("DE", 49, 0x3ee, 0x3fe), region_of("DJ", 253, 0x3fa, 0x000),
    region_of("DK", 45, 0x3ee, 0x000), region_of("DM", 1, 0x300, 0x3fd), region_of("DO", 1, 0x3fc, 0x3fd),
    region_of("DZ", 213, 0x3fa, 0x3fe), region_of("EC", 593, 0x3de, 0x3fe), region_of("EE", 372, 0x3f6, 0x000),
    region_of("EG", 20, 0x3fa, 0x3fe), region_of("EH", 212, 0x3fa, 0x3fe), region_of("ER", 291, 0x3fa, 0x3fe),
    region_of("ES", 34, 0x3f6, 0x000), region_of("ET", 251, 0x3fa, 0x3fe), region_of("FI", 358, 0x1f6, 0x3fe),
    region_of("FJ", 679, 0x3be, 0x000), region_of("FK", 500, 0x3de, 0x000), region_of("FM", 691, 0x3be, 0x000),
    region_of("FO", 298, 0x3f8, 0x000), region_of("FR", 33, 0x3f6, 0x3fe), region_of("GA", 241, 0x3fa, 0x000),
    region_of("GB", 44, 0x3ec, 0x3fe), region_of("GD", 1, 0x000, 0x3fd), region_of("GE", 995, 0x1fe, 0x3fe),
    region_of("GF", 594, 0x3de, 0x3fe), region_of("GG", 44, 0x008, 0x3fe), region_of("GH", 233, 0x3fa, 0x3fe),
    region_of("GI", 350, 0x3f6, 0x000), region_of("GL", 299, 0x3fa, 0x000), region_of("GM", 220, 0x3fa, 0x000),
    region_of("GN", 224, 0x3fa, 0x000), region_of("GP", 590, 0x3de, 0x3fe), region_of("GQ", 240, 0x3fa, 0x000),
    region_of("GR", 30, 0x3f6, 0x000), region_of("GT", 502, 0x3de, 0x000), region_of("GU", 1, 0x000, 0x3fd),
    region_of("GW", 245, 0x3fa, 0x000), region_of("GY", 592, 0x3de, 0x000), region_of("HK", 852, 0x2fe, 0x000),
    region_of("HN", 504, 0x3de, 0x000), region_of("HR", 385, 0x3f6, 0x3fe), region_of("HT", 509, 0x3de, 0x000),
    region_of("HU", 36, 0x3f6, 0x000), region_of("ID", 62, 0x3be, 0x000), region_of("IE", 353, 0x3f6, 0x3fe),
    region_of("IL", 972, 0x1fe, 0x3fc), region_of("IM", 44, 0x208, 0x000), region_of("IN", 91, 0x1fe, 0x000),
    region_of("IO", 246, 0x3fa, 0x000), region_of("IQ", 964, 0x1fe, 0x3fe), region_of("IR", 98, 0x1fe, 0x3fe),
    region_of("IS", 354, 0x3f4, 0x000), region_of("IT", 39, 0x3f6, 0x000), region_of("JE", 44, 0x208, 0x000),
    region_of("JM", 1, 0x3fc, 0x3fd), region_of("JO", 962, 0x1fe, 0x3fe), region_of("JP", 81, 0x2fe, 0x000),
    region_of("KE", 254, 0x3fa, 0x3fe), region_of("KG", 996, 0x1fe, 0x3fe), region_of("KH", 855, 0x2fe, 0x3fe),
    region_of("KI", 686, 0x3be, 0x3fe), region_of("KM", 269, 0x3fa, 0x000), region_of("KN", 1, 0x300, 0x3fd),
    region_of("KP", 850, 0x0fe, 0x3fe), region_of("KR", 82, 0x2fe, 0x000), region_of("KW", 965, 0x1fe, 0x000),
    region_of("KY", 1, 0x000, 0x3fd), region_of("KZ", 7, 0x27f, 0x000), region_of("LA", 856, 0x2fe, 0x3fe),
    region_of("LB", 961, 0x1fe, 0x3fe), region_of("LC", 1, 0x200, 0x3fd), region_of("LI", 423, 0x3ec, 0x3fe),
    region_of("LK", 94, 0x1fe, 0x3fe), region_of("LR", 231, 0x3fa, 0x3fe), region_of("LS", 266, 0x3fa, 0x000),
    region_of("LT", 370, 0x2f6, 0x000), region_of("LU", 352, 0x3f4, 0x000), region_of("LV", 371, 0x3f6, 0x000),
    region_of("LY", 218, 0x3fa, 0x3fe), region_of("MA", 212, 0x3fa, 0x3fe), region_of("MC", 377, 0x3f6, 0x3fe),
    region_of("MD", 373, 0x3f6, 0x3fe), region_of("ME", 382, 0x3f6, 0x3fe), region_of("MF", 590, 0x3de, 0x3fe),
    region_of("MG", 261, 0x00a, 0x3fe), region_of("MH", 692, 0x3bc, 0x000), region_of("MK", 389, 0x3f6, 0x3fe),
    region_of("ML", 223, 0x3fa, 0x000), region_of("MM", 95, 0x1fe, 0x3fe), region_of("MN", 976, 0x1fe, 0x3fe),
    region_of("MO", 853, 0x2fe, 0x000), region_of("MP", 1, 0x000, 0x3fd), region_of("MQ", 596, 0x3de, 0x3fe),
    region_of("MR", 222, 0x3fa, 0x000), region_of("MS", 1, 0x3e4, 0x3fd), region_of("MT", 356, 0x3f6, 0x000),
    region_of("MU", 230, 0x3fa, 0x000), region_of("MV", 960, 0x1fe, 0x000), region_of("MW", 265, 0x3fa, 0x3fe),
    region_of("MX", 52, 0x3de, 0x000), region_of("MY", 60, 0x3be, 0x3fe), region_of("MZ", 258, 0x3fa, 0x000),
    region_of("NA", 264, 0x3fa, 0x3fe), region_of("NC", 687, 0x3be, 0x000), region_of("NE", 227, 0x3fa, 0x000),
    region_of("NF", 672, 0x298, 0x000), region_of("NG", 234, 0x3fa, 0x3fe), region_of("NI", 505, 0x3de, 0x000),
    region_of("NL", 31, 0x3f6, 0x3fe), region_of("NO", 47, 0x3ee, 0x000), region_of("NP", 977, 0x1fe, 0x3fe),
    region_of("NR", 674, 0x3be, 0x000), region_of("NU", 683, 0x3be, 0x000), region_of("NZ", 64, 0x3be, 0x3fc),
    region_of("OM", 968, 0x1fe, 0x000), region_of("PA", 507, 0x3de, 0x000), region_of("PE", 51, 0x3dc, 0x3fe),
    region_of("PF", 689, 0x3be, 0x000), region_of("PG", 675, 0x3bc, 0x000), region_of("PH", 63, 0x3be, 0x3fe),
    region_of("PK", 92, 0x1fe, 0x3fe), region_of("PL", 48, 0x3ee, 0x000), region_of("PM", 508, 0x3de, 0x3fe),
    region_of("PR", 1, 0x3fc, 0x3fd), region_of("PS", 970, 0x1fe, 0x3fe), region_of("PT", 351, 0x3f6, 0x000),
    region_of("PW", 680, 0x3be, 0x000), region_of("PY", 595, 0x3de, 0x3fe), region_of("QA", 974, 0x1fe, 0x000),
    region_of("RE", 262, 0x3fa, 0x3fe), region_of("RO", 40, 0x3ee, 0x3fe), region_of("RS", 381, 0x3f6, 0x3fe),
    region_of("RU", 7, 0x27f, 0x000), region_of("RW", 250, 0x3fa, 0x000), region_of("SA", 966, 0x1fe, 0x3fe),
    region_of("SB", 677, 0x3be, 0x000), region_of("SC", 248, 0x3fa, 0x000), region_of("SD", 249, 0x3fa, 0x3fe),
    region_of("SE", 46, 0x3ee, 0x3fe), region_of("SG", 65, 0x3be, 0x000), region_of("SH", 290, 0x3fa, 0x000),
    region_of("SI", 386, 0x3f4, 0x3fe), region_of("SJ", 47, 0x3ee, 0x000), region_of("SK", 421, 0x3ee, 0x3fe),
    region_of("SL", 232, 0x3fa, 0x3fe), region_of("SM", 378, 0x0f6, 0x000), region_of("SN", 221, 0x3fa, 0x000),
    region_of("SO", 252, 0x3fa, 0x3fe), region_of("SR", 597, 0x3de, 0x000), region_of("SS", 211, 0x3fa, 0x3fe),
    region_of("ST", 239, 0x3fa, 0x000), region_of("SV", 503, 0x3de, 0x000), region_of("SX", 1, 0x3dc, 0x3fd),
    region_of("SY", 963, 0x1fe, 0x3fe), region_of("SZ", 268, 0x3fa, 0x000), region_of("TA", 290, 0x3fa, 0x000),
    region_of("TC", 1, 0x160, 0x3fd), region_of("TD", 235, 0x3f8, 0x000), region_of("TG", 228, 0x3fa, 0x000),
    region_of("TH", 66, 0x3be, 0x000), region_of("TJ", 992, 0x0ff, 0x000), region_of("TK", 690, 0x3be, 0x000),
    region_of("TL", 670, 0x3be, 0x000), region_of("TM", 993, 0x0ff, 0x000), region_of("TN", 216, 0x3fa, 0x000),
    region_of("TO", 676, 0x3be, 0x000), region_of("TR", 90, 0x1fe, 0x3fe), region_of("TT", 1, 0x220, 0x3fd),
    region_of("TV", 688, 0x3be, 0x000), region_of("TW", 886, 0x2fe, 0x3fc), region_of("TZ", 255, 0x3fa, 0x3fe),
    region_of("UA", 380, 0x3f6, 0x3fe), region_of("UG", 256, 0x3fa, 0x3fe), region_of("US", 1, 0x3fc, 0x3fd),
    region_of("UY", 598, 0x3de, 0x000), region_of("UZ", 998, 0x1fe, 0x000), region_of("VA", 39, 0x3f6, 0x000),
    region_of("VC", 1, 0x300, 0x3fd), region_of("VE", 58, 0x3de, 0x3fe), region_of("VG", 1, 0x240, 0x3fd),
    region_of("VI", 1, 0x000, 0x3fd), region_of("VN", 84, 0x2fe, 0x3fe), region_of("VU", 678, 0x3be, 0x000),
    region_of("WF", 681, 0x3be, 0x000), region_of("WS", 685, 0x3be, 0x000), region_of("XK", 383, 0x3f6, 0x3fe),
    region_of("YE", 967, 0x1fe, 0x3fe), region_of("YT", 262, 0x3fa, 0x3fe), region_of("ZA", 27, 0x3fa, 0x3fe),
    region_of("ZM", 260, 0x3fa, 0x3fe), region_of("ZW", 263, 0x3fa, 0x3fe),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat, enums};

    use super::*;

    /// What the library makes of a number.
    fn library(text: &str, iso: Option<&str>) -> Option<String> {
        let region = iso.map(|iso| enums::Region::from_code(iso).unwrap());
        let number = PHONE_NUMBER_UTIL.parse(text, region).ok()?;
        let possible = PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) == Ok(NumberLengthType::IsPossible);
        possible.then(|| PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
    }

    fn text(e164: &E164) -> String {
        String::from_utf8(e164.to_vec()).unwrap()
    }

    /// A number of the table is the library's number.
    #[track_caller]
    fn check(digits: &str, region: Option<&Region>) {
        let got = region.map_or_else(|| international(digits.as_bytes()), |region| national(digits.as_bytes(), region));
        let Some(got) = got else { return };
        let expected =
            region.map_or_else(|| library(&format!("+{digits}"), None), |region| library(digits, Some(region.iso)));
        assert_eq!(Some(text(&got)), expected, "{digits} {}", region.map_or("abroad", |region| region.iso));
    }

    #[test]
    fn the_table_has_the_librarys_codes_and_regions() {
        let codes: Vec<i32> = CODES.iter().map(|row| i32::from(row.calling)).collect();
        assert_eq!(codes, PHONE_NUMBER_UTIL.get_supported_calling_codes().collect::<Vec<_>>());
        let regions: BTreeSet<_> =
            REGIONS.iter().map(|row| (row.iso.to_owned(), Some(i32::from(row.calling)))).collect();
        let code = |region| (format!("{region}"), PHONE_NUMBER_UTIL.get_country_code_for_region(region));
        assert_eq!(regions, PHONE_NUMBER_UTIL.get_supported_regions().map(code).collect());
    }

    #[test]
    fn every_possible_length_is_in_the_table() {
        for row in &CODES {
            for length in 2..=17 {
                // A first digit that is no prefix keeps the number as it is.
                let Some(first) = (b'2'..=b'9').find(|digit| !has(row.prefixed, *digit)) else { continue };
                let digits = format!("{}{}", row.calling, char::from(first).to_string().repeat(length));
                let got = international(digits.as_bytes()).map(|e164| text(&e164));
                assert_eq!(got, library(&format!("+{digits}"), None), "{digits}");
            }
        }
    }

    /// Seventeen digits that look random and are the same in every run.
    fn tail(seed: u32) -> String {
        format!("{:017}", u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) % 100_000_000_000_000_000)
    }

    #[test]
    fn every_code_agrees_with_the_library_on_every_first_digit() {
        for (row, seed) in CODES.iter().zip(0..) {
            for length in (2..=17).filter(|length| row.lengths >> length & 1 == 1) {
                for first in 0..10 {
                    let digits = format!("{}{first}{}", row.calling, tail(seed * 170 + length * 10 + first));
                    let length = row.calling.to_string().len() + usize::try_from(length).unwrap();
                    check(digits.get(..length).unwrap(), None);
                }
            }
        }
    }

    #[test]
    fn every_region_agrees_with_the_library_on_every_first_two_digits() {
        for (region, seed) in REGIONS.iter().zip(0..) {
            let lengths = find(region.calling).unwrap().lengths;
            for first in 0..100 {
                let length = (2..=17).filter(|length| lengths >> length & 1 == 1).max().unwrap();
                let digits = format!("{first:02}{}", tail(seed * 100 + first));
                check(digits.get(..length).unwrap(), Some(region));
                check(digits.get(..=length).unwrap(), Some(region));
            }
        }
    }

    #[test]
    fn usual_numbers_are_settled_without_the_library() {
        for (digits, iso, expected) in [
            ("4155550100", "US", "+14155550100"),
            ("14155550100", "US", "+14155550100"),
            ("07700900123", "GB", "+447700900123"),
            ("612345678", "ES", "+34612345678"),
        ] {
            let got = national(digits.as_bytes(), region(iso).unwrap());
            assert_eq!(got.map(|e164| text(&e164)).as_deref(), Some(expected), "{digits} {iso}");
        }
        assert_eq!(international(b"447700900123").map(|e164| text(&e164)).as_deref(), Some("+447700900123"));
    }

    proptest! {
        #[test]
        fn random_numbers_agree_with_the_library(digits in "[1-9][0-9]{5,15}", at in 0..REGIONS.len()) {
            check(&digits, None);
            check(&digits, Some(&REGIONS[at]));
            check(&format!("0{digits}"), Some(&REGIONS[at]));
        }
    }
}
