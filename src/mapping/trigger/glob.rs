//! The patterns of `match(…)`: a star stands for any text, everything else for itself.

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mapping) struct Glob {
    pattern: Box<str>,
}

impl Glob {
    pub(super) fn new(pattern: &str) -> Self {
        Self { pattern: pattern.into() }
    }

    pub(super) const fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Whether the whole text fits the pattern.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((prefix, rest)) = self.pattern.split_once('*') else { return text == &*self.pattern };
        let (middle, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
        let Some(inside) = text.strip_prefix(prefix).and_then(|text| text.strip_suffix(suffix)) else { return false };
        // Taking the first place for each part leaves the most room for the parts behind it.
        let mut parts = middle.split('*').filter(|part| !part.is_empty());
        parts.try_fold(inside, |rest, part| rest.split_once(part).map(|(_, behind)| behind)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("hello*", "hello world", true),
            ("*world", "hello world", true),
            ("*lo*", "hello world", true),
            ("h*d", "hello world", true),
            ("h*o*d", "hello world", true),
            ("hello world", "hello world", true),
            ("", "", true),
            ("*", "", true),
            ("**", "x", true),
            ("a*a", "a", false),
            ("a*b*b", "ab", false),
            ("xello world", "hello world", false),
            ("ello world", "hello world", false),
            ("?ello*", "hello world", false),
            ("*lo", "hello world", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }
}
