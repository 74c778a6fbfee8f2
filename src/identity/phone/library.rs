//! The only contact with the phone library. It gets `+` and digits only, whatever the text was.

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region,
    ValidationError,
};

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

/// The fewest digits of a mobile number with its country code that can hardly be a landline without one: a national
/// number of a landline has ten digits at most nearly everywhere.
const MIN_MOBILE: usize = 11;

/// Whether digits that start with their own country's code are a number with that code, and not a national number.
///
/// Where both readings are numbers, the national one has lost its trunk prefix or the other its `+`. National mobile
/// numbers stay. A landline does not where it is longer than any mobile number of the country, or is long and the other
/// reading is a mobile number: `491701234567` is a German mobile number, and no landline of twelve digits in Leer (0491).
pub(super) fn has_own_code(international: &E164, national: &E164) -> bool {
    let Some((own, other)) = parse(international).zip(parse(national)) else { return false };
    let (own, other_type) = (PHONE_NUMBER_UTIL.get_number_type(&own), PHONE_NUMBER_UTIL.get_number_type(&other));
    if !is_of_a_person(own) {
        return false;
    }
    let is_mobile = own == PhoneNumberType::Mobile && international.len() > MIN_MOBILE;
    let is_long_landline = other_type == PhoneNumberType::FixedLine && (is_mobile || is_longer_than_mobile(&other));
    is_long_landline || other_type == PhoneNumberType::Unknown
}

/// Whether the country has assigned a number to what people have at home and in their pockets.
pub(super) fn is_valid(number: &E164) -> bool {
    parse(number).is_some_and(|number| is_of_a_person(PHONE_NUMBER_UTIL.get_number_type(&number)))
}

/// Whether the country has assigned a number to anything.
pub(super) fn is_known(number: &E164) -> bool {
    parse(number).is_some_and(|number| PHONE_NUMBER_UTIL.get_number_type(&number) != PhoneNumberType::Unknown)
}

const fn is_of_a_person(number_type: PhoneNumberType) -> bool {
    use PhoneNumberType::{FixedLine, FixedLineOrMobile, Mobile};
    matches!(number_type, FixedLine | Mobile | FixedLineOrMobile)
}

fn is_longer_than_mobile(number: &PhoneNumber) -> bool {
    let length = PHONE_NUMBER_UTIL.is_possible_number_for_type_with_reason(number, PhoneNumberType::Mobile);
    matches!(length, Err(ValidationError::TooLong))
}

fn parse(number: &E164) -> Option<PhoneNumber> {
    PHONE_NUMBER_UTIL.parse(std::str::from_utf8(number).ok()?, None).ok()
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
