use super::*;

use Class::Busy;

/// Every code of TikTok's page and of its SDK's enum, once more and by hand.
const EXPECTED: &[(i64, Class, Scope)] = &[
    (20_001, Permanent, Row),
    (40_000, Permanent, Row),
    (40_001, Blocked, Account),
    (40_002, Permanent, Row),
    (40_003, Blocked, Account),
    (40_006, Blocked, Account),
    (40_007, Permanent, Audience),
    (40_008, Blocked, Account),
    (40_009, Blocked, Account),
    (40_010, Blocked, Account),
    (40_011, Permanent, Size),
    (40_012, Permanent, Row),
    (40_013, Blocked, Account),
    (40_014, Blocked, Account),
    (40_016, Throttled, Account),
    (40_050, Permanent, Row),
    (40_051, Blocked, Account),
    (40_052, Permanent, Row),
    (40_053, Permanent, Row),
    (40_061, Permanent, Size),
    (40_062, Permanent, Row),
    (40_063, Permanent, Row),
    (40_065, Permanent, Row),
    (40_100, Throttled, Account),
    (40_101, Blocked, Account),
    (40_102, Unauthorized, Account),
    (40_103, Blocked, Account),
    (40_104, Unauthorized, Account),
    (40_105, Unauthorized, Account),
    (40_106, Unauthorized, Advertiser),
    (40_107, Blocked, Account),
    (40_108, Blocked, Account),
    (40_109, Blocked, Account),
    (40_110, Permanent, Row),
    (40_112, Blocked, Account),
    (40_113, Blocked, Account),
    (40_114, Blocked, Account),
    (40_115, Blocked, Account),
    (40_116, Blocked, Account),
    (40_117, Blocked, Account),
    (40_118, Blocked, Account),
    (40_119, Blocked, Account),
    (40_120, Permanent, Row),
    (40_122, Permanent, Row),
    (40_124, Blocked, Account),
    (40_125, Blocked, Account),
    (40_126, Blocked, Account),
    (40_131, Blocked, Account),
    (40_132, Throttled, Advertiser),
    (40_133, Throttled, Advertiser),
    (40_200, Transient, Account),
    (40_201, Transient, Account),
    (40_202, Transient, Account),
    (40_300, Permanent, Audience),
    (40_301, Permanent, Audience),
    (40_302, Permanent, Audience),
    (40_309, Blocked, Account),
    (40_400, Blocked, Account),
    (40_502, Permanent, Row),
    (40_700, Permanent, Row),
    (40_900, Permanent, Row),
    (40_916, Permanent, Row),
    (41_000, Blocked, Account),
    (41_001, Blocked, Account),
    (41_002, Blocked, Account),
    (50_000, Transient, Account),
    (50_002, Transient, Account),
    (51_003, Transient, Account),
    (51_063, Transient, Account),
    (51_305, Transient, Account),
    (52_000, Transient, Account),
    (52_204, Transient, Account),
    (53_102, Transient, Account),
    (60_001, Transient, Account),
    (61_000, Throttled, Account),
    (70_001, Blocked, Account),
];

#[test]
fn every_documented_code_has_its_verdict() {
    for &(code, class, scope) in EXPECTED {
        assert_eq!(verdict(code), Classification::new(class, scope), "{code}");
    }
}

#[test]
fn an_unknown_code_is_a_fault_of_tiktoks_only_between_50000_and_59999() {
    for (code, class, scope) in [
        (1, Permanent, Row),
        (-1, Permanent, Row),
        (49_999, Permanent, Row),
        (50_001, Transient, Account),
        (59_999, Transient, Account),
        (60_000, Permanent, Row),
        (i64::MAX, Permanent, Row),
        (i64::MIN, Permanent, Row),
    ] {
        assert_eq!(verdict(code), Classification::new(class, scope), "{code}");
        assert_eq!(listed(code), None, "{code}");
    }
}

#[test]
fn the_table_is_ascending_without_overlap() {
    for pair in CODES.windows(2) {
        assert!(pair[0].first <= pair[0].last && pair[0].last < pair[1].first, "{}", pair[1].first);
    }
}

#[test]
fn no_code_alone_says_busy_and_none_is_a_success() {
    assert!(CODES.iter().all(|entry| entry.verdict.class != Busy));
    assert_eq!(listed(0), None);
}

#[test]
fn every_listed_code_has_a_meaning_of_its_own_words() {
    assert!(CODES.iter().all(|entry| !entry.meaning.is_empty() && !entry.meaning.ends_with('.')));
    assert_eq!(meaning(40_105), "the access token is invalid");
    assert_eq!(meaning(12_345), "a code that is not in the table");
}
