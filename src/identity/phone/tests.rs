use proptest::prelude::*;

use super::super::sha256_hex;
use super::*;

fn rules(set: RuleSet, country: &str) -> Rules {
    Rules { set, default_country: Country::parse(country).ok(), ..Rules::default() }
}

/// A text under TikTok's rules: the E.164 number that is hashed.
#[track_caller]
fn check(name: &str, raw: &str, country: &str, expected: Result<&str, Unusable>) {
    let got = phone(raw, Some(country), &Rules::default()).map(|hashed| hashed.map(|hashed| hashed.hex()));
    assert_eq!(got, expected.map(|number| Some(sha256_hex(number))), "{name}: {raw} {country}");
}

#[test]
fn published_vectors_hold() {
    let of = |raw, rule| {
        let rules = Rules { phone: rule, ..Rules::default() };
        phone(raw, None, &rules).unwrap().unwrap().hex()
    };
    let vectors = [
        ("+37493828222", PhoneRule::Digits, "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4"),
        ("+37493828222", PhoneRule::E164, "241371e614f8650dfae0f111361c69de1bb4829a72b71bb8044daae8b2e7791d"),
        ("+16577770000", PhoneRule::E164, "a6e82c2f4091baff57a4f33d01efb65bfbeacbbfbcfaa9d0ff9f57d28d78fedb"),
        ("+16577770000", PhoneRule::Digits, "8d7bdaaf75196f351d22942fc0dd79304ffabc3eaf3339460ef9da0773e3aec2"),
    ];
    for (raw, rule, expected) in vectors {
        assert_eq!(of(raw, rule), expected, "{raw} {rule:?}");
    }
}

#[test]
fn a_number_with_plus_needs_no_country() {
    let to = |name, raw, number| check(name, raw, "", Ok(number));
    to("E.164", "+14155550100", "+14155550100");
    to("usual punctuation", "+1 (415) 555-0100", "+14155550100");
    to("area code that nobody has: possible is enough", "+11234567890", "+11234567890");
    to("trunk zero in brackets", "+44 (0)7700 900123", "+447700900123");
    to("Italian zero that belongs to the number", "+39 06 0000 0100", "+390600000100");
    to("Argentine mobile, dialled from inside", "+54 9 11 5555-0100", "+5491155550100");
    to("Mexico", "+52 55 5555 0100", "+525555550100");
    to("Mexico's old mobile form", "+52 1 55 5555 0100", "+525555550100");
    to("the same as E.164", "+5215555550100", "+525555550100");
    to("a spreadsheet's apostrophe", "'+14155550100", "+14155550100");
    to("international toll free", "+800 5555 0100", "+80055550100");
    to("ITU prefix", "0049 30 5555 0100", "+493055550100");
    to("ITU prefix, spaced", "00 1 415 555 0100", "+14155550100");
    to("full width", "＋１ ４１５ ５５５ ０１００", "+14155550100");
    to("Arabic-Indic", "+١٤١٥٥٥٥٠١٠٠", "+14155550100");
    to("country code twice", "+1 +1 415 555 0100", "+14155550100");
    to("ITU prefix behind a plus", "+0014155550100", "+14155550100");
    to("the same, spaced", "+00 49 170 1234567", "+491701234567");
    to("URI", "tel:+1-415-555-0100;ext=9", "+14155550100");
    check("country is not looked at", "+14155550100", "Atlantis", Ok("+14155550100"));
    check("country is another", "+14155550100", "DE", Ok("+14155550100"));
}

#[test]
fn a_national_number_is_read_in_its_country() {
    let to = |raw, country, number| check("national", raw, country, Ok(number));
    to("(415) 555-0100", "US", "+14155550100");
    to("1-415-555-0100", "us", "+14155550100");
    to("14155550100", "CA", "+14155550100");
    to("011 49 30 5555 0100", "US", "+493055550100");
    to("0049 30 5555 0100", "US", "+493055550100");
    to("07700 900123", "GB", "+447700900123");
    to("447700900123", "GB", "+447700900123");
    to("07700 900123", "UK", "+447700900123");
    to("030 5555 0100", "DE", "+493055550100");
    to("0039 06 0000 0100", "DE", "+390600000100");
    to("06 0000 0100", "IT", "+390600000100");
    to("8 (912) 555-01-00", "RU", "+79125550100");
    to("011 15-5555-0100", "AR", "+5491155550100");
    to("010 1 415 555 0100", "JP", "+14155550100");
    to("00 44 7700 900123", "JP", "+447700900123");
    to("001 44 7700 900123", "KR", "+447700900123");
    to("001 65 8123 4567", "KR", "+6581234567");
    to("242 5550100", "BS", "+12425550100");
    to("5550100", "BS", "+12425550100");
    to("612 34 56 78", "ES", "+34612345678");
    to("9876543210.0", "IN", "+919876543210");
    to("0170 1234567.0", "DE", "+491701234567");
    to("415.555.0100", "US", "+14155550100");
    to("030.123.4500", "DE", "+49301234500");
}

#[test]
fn a_number_that_lost_its_plus_is_read_with_its_country_code() {
    let to = |raw, country, number| check("own country code", raw, country, Ok(number));
    to("491701234567", "DE", "+491701234567");
    to("49 171 1234567", "DE", "+491711234567");
    to("491601234567", "DE", "+491601234567");
    to("4915112345678", "DE", "+4915112345678");
    to("4917612345678", "DE", "+4917612345678");
    to("493055550100", "DE", "+493055550100");
    to("492111234567", "DE", "+492111234567");
    to("5215555550100", "MX", "+525555550100");
    to("62812881408", "ID", "+62812881408");
    to("38343201234", "XK", "+38343201234");
    to("38328056525", "XK", "+38328056525");
    to("358301920123", "AX", "+358301920123");
}

#[test]
fn a_country_code_behind_a_trunk_zero_is_homes_own() {
    let to = |raw: &str, country: &str, number: &str| check("own code behind a zero", raw, country, Ok(number));
    for (raw, country) in [
        ("0905321234567", "TR"),
        ("0919876543213", "IN"),
        ("06281234567890", "ID"),
        ("0923001234567", "PK"),
        ("02348031234567", "NG"),
        ("0639171234567", "PH"),
        ("0971501234567", "AE"),
        ("0436641234567", "AT"),
        ("0819012345678", "JP"),
        ("061412345678", "AU"),
        ("05511961234567", "BR"),
        ("0821012345678", "KR"),
        ("0201001234567", "EG"),
        ("033612345678", "FR"),
        ("0447400123456", "GB"),
    ] {
        to(raw, country, &raw.replacen('0', "+", 1));
    }
    to("0 90 532 123 45 67", "TR", "+905321234567");
    to("0491701234567", "DE", "+49491701234567");
}

#[test]
fn a_national_number_may_start_with_the_digits_of_its_country_code() {
    let to = |raw, country, number| check("national", raw, country, Ok(number));
    to("0491 12345", "DE", "+4949112345");
    to("0491 9123456", "DE", "+494919123456");
    to("04921 123456", "DE", "+494921123456");
    to("491 12345", "DE", "+4949112345");
    to("4921 12345", "DE", "+49492112345");
    to("390 693 7369", "IT", "+393906937369");
    to("392 123 4567", "IT", "+393921234567");
    to("5332 4304", "CU", "+5353324304");
    to("046 811 65 41", "SE", "+46468116541");
    to("46 811 65 41", "SE", "+46468116541");
    to("27 815 8848", "ZA", "+27278158848");
    to("84 695 1918", "VN", "+84846951918");
    to("4352 675493", "AT", "+434352675493");
}

#[test]
fn e164_is_taken_as_it_is() {
    assert_eq!(plain("+14155550100").as_deref(), Some(&b"+14155550100"[..]));
    assert_eq!(plain("+1 4155550100"), None);
}

#[test]
fn what_is_no_number_is_unusable() {
    let no = |raw, country, reason| check("unusable", raw, country, Err(reason));
    no("hello", "US", Unusable::NotAPhoneNumber);
    no("person@example.com", "US", Unusable::NotAPhoneNumber);
    no("+52 1 05 5555 0100", "", Unusable::NotAPhoneNumber);
    no("'", "US", Unusable::NotAPhoneNumber);
    no("''4155550100", "US", Unusable::NotAPhoneNumber);
    no("+999 415 555 0100", "US", Unusable::NotAPhoneNumber);
    no("+1 415 555 010", "", Unusable::NotAPhoneNumber);
    no("+1 415 555 01001", "", Unusable::NotAPhoneNumber);
    no("+01 415 555 0100", "", Unusable::NotAPhoneNumber);
    no("415 555 01001", "US", Unusable::NotAPhoneNumber);
    no("0123456789abcdef0123456789abcdef", "US", Unusable::NotAPhoneNumber);
    no("01234567890123456789012345678901", "US", Unusable::NotAPhoneNumber);
    no("12", "US", Unusable::NotAPhoneNumber);
    no("555-0100", "US", Unusable::NoAreaCode);
    no("+1 555 0100", "", Unusable::NoAreaCode);
    no("000-000-0000", "US", Unusable::AllZeros);
    no("+1 000 000 0000", "", Unusable::AllZeros);
}

#[test]
fn a_national_number_without_a_known_country_is_unusable() {
    check("no country", "(415) 555-0100", " ", Err(Unusable::NoCountryCode));
    check("unknown country", "(415) 555-0100", "Atlantis", Err(Unusable::UnknownCountry));
    check("ITU prefix needs none", "00 1 415 555 0100", "Atlantis", Ok("+14155550100"));
}

#[test]
fn the_records_country_goes_before_the_default() {
    let (us, expected) = (rules(RuleSet::Tiktok, "US"), |number| Ok(Some(sha256_hex(number))));
    let of = |raw, country| phone(raw, country, &us).map(|hashed| hashed.map(|hashed| hashed.hex()));
    assert_eq!(of("415 555 0100", None), expected("+14155550100"));
    assert_eq!(of("415 555 0100", Some(" ")), expected("+14155550100"));
    assert_eq!(of("07700 900123", Some("GB")), expected("+447700900123"));
    assert_eq!(of("415 555 0100", Some("Atlantis")), Err(Unusable::UnknownCountry));
}

#[test]
fn segment_hashes_as_given() {
    let segment = rules(RuleSet::Segment, "US");
    let of = |raw| phone(raw, Some("US"), &segment).map(|hashed| hashed.map(|hashed| hashed.hex()));
    let vector = "c775e7b757ede630cd0aa1113bd102661ab38829ca52a6422ab782862f268646";
    assert_eq!(of("1234567890"), Ok(Some(vector.to_owned())));
    for raw in ["+1 (555) 555-5555", " 4155550100 ", "00000", "12345", "call 12345"] {
        assert_eq!(of(raw), Ok(Some(sha256_hex(raw))));
    }
    assert_eq!(of("1234"), Err(Unusable::TooFewDigits));
    assert_eq!(of("none"), Err(Unusable::TooFewDigits));
    assert_eq!(of(" "), Ok(None));
}

#[test]
fn a_digest_is_passed_on_in_lower_case() {
    let digest = "A6E82C2F4091BAFF57A4F33D01EFB65BFBEACBBFBCFAA9D0FF9F57D28D78FEDB";
    for set in [RuleSet::Tiktok, RuleSet::TiktokBasic, RuleSet::Segment] {
        let hashed = phone(digest, None, &rules(set, "")).unwrap().unwrap();
        assert_eq!((hashed.id_type(), hashed.hex()), (IdType::PhoneSha256, digest.to_lowercase()));
    }
    let inside = format!("tel:{digest}");
    check("no digest inside a value", &inside, "US", Err(Unusable::NotAPhoneNumber));
}

#[test]
fn blank_is_absent() {
    for raw in ["", " ", "\u{a0}\t", &sha256_hex("")] {
        assert_eq!(phone(raw, None, &Rules::default()), Ok(None));
    }
}

#[test]
fn the_librarys_trace_of_each_number_is_compiled_out() {
    assert!(log::STATIC_MAX_LEVEL < log::LevelFilter::Trace);
}

proptest! {
    #[test]
    fn spellings_of_one_number_have_one_hash(
        area in "[2-9][0-9]{2}", exchange in "[2-9][0-9]{2}", line in "[0-9]{4}", extension in "( x[0-9]{1,4})?",
    ) {
        let us = rules(RuleSet::Tiktok, "US");
        let expected = phone(&format!("+1{area}{exchange}{line}"), None, &us);
        prop_assert!(matches!(expected, Ok(Some(_))));
        for spelled in [
            format!("({area}) {exchange}-{line}{extension}"),
            format!("1.{area}.{exchange}.{line}"),
            format!("+1 {area} {exchange} {line}{extension}"),
            format!("001{area}{exchange}{line}"),
            format!("0111{area}{exchange}{line}"),
            format!("tel:+1-{area}-{exchange}-{line}"),
        ] {
            prop_assert_eq!(phone(&spelled, None, &us), expected, "{}", spelled);
        }
    }

    #[test]
    fn a_normal_number_is_normal(raw in "[+0-9 ().-]{5,20}") {
        if let Ok(number) = e164(&raw, Some("GB"), &Rules::default()) {
            let again = e164(std::str::from_utf8(&number).unwrap(), None, &Rules::default());
            prop_assert_eq!(again, Ok(number));
        }
    }
}
