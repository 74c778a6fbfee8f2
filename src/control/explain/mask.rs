//! Values of events, shown by their shape: enough to see a space or a missing country code, too little to know anyone.

/// The longest shape that is shown.
const LONGEST: usize = 80;
/// From so many digits on a number is TikTok's and no phone number, which has at most 15 (E.164).
const ID_DIGITS: usize = 16;
/// Text with as many digits could be a phone number.
const PHONE_DIGITS: usize = 7;

/// A value by its shape: letters become `x` or `X`, digits `9`, everything else stays.
pub fn shape(value: &str) -> String {
    let mut shape: String = value.chars().take(LONGEST).map(shape_of).collect();
    if value.chars().nth(LONGEST).is_some() {
        shape.push('…');
    }
    shape
}

fn shape_of(character: char) -> char {
    if character.is_numeric() {
        '9'
    } else if character.is_uppercase() {
        'X'
    } else if character.is_alphabetic() {
        'x'
    } else {
        character
    }
}

/// A text that is no identifier by its field: as it is, unless it could be one nevertheless.
pub(super) fn text(value: &str) -> String {
    if could_be_personal(value) { shape(value) } else { value.to_owned() }
}

fn could_be_personal(value: &str) -> bool {
    let digits = value.chars().filter(|character| character.is_numeric()).count();
    if digits >= ID_DIGITS && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let is_hash = matches!(value.len(), 32 | 64) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    value.contains('@') || digits >= PHONE_DIGITS || is_hash || value.chars().nth(LONGEST).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_keeps_what_is_wrong_and_nothing_else() {
        for (value, expected) in [
            (" Jane.Doe+x@Example.com", " Xxxx.Xxx+x@Xxxxxxx.xxx"),
            ("+1 (202) 555-0143", "+9 (999) 999-9999"),
            ("٠١٢ é É", "999 x X"),
            ("", ""),
        ] {
            assert_eq!(shape(value), expected);
        }
        assert_eq!(shape(&"a".repeat(81)), "x".repeat(80) + "…");
    }

    #[test]
    fn other_texts_are_shown_unless_they_could_be_personal() {
        for shown in ["vip", "1800000000000000001", "US", "abandoned cart 2026"] {
            assert_eq!(text(shown), shown);
        }
        for (hidden, expected) in [
            ("jane@example.com", "xxxx@xxxxxxx.xxx"),
            ("12025550143", "99999999999"),
            ("+12025550143", "+99999999999"),
            ("38400000-8cf0-11bd-b23e-10b96e40000d", "99999999-9xx9-99xx-x99x-99x99x99999x"),
        ] {
            assert_eq!(text(hidden), expected);
        }
        assert_eq!(text(&"a".repeat(64)), "x".repeat(64));
    }
}
