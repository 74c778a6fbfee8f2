//! Email addresses: TikTok's two rules and Segment's.
//!
//! Validity is judged here and not by a library: a library that knows RFC 5322 accepts quoted local parts, comments and
//! address literals, which TikTok's rule would mangle and nobody registers with. The shape that remains is short.

use smallvec::SmallVec;

use super::{Hashed, IdType, Normalised, RuleSet, Rules, Unusable, prehashed};

/// Inline room for any ordinary address.
type Text = SmallVec<[u8; 96]>;

/// The longest local part, in bytes (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// The longest domain, in bytes (RFC 1035, section 2.3.4, written without the root).
const MAX_DOMAIN: usize = 253;
/// The longest label of a domain, in bytes (RFC 1035, section 2.3.4).
const MAX_LABEL: usize = 63;

/// Normalises and hashes an email address; `None` if it is blank.
pub fn email(raw: &str, rules: &Rules) -> Result<Option<Hashed>, Unusable> {
    clean(raw, rules)
}

/// The same, perhaps with the text that is hashed.
pub(crate) fn clean<T: Normalised>(raw: &str, rules: &Rules) -> Result<Option<T>, Unusable> {
    let text = match rules.set {
        RuleSet::Segment => raw,
        RuleSet::Tiktok | RuleSet::TiktokBasic => raw.trim_matches(is_around),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    if let Some(hashed) = prehashed::from_sha256(text, IdType::EmailSha256) {
        return Ok(prehashed::of_somebody(hashed, rules.set)?.map(T::from));
    }
    let normal = match rules.set {
        RuleSet::Segment => segment(text),
        RuleSet::Tiktok => tiktok(text)?,
        RuleSet::TiktokBasic => basic(text)?,
    };
    Ok(Some(T::of(IdType::EmailSha256, &normal)))
}

/// What copied text and files carry around an address: white space, the zero-width space, the byte order mark.
const fn is_around(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}')
}

/// Lower-cases, drops all white space and requires a valid address.
///
/// Source: TikTok's help centre, September 2025 ("remove spaces, lower-case").
fn basic(text: &str) -> Result<Text, Unusable> {
    let address = compact(text);
    split(&address)?;
    Ok(address)
}

/// As [`basic`], then drops `+suffix` and the dots of the local part, whatever the domain.
///
/// Source: TikTok's API documentation, "Email Specific Normalization" (Customer File and Streaming pages).
fn tiktok(text: &str) -> Result<Text, Unusable> {
    let address = compact(text);
    let (local, domain) = split(&address)?;
    let mut normal = Text::from_slice(local.split(|&byte| byte == b'+').next().unwrap_or_default());
    normal.retain(|byte| *byte != b'.');
    if normal.is_empty() {
        return Err(Unusable::NotAnEmail);
    }
    normal.push(b'@');
    normal.extend_from_slice(domain);
    Ok(normal)
}

/// Lower case without white space. The byte order mark counts as white space, as it does in JavaScript.
fn compact(text: &str) -> Text {
    if !text.is_ascii() {
        let visible: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect();
        return visible.to_lowercase().into_bytes().into();
    }
    let mut address = Text::from_slice(text.as_bytes());
    address.make_ascii_lowercase();
    if address.iter().any(|byte| is_space(*byte)) {
        address.retain(|byte| !is_space(*byte));
    }
    address
}

/// ASCII white space as Unicode has it: with the vertical tab.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Local part and domain of a valid address.
fn split(address: &[u8]) -> Result<(&[u8], &[u8]), Unusable> {
    let at = address.iter().position(|&byte| byte == b'@').ok_or(Unusable::NotAnEmail)?;
    match address.split_at(at) {
        (local, [_at, domain @ ..]) if is_local(local) && is_domain(domain) => Ok((local, domain)),
        _ => Err(Unusable::NotAnEmail),
    }
}

/// One or more characters that need no quotes (RFC 5321 and 6531). Dots may stand anywhere: Japanese carriers have
/// handed out such addresses.
fn is_local(local: &[u8]) -> bool {
    let unquoted = |byte: &u8| match byte {
        b'"' | b'(' | b')' | b',' | b':' | b';' | b'<' | b'>' | b'[' | b'\\' | b']' => false,
        byte => byte.is_ascii_graphic() || !byte.is_ascii(),
    };
    (1..=MAX_LOCAL).contains(&local.len()) && local.iter().all(unquoted) && !has_hidden(local)
}

/// Two or more labels of letters, digits and inner hyphens, the last of them not a number.
fn is_domain(domain: &[u8]) -> bool {
    let (mut dots, mut label, mut last) = (0, 0, b'.');
    for &byte in domain {
        match byte {
            b'.' if is_edge(last) => return false,
            b'-' if last == b'.' => return false,
            b'.' => (dots, label) = (dots + 1, 0),
            b'-' | b'a'..=b'z' | b'0'..=b'9' | 0x80.. => label += 1,
            _ => return false,
        }
        if label > MAX_LABEL {
            return false;
        }
        last = byte;
    }
    let is_number = || domain.rsplit(|&byte| byte == b'.').next().is_some_and(|top| top.iter().all(u8::is_ascii_digit));
    dots > 0 && !is_edge(last) && domain.len() <= MAX_DOMAIN && !is_number() && !has_hidden(domain)
}

/// Whether no label may end with it.
const fn is_edge(byte: u8) -> bool {
    matches!(byte, b'.' | b'-')
}

/// Whether a character is in it that nobody types and that would silently change the hash; or the one that stands for
/// bytes that were no UTF-8.
fn has_hidden(part: &[u8]) -> bool {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{206f}' | '\u{fffd}')
    };
    !part.is_ascii() && std::str::from_utf8(part).is_ok_and(|part| part.contains(hidden))
}

/// What Segment's connector hashes: from the first `+` to the last `@` is cut, every dot before an `@` goes, then lower
/// case; no trim, no check.
///
/// Source: `packages/destination-actions/src/destinations/tiktok-audiences` in segmentio/action-destinations. It works
/// with regular expressions, whose `.` ends at a line break: so does this.
fn segment(text: &str) -> Text {
    let mut normal = Text::new();
    let mut cut = Cut::Pending;
    for line in text.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}']) {
        segment_line(line.as_bytes(), &mut cut, &mut normal);
    }
    if normal.is_ascii() {
        normal.make_ascii_lowercase();
        return normal;
    }
    // Whole characters were dropped, so that what is left is as valid as it was.
    String::from_utf8_lossy(&normal).to_lowercase().into_bytes().into()
}

/// Only the first `+suffix` of the whole text is cut.
enum Cut {
    Pending,
    Done,
}

fn segment_line(line: &[u8], cut: &mut Cut, normal: &mut Text) {
    let (before, after) = match line.iter().rposition(|&byte| byte == b'@') {
        Some(at) => line.split_at(at),
        None => (&[][..], line),
    };
    let kept = match (before.iter().position(|&byte| byte == b'+'), &cut) {
        (Some(plus), Cut::Pending) => {
            *cut = Cut::Done;
            before.split_at(plus).0
        }
        (Some(_), Cut::Done) | (None, Cut::Pending | Cut::Done) => before,
    };
    normal.extend(kept.iter().copied().filter(|&byte| byte != b'.'));
    normal.extend_from_slice(after);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sha256_hex;
    use super::*;

    fn rules(set: RuleSet) -> Rules {
        Rules { set, ..Rules::default() }
    }

    #[track_caller]
    fn check(set: RuleSet, name: &str, raw: &str, expected: Result<&str, Unusable>) {
        let got = email(raw, &rules(set)).map(|hashed| hashed.map(|hashed| hashed.hex()));
        assert_eq!(got, expected.map(|normal| Some(sha256_hex(normal))), "{name}");
    }

    #[test]
    fn published_vectors_hold() {
        let hex = |raw| email(raw, &Rules::default()).unwrap().unwrap().hex();
        assert_eq!(hex("janedoe@gmail.com"), "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69");
        assert_eq!(hex("testing@testing.com"), "584c4423c421df49955759498a71495aba49b8780eb9387dff333b6f0982c777");
    }

    #[test]
    fn tiktok_drops_white_space_suffix_and_dots() {
        let to = |name, raw, normal| check(RuleSet::Tiktok, name, raw, Ok(normal));
        to("plain", "person@example.com", "person@example.com");
        to("case and spaces", " Person@Example.COM\n", "person@example.com");
        to("space inside", "per son@exam\u{a0}ple.com", "person@example.com");
        to("byte order mark", "\u{feff}person@example.com", "person@example.com");
        to("zero-width spaces around it", "\u{200b} person@example.com\u{200b}\u{feff}", "person@example.com");
        to("suffix", "person+news+more@example.com", "person@example.com");
        to("dots, any domain", "p.er.son@mail.example.co.uk", "person@mail.example.co.uk");
        to("dot at the end", "person.@example.com", "person@example.com");
        to("plus in the domain is refused, in the suffix kept out", "a.b+c.d@example.com", "ab@example.com");
        to("other letters", "ÄNNE.Müller@example.com", "ännemüller@example.com");
        to("final sigma", "ΟΔΟΣ@example.com", "οδος@example.com");
        to("dotted capital i", "\u{130}x@example.com", "i\u{307}x@example.com");
        to("international domain", "person@BÜCHER.example", "person@bücher.example");
        to("punycode", "person@xn--bcher-kva.example", "person@xn--bcher-kva.example");
        to("unusual but allowed", "!#$%&'*/=?^_`{|}~-@example.com", "!#$%&'*/=?^_`{|}~-@example.com");
    }

    #[test]
    fn tiktok_basic_keeps_suffix_and_dots() {
        let to = |name, raw, normal| check(RuleSet::TiktokBasic, name, raw, Ok(normal));
        to("suffix and dots", "P.erson+News@Example.com ", "p.erson+news@example.com");
        to("two dots", "per..son@example.com", "per..son@example.com");
        to("local part of a suffix only", "+news@example.com", "+news@example.com");
    }

    #[test]
    fn invalid_addresses_are_unusable_under_both_tiktok_rules() {
        let (long_local, long_label) = (format!("{}@example.com", "a".repeat(65)), format!("a@{}.com", "b".repeat(64)));
        let long_domain = format!("a@{}com", "abcdefgh.".repeat(28));
        for raw in [
            "person",
            "@",
            "a@",
            "@example.com",
            "a@b",
            "a@b@example.com",
            "a@example..com",
            "a@.com",
            "a@example.com.",
            "a@-example.com",
            "a@example-.com",
            "a@exa_mple.com",
            "a@1.2.3.4",
            "a@[127.0.0.1]",
            "\"a b\"@example.com",
            "Person <a@example.com>",
            "mailto:a@example.com",
            "a@example.com,b@example.com",
            "a\u{200b}@example.com",
            "stra\u{fffd}e@example.com",
            "a@exam\u{200d}ple.com",
            "a\u{0}@example.com",
            "a\u{85}b\u{7f}@example.com",
            "a＠example.com",
            "0123456789abcdef0123456789abcdef",
            &long_local,
            &long_label,
            &long_domain,
        ] {
            check(RuleSet::Tiktok, raw, raw, Err(Unusable::NotAnEmail));
            check(RuleSet::TiktokBasic, raw, raw, Err(Unusable::NotAnEmail));
        }
        check(RuleSet::Tiktok, "nothing but a suffix", "+news@example.com", Err(Unusable::NotAnEmail));
        check(RuleSet::Tiktok, "nothing but dots", "..@example.com", Err(Unusable::NotAnEmail));
    }

    #[test]
    fn the_longest_parts_are_valid() {
        let labels = format!("{0}.{0}.{0}", "b".repeat(MAX_LABEL));
        let rest = "c".repeat(MAX_DOMAIN - labels.len() - 1);
        for address in [
            format!("{}@example.com", "a".repeat(MAX_LOCAL)),
            format!("a@{}.com", "b".repeat(MAX_LABEL)),
            format!("a@{labels}.{rest}"),
        ] {
            check(RuleSet::TiktokBasic, &address, &address, Ok(&address));
        }
        check(RuleSet::TiktokBasic, "one more", &format!("a@{labels}.{rest}c"), Err(Unusable::NotAnEmail));
    }

    #[test]
    fn segment_is_followed_to_the_letter() {
        let to = |name, raw, normal| check(RuleSet::Segment, name, raw, Ok(normal));
        to("as executed", "Foo.Bar+x@Gmail.com", "foobar@gmail.com");
        to("no trim", " foo@b.co ", " foo@b.co ");
        to("no at sign: only lower case", "No.Mail+X", "no.mail+x");
        to("suffix up to the last at sign", "a+b@c.d@E.f", "a@e.f");
        to("dots before any at sign", "a.b@c.d@e.f", "ab@cd@e.f");
        to("a plus after the last at sign stays", "a@b+c.d", "a@b+c.d");
        to("only a suffix", "+x@y.z", "@y.z");
        to("a line of its own", "a.b+c\nd.e+f@g.h", "a.b+c\nde@g.h");
        to("the first suffix only", "a+b@c\rd+e@f", "a@c\rd+e@f");
        to("final sigma", "ΟΔΟ.Σ@example.com", "οδος@example.com");
        to("zero-width spaces around it", "\u{200b}a@b.co\u{feff}", "\u{200b}a@b.co\u{feff}");
    }

    #[test]
    fn a_digest_is_passed_on_and_never_one_inside_a_value() {
        let digest = "584C4423C421DF49955759498A71495ABA49B8780EB9387DFF333B6F0982C777";
        for &set in RuleSet::ALL {
            let hashed = email(digest, &rules(set)).unwrap().unwrap();
            assert_eq!(hashed.hex(), digest.to_lowercase());
        }
        let inside = format!("zz{digest}zz@x.co");
        check(RuleSet::Tiktok, "too long a local part", &inside, Err(Unusable::NotAnEmail));
        check(RuleSet::Segment, "hashed whole", &inside, Ok(&inside.to_lowercase()));
        let spaced = format!(" {digest} ");
        check(RuleSet::Segment, "Segment does not trim", &spaced, Ok(&spaced.to_lowercase()));
    }

    #[test]
    fn blank_is_absent() {
        let of_nothing = sha256_hex("");
        for &set in RuleSet::ALL {
            for raw in ["", " ", "\t\u{a0}\n", &of_nothing] {
                assert_eq!(email(raw, &rules(set)), Ok(None));
            }
        }
    }

    proptest! {
        #[test]
        fn spellings_of_one_address_have_one_hash(
            local in "[a-z0-9]{1,20}", domain in "[a-z]{1,10}\\.[a-z]{2,5}", suffix in "(\\+[a-z0-9.+]{0,9})?",
            dot in 0usize..20, upper in any::<bool>(), space in "[ \t\u{a0}\u{3000}]{0,3}",
        ) {
            let plain = format!("{local}@{domain}");
            let (front, back) = local.split_at(dot.min(local.len()));
            let spelled = format!("{space}{front}.{back}{suffix}{space}@{domain}{space}");
            let spelled = if upper { spelled.to_uppercase() } else { spelled };
            prop_assert_eq!(email(&spelled, &Rules::default()), email(&plain, &Rules::default()));
        }

        #[test]
        fn a_normal_address_is_normal(raw in "\\PC{0,12}@?[a-zA-Z.+]{0,8}@[a-zß-ÿA-Z.]{1,12}\\.[a-z]{2,3}") {
            for rule in [basic, tiktok] {
                if let Ok(normal) = rule(&raw) {
                    let again = rule(std::str::from_utf8(&normal).unwrap());
                    prop_assert_eq!(again.as_deref(), Ok(normal.as_slice()));
                }
            }
        }
    }
}
