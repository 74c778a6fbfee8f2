//! The only contact with the phone library. It gets `+` and digits only, whatever the text was.

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, Region};

use super::super::Unusable;
use super::super::numbering_plan::{self, E164};

/// A number with its country code.
pub(super) fn international(digits: &[u8]) -> Result<E164, Unusable> {
    e164("+", digits, None)
}

/// A number as it is dialled in the region.
pub(super) fn national(digits: &[u8], region: &numbering_plan::Region) -> Result<E164, Unusable> {
    e164("", digits, Region::from_code(region.iso).ok())
}

/// E.164 of a number that its country could assign; whether it has assigned the range is not asked here.
fn e164(plus: &str, digits: &[u8], region: Option<Region>) -> Result<E164, Unusable> {
    let mut text = plus.to_owned();
    text.extend(digits.iter().copied().map(char::from));
    let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|error| match error {
        ParseError::InvalidCountryCode
        | ParseError::NotANumber(_)
        | ParseError::TooShortAfterIdd
        | ParseError::TooShortNsn
        | ParseError::TooLongNsn => Unusable::NotAPhoneNumber,
    })?;
    if number.national_number == 0 {
        return Err(Unusable::AllZeros);
    }
    match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
        Ok(NumberLengthType::IsPossible) => {
            let text = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
            Ok(E164::from_slice(text.as_bytes()))
        }
        Ok(NumberLengthType::IsPossibleLocalOnly) => Err(Unusable::NoAreaCode),
        Err(_why) => Err(Unusable::NotAPhoneNumber),
    }
}
