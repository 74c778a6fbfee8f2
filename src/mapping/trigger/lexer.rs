//! From text to tokens.
//!
//! The rules are Segment's lexer's, down to where it wants white space, except that a token at the end of the text or
//! followed by a carriage return is still a token.

use super::error::{Failure, Span};

/// The longest trigger that is read, in bytes.
pub(super) const MAX_BYTES: usize = 65_536;

/// What is left of a character of two UTF-16 units when a backslash stands between its halves, as Segment's own
/// generator of triggers writes one.
pub(super) const HALVES: &str = "\u{fffd}\\\u{fffd}";

/// Quotes that word processors write in the place of plain ones.
const TYPOGRAPHIC_QUOTES: [char; 5] = ['“', '”', '„', '‘', '’'];

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A word, without its backslashes.
    Word(Word),
    /// A text in quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`
    Operator(&'static str),
    /// `and` or `or`, also in capitals.
    Connector(Connector),
    /// `null`
    Null,
    /// `!` in front of a word or a parenthesis.
    Not,
    /// `.`
    Dot,
    /// `,`
    Comma,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[` or `]`
    Bracket,
    /// The end of the text.
    End,
}

/// A word as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether a backslash made a character part of it.
    pub(super) escaped: bool,
    /// Whether a backslash made a dot part of it.
    pub(super) escaped_dot: bool,
}

/// What joins two conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connector {
    /// Both hold.
    And,
    /// One or both hold.
    Or,
}

/// Reads all tokens; the last is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, Failure> {
    if text.len() > MAX_BYTES {
        let span = Span { start: 0, end: 0 };
        return Err(Failure::new(span, format!("a trigger has at most {MAX_BYTES} bytes")));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let token = lexer.token()?;
        let ended = token == Token::End;
        tokens.push((token, Span { start, end: lexer.at }));
        if ended {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl Lexer<'_> {
    fn token(&mut self) -> Result<Token, Failure> {
        let Some(first) = self.peek() else { return Ok(Token::End) };
        match first {
            '!' => self.exclamation(),
            '=' => Ok(self.take(1, Token::Operator("="))),
            '<' | '>' => self.comparison(first),
            '"' | '\'' => self.quoted(first),
            '+' | '-' | '0'..='9' => self.number(),
            '.' => Ok(self.take(1, Token::Dot)),
            ',' => Ok(self.take(1, Token::Comma)),
            '(' => Ok(self.take(1, Token::Open)),
            ')' => Ok(self.take(1, Token::Close)),
            '[' | ']' => Ok(self.take(1, Token::Bracket)),
            'a'..='z' | 'A'..='Z' | '_' | '\\' => self.word(),
            '&' => Err(self.unknown(first).suggest("and")),
            '|' => Err(self.unknown(first).suggest("or")),
            quote if TYPOGRAPHIC_QUOTES.contains(&quote) => Err(self.unknown(quote).suggest("\"")),
            other if !other.is_ascii() || other == '$' => Err(self.unknown(other).suggest(format!("\\{other}"))),
            other => Err(self.unknown(other)),
        }
    }

    fn exclamation(&mut self) -> Result<Token, Failure> {
        if self.rest().starts_with("!=") {
            return self.wide_operator("!=");
        }
        match self.rest().chars().nth(1) {
            Some(next) if next.is_ascii_alphabetic() || next == '(' => Ok(self.take(1, Token::Not)),
            _ => Err(Failure::new(self.span(1), "`!` stands directly in front of a word or a parenthesis")),
        }
    }

    fn comparison(&mut self, first: char) -> Result<Token, Failure> {
        match (first, self.rest().chars().nth(1)) {
            ('<', Some('=')) => self.wide_operator("<="),
            ('>', Some('=')) => self.wide_operator(">="),
            ('<', Some('>')) => Err(Failure::new(self.span(2), "`<>` is not an operator").suggest("!=")),
            ('<', _) => Ok(self.take(1, Token::Operator("<"))),
            _ => Ok(self.take(1, Token::Operator(">"))),
        }
    }

    /// An operator of two characters: Segment reads one only in front of white space.
    fn wide_operator(&mut self, operator: &'static str) -> Result<Token, Failure> {
        let next = self.rest().chars().nth(2);
        if next.is_none_or(ends_word) {
            return Ok(self.take(2, Token::Operator(operator)));
        }
        if next == Some('=') {
            let failure = Failure::new(self.span(3), format!("`{operator}=` is not an operator"));
            return Err(failure.suggest(operator));
        }
        let failure = Failure::new(self.span(2), format!("`{operator}` needs white space behind it"));
        Err(failure.suggest(format!("{operator} ")))
    }

    fn quoted(&mut self, quote: char) -> Result<Token, Failure> {
        let inside = self.rest().get(1..).unwrap_or_default();
        let Some((text, _)) = inside.split_once(quote) else {
            return Err(Failure::new(
                self.span(1),
                format!("this {quote} is never closed; there are no escapes in a text"),
            ));
        };
        Ok(self.take(text.len() + 2, Token::Text(text.to_owned())))
    }

    fn number(&mut self) -> Result<Token, Failure> {
        let mut end = 1;
        let rest = self.rest();
        for char in rest.chars().skip(1) {
            let signed = matches!(char, '+' | '-') && rest.get(..end).is_some_and(|text| text.ends_with(['e', 'E']));
            if !(char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '\\') || signed) {
                break;
            }
            end += 1;
        }
        let written = rest.get(..end).unwrap_or_default();
        let valid =
            !written.ends_with('.') && !written.contains(|char: char| matches!(char, 'a'..='d' | 'f'..='z' | '_'));
        match written.parse::<f64>() {
            Ok(number) if valid && number.is_finite() => Ok(self.take(end, Token::Number(number))),
            _ if self.text.get(..self.at).is_some_and(|before| before.ends_with('.')) => {
                let failure = Failure::new(self.span(end), "a key that starts with a digit wants a backslash");
                Err(failure.suggest(format!("\\{written}")))
            }
            _ => Err(Failure::new(self.span(end), "this is not a number; a text wants quotes")),
        }
    }

    fn word(&mut self) -> Result<Token, Failure> {
        let start = self.at;
        let mut word = Word { text: String::new(), escaped: false, escaped_dot: false };
        while let Some(char) = self.peek() {
            if char == '\\' {
                self.at += 1;
                let Some(literal) = self.peek() else {
                    let span = Span { start: self.at - 1, end: self.at };
                    return Err(Failure::new(span, "a backslash wants a character behind it"));
                };
                if self.rest().starts_with(HALVES) {
                    let span = Span { start: self.at - 1, end: self.at + HALVES.len() };
                    return Err(Failure::new(span, "these are halves of a character; write a backslash and all of it"));
                }
                word.escaped = true;
                word.escaped_dot |= literal == '.';
                word.text.push(literal);
                self.at += literal.len_utf8();
            } else if char.is_ascii_alphanumeric() || matches!(char, '_' | '-') {
                word.text.push(char);
                self.at += 1;
            } else {
                break;
            }
        }
        self.end_of_word(start)?;
        Ok(self.keyword(word))
    }

    /// Refuses what Segment's lexer refuses behind a word.
    fn end_of_word(&self, start: usize) -> Result<(), Failure> {
        let Some(next) = self.peek() else { return Ok(()) };
        if ends_word(next) || matches!(next, '.' | '(' | '=' | '!' | '[') {
            return Ok(());
        }
        let end = self.at + next.len_utf8();
        let failure = Failure::new(Span { start: self.at, end }, format!("`{next}` cannot follow a word"));
        let word = self.text.get(start..self.at).unwrap_or_default();
        Err(match next {
            '<' | '>' => failure.suggest(format!("{word} {next} ")),
            '$' => failure.suggest("\\$"),
            other if !other.is_ascii() => failure.suggest(format!("\\{other}")),
            _ => failure,
        })
    }

    /// `and`, `or` and `null` are words of the language only in front of white space, a comma or a bracket.
    fn keyword(&self, word: Word) -> Token {
        let ended = self.peek().is_none_or(ends_word);
        match word.text.as_str() {
            "and" | "AND" if !word.escaped && (ended || self.peek() == Some('(')) => Token::Connector(Connector::And),
            "or" | "OR" if !word.escaped && (ended || self.peek() == Some('(')) => Token::Connector(Connector::Or),
            "null" if ended && !word.escaped => Token::Null,
            _ => Token::Word(word),
        }
    }

    fn unknown(&self, char: char) -> Failure {
        Failure::new(self.span(char.len_utf8()), format!("`{char}` means nothing here"))
    }

    fn take(&mut self, bytes: usize, token: Token) -> Token {
        self.at += bytes;
        token
    }

    const fn span(&self, bytes: usize) -> Span {
        Span { start: self.at, end: self.at + bytes }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }
}

const fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r')
}

const fn ends_word(char: char) -> bool {
    is_space(char) || matches!(char, ',' | ']' | ')')
}
