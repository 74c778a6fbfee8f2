//! Why a value that is present cannot be sent.

use strum::VariantArray;

/// Why an identifier is unusable; no message contains the value or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray, thiserror::Error)]
pub enum Unusable {
    /// The value is an object, an array in an array, or a boolean in a record.
    #[error("not a text")]
    NotAText,
    /// The text does not have the shape of an email address.
    #[error("not an email address")]
    NotAnEmail,
    /// The text is no phone number, or none that its country could have assigned.
    #[error("not a phone number")]
    NotAPhoneNumber,
    /// The phone number is national and no country is known.
    #[error("no country code: write the number with +, fill the country field or set default_country")]
    NoCountryCode,
    /// The phone number is national and the country field is not a country.
    #[error("unknown country: two letters of ISO 3166 are expected")]
    UnknownCountry,
    /// The phone number can only be dialled within its own town, so that many people share it.
    #[error("no area code")]
    NoAreaCode,
    /// The phone number is too short to be one (`segment` rules).
    #[error("fewer than 5 digits")]
    TooFewDigits,
    /// Only zeros: what a device sends without permission, or a placeholder.
    #[error("all zeros")]
    AllZeros,
    /// A word that stands for no id at all.
    #[error("a placeholder, such as `null` or `unknown`")]
    Placeholder,
    /// The person switched ad tracking off on the device.
    #[error("ad tracking is off")]
    AdTrackingOff,
    /// 32 hex digits are an MD5 digest or an id without hyphens.
    #[error("32 hex digits: say IDFA_MD5 or AAID_MD5 (AMBIGUOUS_ID)")]
    AmbiguousId,
    /// The value was declared to be a digest and does not look like one.
    #[error("not a hash: 64 hex digits for SHA-256, 32 for MD5")]
    NotAHash,
}

impl Unusable {
    /// Every reason.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The reason as a constant for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAText => "NOT_A_TEXT",
            Self::NotAnEmail => "NOT_AN_EMAIL",
            Self::NotAPhoneNumber => "NOT_A_PHONE_NUMBER",
            Self::NoCountryCode => "NO_COUNTRY_CODE",
            Self::UnknownCountry => "UNKNOWN_COUNTRY",
            Self::NoAreaCode => "NO_AREA_CODE",
            Self::TooFewDigits => "TOO_FEW_DIGITS",
            Self::AllZeros => "ALL_ZEROS",
            Self::Placeholder => "PLACEHOLDER",
            Self::AdTrackingOff => "AD_TRACKING_OFF",
            Self::AmbiguousId => "AMBIGUOUS_ID",
            Self::NotAHash => "NOT_A_HASH",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_the_name_of_its_reason() {
        for reason in Unusable::ALL {
            assert_eq!(reason.code().replace('_', "").to_lowercase(), format!("{reason:?}").to_lowercase());
        }
    }
}
