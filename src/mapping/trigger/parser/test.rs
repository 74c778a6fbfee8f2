//! Tests and functions: a subject, an operator and a value, and what they mean together.

use super::super::super::number;
use super::super::error::{Failure, Span};
use super::super::glob::Glob;
use super::super::lexer::{Token, Word};
use super::super::subject::{Subject, WORDS};
use super::super::{Check, Comparison, Condition, Test};
use super::Parser;

/// A dotted word.
struct Name {
    text: String,
    span: Span,
    escaped: bool,
    escaped_dot: bool,
}

/// A value as it was written.
enum Written {
    Text(String),
    Number(f64),
    Boolean(bool),
    Null,
}

impl Parser<'_> {
    pub(super) fn test(&mut self, word: Word, span: Span) -> Result<Condition, Failure> {
        let name = self.name(word, span)?;
        let subject = self.subject(&name)?;
        let (operator, operator_span) = self.operator()?;
        let (value, value_span) = self.value()?;
        if operator == "contains" {
            self.remark(operator_span, "`contains` is a function; write `contains(…, …)`");
            let part = self.function_text(&subject, value, value_span)?;
            return Ok(test_of(subject, Check::Contains(part.into(), true)));
        }
        let check = self.check(&subject, operator, value, value_span)?;
        Ok(test_of(subject, check))
    }

    /// Reads `contains(subject, text)` or `match(subject, pattern)` from its parenthesis on.
    pub(super) fn function(&mut self, function: &Token, span: Span, wanted: bool) -> Result<Condition, Failure> {
        let is_match = matches!(function, Token::Word(word) if word.text == "match");
        self.expect(&Token::Open, "`(`")?;
        let (Token::Word(word), subject_span) = self.next() else {
            return Err(Failure::new(
                span,
                "the function wants a subject and a text, like `contains(event, \"Audience\")`",
            ));
        };
        let name = self.name(word, subject_span)?;
        let subject = self.subject(&name)?;
        self.expect(&Token::Comma, "`,`")?;
        let (value, value_span) = self.value()?;
        let text = self.function_text(&subject, value, value_span)?;
        self.expect(&Token::Close, "`)`")?;
        let check =
            if is_match { Check::Matches(Glob::new(&text), wanted) } else { Check::Contains(text.into(), wanted) };
        Ok(test_of(subject, check))
    }

    fn expect(&mut self, wanted: &Token, shown: &str) -> Result<(), Failure> {
        let (token, span) = self.next();
        if token == *wanted { Ok(()) } else { Err(Failure::new(span, format!("{shown} is missing here"))) }
    }

    /// The text that a function looks for.
    fn function_text(&self, subject: &Subject, value: Written, span: Span) -> Result<String, Failure> {
        if *subject == Subject::Kind {
            return Err(Failure::new(span, "functions do not take `type`; compare it with `=`"));
        }
        match value {
            Written::Text(text) => Ok(text),
            Written::Boolean(boolean) => Ok(boolean.to_string()),
            Written::Number(number) => self.number_as_text(number, span),
            Written::Null => Err(Failure::new(span, "a function wants a text in quotes")),
        }
    }

    /// Joins words and dots, as long as they follow each other.
    fn name(&mut self, word: Word, span: Span) -> Result<Name, Failure> {
        let Word { text, escaped, escaped_dot } = word;
        let mut name = Name { text, span, escaped, escaped_dot };
        while self.peek().0 == Token::Dot {
            self.at += 1;
            let (token, span) = self.next();
            match token {
                Token::Word(word) => name.push(&word, span),
                Token::Connector(_) if !self.written(span).starts_with(['a', 'o']) => {
                    let text = self.written(span).to_owned();
                    name.push(&Word { text, escaped: false, escaped_dot: false }, span);
                }
                Token::Connector(_) | Token::Null | Token::Number(_) => {
                    let written = self.written(span);
                    let failure = Failure::new(span, format!("as a key, `{written}` wants a backslash"));
                    return Err(failure.suggest(format!("{}.\\{written}", name.text)));
                }
                Token::Text(_)
                | Token::Operator(_)
                | Token::Not
                | Token::Dot
                | Token::Comma
                | Token::Open
                | Token::Close
                | Token::Bracket
                | Token::End => return Err(Failure::new(span, "a key is missing behind the dot")),
            }
        }
        Ok(name)
    }

    fn subject(&mut self, name: &Name) -> Result<Subject, Failure> {
        let (word, rest) = name.text.split_once('.').unwrap_or((&name.text, ""));
        if self.peek().0 == Token::Bracket {
            let (_, span) = self.peek();
            return Err(Failure::new(span, "a bracket wants a backslash").suggest(format!("{}\\[0\\]", name.text)));
        }
        let plain = match word {
            "type" => Subject::Kind,
            "event" => Subject::Event,
            "name" => Subject::Name,
            "userId" => Subject::UserId,
            "anonymousId" => Subject::AnonymousId,
            "messageId" => Subject::MessageId,
            "properties" => return Ok(Subject::Properties(self.keys(name, word, rest)?)),
            "traits" => return Ok(Subject::Traits(self.keys(name, word, rest)?)),
            "context" => return Ok(Subject::Context(self.keys(name, word, rest)?)),
            _ => return Err(unknown_subject(name, word)),
        };
        if rest.is_empty() {
            return Ok(plain);
        }
        let failure = Failure::new(name.span, format!("`{word}` is a text and has no members"));
        Err(if WORDS.iter().any(|known| rest.starts_with(known)) { failure.suggest(rest) } else { failure })
    }

    fn keys(&mut self, name: &Name, word: &str, rest: &str) -> Result<Box<[Box<str>]>, Failure> {
        if name.escaped_dot {
            self.remark(name.span, "a dot separates keys even behind a backslash, as in Segment");
        }
        if name.text == word {
            self.remark(name.span, &format!("this asks for `{word}.{word}`, as in Segment; name a member"));
            return Ok(Box::new([word.into()]));
        }
        let keys: Box<[Box<str>]> = rest.split(['.', '[', ']']).filter(|key| !key.is_empty()).map(Into::into).collect();
        if keys.is_empty() {
            return Err(Failure::new(name.span, "there is no key in this"));
        }
        Ok(keys)
    }

    fn operator(&mut self) -> Result<(&'static str, Span), Failure> {
        let (token, span) = self.next();
        match token {
            Token::Operator(operator) => Ok((operator, span)),
            Token::Word(word) if word.text == "contains" => Ok(("contains", span)),
            Token::Word(word) => {
                let known = ["=", "!=", "<", "<=", ">", ">=", "contains"];
                let failure = Failure::new(span, format!("`{}` is not an operator", word.text));
                Err(failure.nearest(&word.text, known))
            }
            Token::Text(_)
            | Token::Number(_)
            | Token::Connector(_)
            | Token::Null
            | Token::Not
            | Token::Dot
            | Token::Comma
            | Token::Open
            | Token::Close
            | Token::Bracket
            | Token::End => Err(Failure::new(span, "an operator is missing here").suggest("=")),
        }
    }

    fn value(&mut self) -> Result<(Written, Span), Failure> {
        let (token, span) = self.next();
        let value = match token {
            Token::Text(text) => Written::Text(text),
            Token::Number(number) => Written::Number(number),
            Token::Null => Written::Null,
            Token::Word(word) => self.word_value(word, span)?,
            Token::Connector(_) if !self.written(span).starts_with(['a', 'o']) => {
                Written::Text(self.written(span).to_owned())
            }
            Token::Operator(operator) => {
                let before = self.tokens.get(self.at.saturating_sub(2)).map_or(span, |(_, span)| *span);
                let written = format!("{}{operator}", self.written(before));
                let span = Span { start: before.start, end: span.end };
                return Err(Failure::new(span, format!("`{written}` is not an operator")).suggest(self.written(before)));
            }
            Token::Connector(_)
            | Token::Not
            | Token::Dot
            | Token::Comma
            | Token::Open
            | Token::Close
            | Token::Bracket
            | Token::End => return Err(Failure::new(span, "a value is missing here")),
        };
        Ok((value, span))
    }

    /// A word without quotes is its own text, as in Segment.
    fn word_value(&mut self, word: Word, span: Span) -> Result<Written, Failure> {
        let name = self.name(word, span)?;
        match name.text.as_str() {
            "true" => return Ok(Written::Boolean(true)),
            "false" => return Ok(Written::Boolean(false)),
            _ => {}
        }
        if self.peek().0 == Token::Open {
            return Err(Failure::new(span, "a condition compares with a value, not with a function"));
        }
        let dotted = name.text.split_once('.').is_some_and(|(first, _)| WORDS.contains(&first));
        if dotted && !name.escaped {
            let failure = Failure::new(name.span, "a condition compares with a value, not with another member");
            return Err(failure.suggest(format!("\"{}\"", name.text)));
        }
        Ok(Written::Text(name.text))
    }

    fn check(&self, subject: &Subject, operator: &str, value: Written, span: Span) -> Result<Check, Failure> {
        let comparison = match operator {
            "=" => Comparison::Equal,
            "!=" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            _ => Comparison::GreaterOrEqual,
        };
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if !equality {
            return Ok(Check::Number(comparison, ordering_number(&value, span)?));
        }
        let equal = comparison == Comparison::Equal;
        let text = match value {
            Written::Null => return Ok(if equal { Check::Absent } else { Check::Exists }),
            Written::Boolean(value) if subject.has_booleans() => {
                return Ok(if equal { Check::IsBoolean(value) } else { Check::IsNotBoolean(value) });
            }
            Written::Number(number) if subject.has_numbers() => return Ok(Check::Number(comparison, number)),
            Written::Boolean(value) => value.to_string(),
            Written::Number(number) => self.number_as_text(number, span)?,
            Written::Text(text) => text,
        };
        Ok(if equal { Check::Is(text.into()) } else { Check::IsNot(text.into()) })
    }

    /// A number that is compared as text: only where JavaScript would print it as it is written. Segment compares
    /// with what it prints, which for `5.0` and for integers that a float rounds is another text.
    fn number_as_text(&self, number: f64, span: Span) -> Result<String, Failure> {
        let written = self.written(span);
        if number::javascript(number) == written {
            return Ok(written.to_owned());
        }
        Err(Failure::new(span, "this is compared as a text, which wants quotes").suggest(format!("\"{written}\"")))
    }

    fn written(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

impl Name {
    fn push(&mut self, word: &Word, span: Span) {
        self.text.push('.');
        self.text.push_str(&word.text);
        self.span.end = span.end;
        self.escaped |= word.escaped;
        self.escaped_dot |= word.escaped_dot;
    }
}

const fn test_of(subject: Subject, check: Check) -> Condition {
    Condition::Test(Test { subject, check })
}

fn unknown_subject(name: &Name, word: &str) -> Failure {
    let failure = Failure::new(name.span, format!("`{word}` is not something that a condition can be about"));
    match word {
        "And" => failure.suggest("and"),
        "Or" => failure.suggest("or"),
        "Not" => failure.suggest("not"),
        _ => failure.nearest(word, WORDS),
    }
}

/// The number of `<`, `<=`, `>` and `>=`; Segment takes one in quotes too.
fn ordering_number(value: &Written, span: Span) -> Result<f64, Failure> {
    let number = match value {
        Written::Number(number) => Some(*number),
        Written::Text(text) if text.bytes().any(|byte| byte.is_ascii_digit()) => text.trim().parse::<f64>().ok(),
        Written::Text(_) | Written::Boolean(_) | Written::Null => None,
    };
    number.filter(|number| number.is_finite()).ok_or_else(|| Failure::new(span, "this operator wants a number"))
}
