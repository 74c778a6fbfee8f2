//! What SQS takes as text, and what is done about the rest.
//!
//! SQS stores `#x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-#x10FFFF` and puts U+FFFD in the place of any
//! other character, without an error, so a text must fit before it is sent. Source:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>.

/// What a JSON text can hold and SQS cannot: JSON itself excludes the raw control characters.
const NONCHARACTERS: [char; 2] = ['\u{fffe}', '\u{ffff}'];
/// The first byte of both in UTF-8.
const LEAD: u8 = 0xef;
/// Bytes that escaping adds to one of them: three become `\uffff`.
const ESCAPE_GROWTH: usize = 3;

/// Whether SQS stores the character as it is.
const fn is_storable(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether SQS takes the text as a body and stores it as it is.
pub(super) fn is_body(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_storable)
}

/// Bytes that [`push_json`] appends.
pub(super) fn json_len(json: &str) -> usize {
    json.len() + if may_need_escapes(json) { ESCAPE_GROWTH * json.matches(NONCHARACTERS).count() } else { 0 }
}

/// Appends a JSON text, escaping the characters that SQS would replace; they can stand in strings only.
pub(super) fn push_json(out: &mut String, json: &str) {
    if may_need_escapes(json) {
        out.push_str(&json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"));
    } else {
        out.push_str(json);
    }
}

fn may_need_escapes(json: &str) -> bool {
    json.as_bytes().contains(&LEAD)
}

/// The text as an attribute's value of at most `limit` bytes, which is at least three.
pub(super) fn attribute_value(text: &str, limit: usize) -> String {
    let mut value: String = text.chars().map(|each| if is_storable(each) { each } else { '\u{fffd}' }).collect();
    if value.len() > limit {
        value.truncate(value.floor_char_boundary(limit - '…'.len_utf8()));
        value.push('…');
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_body(text: &str, expected: bool) {
        assert_eq!(is_body(text), expected, "{text:?}");
    }

    #[test]
    fn a_body_has_only_characters_that_sqs_stores() {
        for text in ["a", " \t\r\n", "\u{7f}\u{9f}", "\u{d7ff}\u{e000}\u{fffd}", "\u{10000}\u{10ffff}", "é😀"] {
            check_body(text, true);
        }
        for text in ["", "a\u{0}", "\u{8}", "\u{b}\u{c}", "\u{1f}", "\u{fffe}", "a\u{ffff}"] {
            check_body(text, false);
        }
    }

    #[test]
    fn noncharacters_of_json_are_escaped_and_counted() {
        for (json, expected) in [
            (r#"{"a":"é"}"#, r#"{"a":"é"}"#),
            ("\"\u{feff}\u{ff5e}\"", "\"\u{feff}\u{ff5e}\""),
            ("\"\u{fffe}\u{ffff}x\u{ffff}\"", r#""\ufffe\uffffx\uffff""#),
        ] {
            let mut out = String::new();
            push_json(&mut out, json);
            assert_eq!(out, expected);
            assert_eq!(json_len(json), expected.len(), "{json:?}");
            assert!(is_body(&out));
        }
    }

    #[test]
    fn an_attribute_is_cut_between_characters() {
        for (text, limit, expected) in [
            ("abcdef", 6, "abcdef"),
            ("abcdefg", 6, "abc…"),
            ("aéééé", 8, "aéé…"),
            ("ééééé", 3, "…"),
            ("a\u{0}b\u{ffff}", 20, "a\u{fffd}b\u{fffd}"),
        ] {
            let value = attribute_value(text, limit);
            assert_eq!(value, expected);
            assert!(value.len() <= limit, "{text}");
        }
    }
}
