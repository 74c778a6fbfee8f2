//! Triggers: conditions on an event in Segment's query language.
//!
//! Knows nothing of actions and fields. A trigger is read once, when the configuration is loaded.
//!
//! ```text
//! condition  := test | function | "(" group ")" | ("!" | "not") condition
//! group      := condition ("and" condition)* | condition ("or" condition)*
//! test       := subject ("=" | "!=" | "<" | "<=" | ">" | ">=") value
//! function   := ["!"] ("contains" | "match") "(" subject "," text ")"
//! subject    := type | event | name | userId | anonymousId | messageId
//!             | (properties | traits | context) ("." key)*
//! value      := text | number | true | false | null | word
//! ```
//!
//! Tests convert nothing: `= "5"` holds for the text only, `= 5` and `<` for the number only, `= true` for the boolean
//! only. A missing value is `!=` any text, and no number; `!contains` and `!match` hold for texts only. A word is its
//! own text; a backslash makes the next character part of a word.
//!
//! # Differences from Segment
//!
//! What Segment's engine reads as its documentation says gives the same answer here. The rest:
//!
//! | text | Segment | here |
//! |---|---|---|
//! | `a and (contains(x, "1") or b)` | any of the three: a group ends at its first parenthesis | the group binds |
//! | `((a))`, `(a and (b or c))` | refused | read as written |
//! | a carriage return, or no white space, behind a text | the rest is dropped | white space; read as written |
//! | `x=5`, `userId = an` at the end | the last characters are lost | read as written |
//! | `'single quotes'` | the quotes are part of the text | the same as double quotes |
//! | `!(a)`, `not a` | the negation is dropped | the negation of `a`; also of a missing value |
//! | `messageId`, `anonymousId` | the test is dropped | subjects, compared like `userId` |
//! | `groupId`, `TYPE` and other subjects | the test is dropped | refused |
//! | `a or b and c` | the last connector counts for all | refused: set parentheses |
//! | `a AND b`, `a OR b` | `and`, whichever is written | read as written |
//! | `match(x, "hello")` | ends with `ello` | is `hello` |
//! | `match(x, "*lo*")`, `"h*d"` | a star inside is a star | a star stands for any text |
//! | `event = null`, `type != null` | never, always | missing or null; the opposite |
//! | `x != true` | holds for true as well | anything but true |
//! | a mistake | one message for all | line, column, caret, suggestion |
//! | `event in (…)`, `==`, `&&`, `length(x)`, `all(…)` and other operators and functions | refused or never | refused |
//! | `x contains "a"` | holds like the function | the same, with a remark |
//! | `a b`, `a and`, `and a`, `a)` | `a and b`, `a` | the same, with a remark |
//! | `properties = null` | looks at `properties.properties` | the same, with a remark |
//! | `properties.a\.b` | looks at `b` in `a` | the same, with a remark |
//! | `properties.and`, `properties.null` | never | refused: `properties.\and` |
//! | `properties.list.0`, `properties.list[0]` | never, refused | refused: `properties.list.\0` |
//! | `x >=5`, `x !=5`, `x>4` | never, refused, refused | refused: white space is missing |
//! | `x = 1e5` | 1 | 100000 |
//! | `x > "abc"`, `> true`, `> null`, `x = -` | never | refused: not a number |
//! | `userId = 5.0`, `event = +5`, integers that a float rounds | compares with the rounded number's text | refused: quotes are missing |
//! | `type = "a" or "b"`, `type = "a", event = "b"` | the stray token is dropped | refused |
//! | `properties.\😀` | refused: a backslash takes one UTF-16 unit | the key `😀` |
//! | `properties.\�\�`, the two units of a character apart | that key | refused: write it behind one backslash |
//! | `userId = properties.x`, `event.x = 5` | the word, never | refused |
//! | `contains(type, …)` | dropped | refused |
//! | `match(x, 5)`, `match(x, word)` | a text without its first character | the text |
//! | `contains(x, null)` | contains `null` | refused |
//! | `properties.constructor` and other inherited members | exist | missing |

mod condition;
mod error;
mod evaluate;
mod explain;
mod glob;
mod lexer;
mod parser;
mod print;
mod subject;

pub(in crate::mapping) use condition::{Check, Comparison, Condition, Test};
pub use error::{Remark, TriggerError};

use crate::event::Event;
pub(in crate::mapping) use subject::Subject;

/// A condition on events.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    condition: Condition,
    remarks: Vec<Remark>,
}

impl Trigger {
    /// Reads a trigger.
    ///
    /// # Errors
    /// The first place where the text is not a trigger, or can be understood in two ways.
    pub fn parse(text: &str) -> Result<Self, TriggerError> {
        let (condition, remarks) = parser::parse(text)?;
        Ok(Self { condition, remarks })
    }

    /// Whether the event fulfils the condition.
    pub fn matches(&self, event: &Event<'_>) -> bool {
        self.condition.holds(event)
    }

    /// The part of the condition that an event does not fulfil; none when it matches.
    ///
    /// It is a part of the trigger's text in canonical form, without any value of the event.
    pub fn failing(&self, event: &Event<'_>) -> Option<String> {
        self.condition.failing(event).map(ToString::to_string)
    }

    /// What was understood, but is probably not what was meant.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    pub(in crate::mapping) const fn condition(&self) -> &Condition {
        &self.condition
    }
}

#[cfg(test)]
mod tests;
