//! Phone numbers: E.164 under TikTok's rules, as given under Segment's.
//!
//! A number passes three readers: [`spelling`] turns the text into digits, [`numbering_plan`] settles what its small
//! table can, and [`library`] knows the rest. It is enough that a number is *possible* for its country: numbering plans
//! change faster than deployments, and a hash that matches nobody does no harm.

mod library;
mod spelling;

use super::numbering_plan::{E164, Region};
use super::{Country, Hashed, IdType, Normalised, PhoneRule, RuleSet, Rules, Unusable, numbering_plan, prehashed};
use spelling::{Form, Spelled};

/// Fewer digits are no phone number under Segment's rules.
const MIN_DIGITS: usize = 5;

/// Normalises and hashes a phone number; `None` if it is blank.
///
/// `country` is the record's own field; only a number without country code needs it, and if it is absent or blank,
/// [`Rules::default_country`] stands in.
pub fn phone(raw: &str, country: Option<&str>, rules: &Rules) -> Result<Option<Hashed>, Unusable> {
    clean(raw, country, rules)
}

/// The same, perhaps with the text that is hashed.
pub(crate) fn clean<T: Normalised>(raw: &str, country: Option<&str>, rules: &Rules) -> Result<Option<T>, Unusable> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match rules.set {
        RuleSet::Segment => segment(raw),
        RuleSet::Tiktok | RuleSet::TiktokBasic => tiktok(text, country, rules),
    }
}

/// As given, punctuation included (`functions.ts` of Segment's connector); the lower limit is ours.
fn segment<T: Normalised>(raw: &str) -> Result<Option<T>, Unusable> {
    if let Some(hashed) = prehashed::from_sha256(raw, IdType::PhoneSha256) {
        return Ok(prehashed::of_somebody(hashed, RuleSet::Segment)?.map(T::from));
    }
    if raw.chars().filter(|c| c.is_numeric()).count() < MIN_DIGITS {
        return Err(Unusable::TooFewDigits);
    }
    Ok(Some(T::of(IdType::PhoneSha256, raw.as_bytes())))
}

/// E.164, with or without its `+`.
///
/// Source: TikTok's documentation of `/segment/mapping/` (example `+1231234567`); for the digits see [`PhoneRule`].
fn tiktok<T: Normalised>(text: &str, country: Option<&str>, rules: &Rules) -> Result<Option<T>, Unusable> {
    if let Some(hashed) = prehashed::from_sha256(text, IdType::PhoneSha256) {
        return Ok(prehashed::of_somebody(hashed, rules.set)?.map(T::from));
    }
    let number = e164(text, country, rules)?;
    let normal = match rules.phone {
        PhoneRule::E164 => number.as_slice(),
        PhoneRule::Digits => number.strip_prefix(b"+").unwrap_or(&number),
    };
    Ok(Some(T::of(IdType::PhoneSha256, normal)))
}

fn e164(text: &str, country: Option<&str>, rules: &Rules) -> Result<E164, Unusable> {
    if let Some(number) = plain(text) {
        return Ok(number);
    }
    let Spelled { form, digits } = spelling::read(text).ok_or(Unusable::NotAPhoneNumber)?;
    if digits.iter().all(|digit| *digit == b'0') {
        return Err(Unusable::AllZeros);
    }
    match form {
        Form::International => international(&digits).or_else(|unusable| behind_00(&digits).unwrap_or(Err(unusable))),
        Form::AsDialled => match home(country, rules) {
            Ok(home) => national(&digits, home),
            Err(reason) => behind_00(&digits).unwrap_or(Err(reason)),
        },
    }
}

/// The usual case, a number that is E.164 already.
fn plain(text: &str) -> Option<E164> {
    let digits = text.strip_prefix('+').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    numbering_plan::international(digits.as_bytes())
}

/// A number with its country code.
fn international(digits: &[u8]) -> Result<E164, Unusable> {
    if let Some(number) = numbering_plan::international(digits) {
        return Ok(number);
    }
    library::international(digits).or_else(|unusable| mexican_mobile(digits).ok_or(unusable))
}

/// The number behind the ITU's prefix for calls abroad, which some write behind a `+`, too.
fn behind_00(digits: &[u8]) -> Option<Result<E164, Unusable>> {
    digits.strip_prefix(b"00").map(international)
}

/// A Mexican mobile number with the 1 behind the country code that it had until 2019, and has in some messengers to this day.
fn mexican_mobile(digits: &[u8]) -> Option<E164> {
    let national = digits.strip_prefix(b"521")?;
    library::international(&[b"52", national].concat()).ok().filter(library::is_valid)
}

/// A number as it is dialled at home.
///
/// Where home dials abroad with something else, `00` is understood as well: the prefix that the ITU recommends
/// (E.164, 2010) is what people write wherever they are. Home's own reading wins if it leads abroad.
fn national(digits: &[u8], home: Country) -> Result<E164, Unusable> {
    let region = home.region();
    let national = as_dialled(digits, region);
    match region.with_own_code(digits) {
        Some(own) if national.as_ref() != Ok(&own) => without_plus(&own, national),
        Some(_) | None => behind_trunk_zero(digits, region, national),
    }
}

/// A number with home's own country code behind a trunk zero, as `0905321234567` in Turkey, if it is assigned and its
/// national reading is not.
fn behind_trunk_zero(digits: &[u8], region: &Region, national: Result<E164, Unusable>) -> Result<E164, Unusable> {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let own = digits.get(zeros..).filter(|_| zeros > 0).and_then(|digits| region.with_own_code(digits));
    let Some(own) = own.filter(|own| national.as_ref() != Ok(own)) else { return national };
    if national.as_ref().is_ok_and(library::is_known) {
        return national;
    }
    let own = own.strip_prefix(b"+").and_then(|digits| international(digits).ok());
    own.filter(library::is_valid).map_or(national, Ok)
}

/// A number that starts with home's own country code, so that it may have lost its `+`; `national` is its other reading.
fn without_plus(own: &E164, national: Result<E164, Unusable>) -> Result<E164, Unusable> {
    let Some(own) = own.strip_prefix(b"+").and_then(|digits| international(digits).ok()) else { return national };
    let is_meant = match &national {
        Ok(national) => library::has_own_code(&own, national),
        Err(_unusable) => library::is_valid(&own),
    };
    if is_meant { Ok(own) } else { national }
}

/// A number as the region dials it, abroad included.
fn as_dialled(digits: &[u8], region: &Region) -> Result<E164, Unusable> {
    if let Some(number) = numbering_plan::national(digits, region) {
        return Ok(number);
    }
    let dialled = library::national(digits, region);
    let leads_abroad = dialled.as_ref().is_ok_and(|number| !region.owns(number));
    match behind_00(digits) {
        Some(Ok(abroad)) if !leads_abroad => Ok(abroad),
        Some(_) | None => dialled,
    }
}

/// The country of a number that does not name its own.
fn home(country: Option<&str>, rules: &Rules) -> Result<Country, Unusable> {
    match country.map(str::trim).filter(|country| !country.is_empty()) {
        Some(country) => Country::parse(country).map_err(|_bad_country| Unusable::UnknownCountry),
        None => rules.default_country.ok_or(Unusable::NoCountryCode),
    }
}

#[cfg(test)]
mod tests;
