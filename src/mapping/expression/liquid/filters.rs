//! Filters, with the results of the JavaScript engine that Segment runs.
//!
//! As there, an argument too many is ignored and one too few is nothing; unlike there, an unknown filter is an error, and
//! so is an argument by a name that the filter does not know, which counts as one more argument there.
//!
//! # What the library's filters do otherwise
//!
//! The library, liquid-lib 0.26, has filters too. Each was put in the place of ours and held against Segment's engine on
//! 2,000 generated templates (`tests/segment/run.mjs --only liquid --filter NAME`); those that have no row here are not in
//! the library. All of them but `append` and `prepend` refuse a template with an argument too many or too few, and none
//! has a limit on the size of its result.
//!
//! | filter | the library's, besides |
//! |---|---|
//! | `append`, `prepend` | nothing |
//! | `downcase`, `upcase` | nothing |
//! | `remove`, `remove_first`, `replace_first` | nothing |
//! | `abs`, `ceil`, `floor`, `round` | fail on what is no number; it counts as 0 |
//! | `plus`, `minus`, `times`, `at_least`, `at_most` | the same |
//! | `divided_by` | the same, and divides integers without a fraction, never by 0 |
//! | `modulo` | the same, and takes the sign of the input |
//! | `capitalize` | leaves all but the first letter as it is |
//! | `compact`, `join` | fail on what is no array; it is an array of one item |
//! | `date` | takes other spellings and other conversions, and no seconds since 1970 |
//! | `default` | has no `allow_false` |
//! | `escape`, `escape_once` | write a quotation mark as `&quot;`, not as `&#34;` |
//! | `first`, `last` | give a digit of a number and a letter of a boolean |
//! | `replace` | finds an empty text at both ends as well |
//! | `size` | counts bytes, also of a number or a boolean |
//! | `slice` | fails on a length below 1 |
//! | `split` | gives empty parts at the end, and at both ends where the separator is empty |
//! | `strip`, `lstrip`, `rstrip` | do not take the characters to strip |
//! | `strip_html` | finds `<SCRIPT>` and `<STYLE>` in any case |
//! | `strip_newlines` | drops a carriage return that stands alone |
//! | `truncate` | counts bytes, then clusters of characters; takes a negative length for any length |
//! | `truncatewords` | keeps 50 words where no number is given, none where it is 0; only spaces separate words |
//! | `url_decode` | gives nothing for nothing, not an empty text |
//! | `url_encode` | writes a space as `%20`, and escapes `!`, `'`, `(`, `)` and `*` |

mod conversions;
mod dates;
mod filter;
mod json;
mod lists;
mod numbers;
mod texts;

use liquid_core::parser::Language;

pub(super) use conversions::{MISSING, is_missing, javascript_text, parsed, size_of, text_of};
use filter::{Apply, Named};
pub(super) use filter::{MAX_TEXT, OTHER_NAME};

const ALL: [&[(&str, Apply)]; 5] = [texts::FILTERS, json::FILTERS, numbers::FILTERS, lists::FILTERS, dates::FILTERS];

/// The filters that there are.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().flatten().map(|(name, _)| *name)
}

/// Adds all filters to a language.
pub(super) fn register(language: &mut Language) {
    for (name, apply) in ALL.into_iter().flatten() {
        language.filters.register((*name).to_owned(), Box::new(Named { name, apply: *apply }));
    }
}
