//! Phone numbers: E.164 under TikTok's rules, as given under Segment's.
//!
//! A number passes three readers: [`spelling`] turns the text into digits, [`numbering_plan`] settles what its small
//! table can, and [`library`] knows the rest. It is enough that a number is *possible* for its country: numbering plans
//! change faster than deployments, and a hash that matches nobody does no harm.

mod library;
mod spelling;

use super::numbering_plan::E164;
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
        RuleSet::Segment => segment(raw).map(Some),
        RuleSet::Tiktok | RuleSet::TiktokBasic => tiktok(text, country, rules).map(Some),
    }
}

/// As given, punctuation included (`functions.ts` of Segment's connector); the lower limit is ours.
fn segment<T: Normalised>(raw: &str) -> Result<T, Unusable> {
    if let Some(hashed) = prehashed::from_sha256(raw, IdType::PhoneSha256) {
        return Ok(hashed.into());
    }
    if raw.chars().filter(|c| c.is_numeric()).count() < MIN_DIGITS {
        return Err(Unusable::TooFewDigits);
    }
    Ok(T::of(IdType::PhoneSha256, raw.as_bytes()))
}

/// E.164, with or without its `+`.
///
/// Source: TikTok's documentation of `/segment/mapping/` (example `+1231234567`); for the digits see [`PhoneRule`].
fn tiktok<T: Normalised>(text: &str, country: Option<&str>, rules: &Rules) -> Result<T, Unusable> {
    if let Some(hashed) = prehashed::from_sha256(text, IdType::PhoneSha256) {
        return Ok(hashed.into());
    }
    let number = e164(text, country, rules)?;
    let normal = match rules.phone {
        PhoneRule::E164 => number.as_slice(),
        PhoneRule::Digits => number.strip_prefix(b"+").unwrap_or(&number),
    };
    Ok(T::of(IdType::PhoneSha256, normal))
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
        Form::International => international(&digits),
        Form::AsDialled => match home(country, rules) {
            Ok(home) => national(&digits, home),
            Err(reason) => digits.strip_prefix(b"00").map_or(Err(reason), international),
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
    numbering_plan::international(digits).map_or_else(|| library::international(digits), Ok)
}

/// A number as it is dialled at home.
///
/// Where home dials abroad with something else, `00` is understood as well: the prefix that the ITU recommends
/// (E.164, 2010) is what people write wherever they are. Home's own reading wins if it leads abroad.
fn national(digits: &[u8], home: Country) -> Result<E164, Unusable> {
    let region = home.region();
    if let Some(number) = numbering_plan::national(digits, region) {
        return Ok(number);
    }
    let dialled = library::national(digits, region);
    let leads_abroad = dialled.as_ref().is_ok_and(|number| !region.owns(number));
    match digits.strip_prefix(b"00").map(international) {
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
