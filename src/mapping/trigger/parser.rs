//! From tokens to a condition.
//!
//! Knows the grammar and what Segment accepts beyond it; what a subject, an operator and a value mean together is
//! decided in [`mod@test`].

mod test;

use super::Condition;
use super::error::{Failure, Remark, Span, TriggerError, remark};
use super::lexer::{Connector, Token, Word, tokens};
use super::subject::WORDS;

/// How deep parentheses and negations may be nested.
const MAX_DEPTH: usize = 50;

/// Reads a trigger and what is odd about it.
pub(super) fn parse(text: &str) -> Result<(Condition, Vec<Remark>), TriggerError> {
    let mut parser = Parser {
        text,
        tokens: tokens(text).map_err(|failure| failure.in_text(text))?,
        at: 0,
        depth: 0,
        remarks: Vec::new(),
    };
    let condition = parser.group(None).map_err(|failure| failure.in_text(text))?;
    Ok((condition, parser.remarks))
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
    remarks: Vec<Remark>,
}

/// A group that is being read.
#[derive(Default)]
struct Group {
    parts: Vec<Condition>,
    /// The group's connector.
    connector: Option<Connector>,
    /// A connector that no part has followed yet.
    pending: Option<Span>,
}

impl Parser<'_> {
    /// Reads conditions up to the closing parenthesis of `open`, or to the end of the text.
    fn group(&mut self, open: Option<Span>) -> Result<Condition, Failure> {
        let mut group = Group::default();
        loop {
            let (token, span) = self.peek();
            match (token, open) {
                (Token::End, None) => break,
                (Token::End, Some(open)) => return Err(Failure::new(open, "this parenthesis is never closed")),
                (Token::Close, Some(_)) => {
                    self.at += 1;
                    break;
                }
                (Token::Close, None) => {
                    self.remark(span, "this parenthesis closes nothing and is ignored");
                    self.at += 1;
                }
                (Token::Connector(connector), _) => self.connector(&mut group, connector, span)?,
                _ => self.part(&mut group)?,
            }
        }
        self.finish(group, open)
    }

    fn connector(&mut self, group: &mut Group, connector: Connector, span: Span) -> Result<(), Failure> {
        if group.connector.is_some_and(|earlier| earlier != connector) {
            return Err(Failure::new(span, "`and` and `or` side by side can be read in two ways; set parentheses"));
        }
        if group.parts.is_empty() || group.pending.is_some() {
            self.remark(span, "this word joins nothing and is ignored");
        }
        group.connector = Some(connector);
        group.pending = Some(span);
        self.at += 1;
        Ok(())
    }

    fn part(&mut self, group: &mut Group) -> Result<(), Failure> {
        let (_, span) = self.peek();
        if !group.parts.is_empty() && group.pending.is_none() {
            if group.connector == Some(Connector::Or) {
                return Err(Failure::new(span, "a connector is missing in front of this").suggest("or"));
            }
            self.remark(span, "a connector is missing in front of this; it is read as `and`");
            group.connector = Some(Connector::And);
        }
        group.pending = None;
        let part = self.condition()?;
        group.parts.push(part);
        Ok(())
    }

    fn finish(&mut self, group: Group, open: Option<Span>) -> Result<Condition, Failure> {
        let Group { mut parts, connector, pending } = group;
        if let (Some(span), false) = (pending, parts.is_empty()) {
            self.remark(span, "this word joins nothing and is ignored");
        }
        match parts.len() {
            0 => {
                let (_, end) = self.peek();
                let span = open.unwrap_or(Span { start: 0, end: end.start });
                Err(Failure::new(span, "there is no condition here").suggest("type = \"track\""))
            }
            1 => Ok(parts.remove(0)),
            _ if connector == Some(Connector::Or) => Ok(Condition::Any(parts)),
            _ => Ok(Condition::All(parts)),
        }
    }

    fn condition(&mut self) -> Result<Condition, Failure> {
        let (token, span) = self.next();
        match token {
            Token::Open => self.nested(span, |parser| parser.group(Some(span))),
            Token::Not if self.at_function() => {
                let (name, span) = self.next();
                self.function(&name, span, false)
            }
            Token::Not => self.negation(span),
            Token::Word(word) if is_not(&word) && self.at_condition() => self.negation(span),
            Token::Word(ref word) if self.peek().0 == Token::Open => {
                if is_function(word) {
                    self.function(&token, span, true)
                } else {
                    Err(unknown_function(word, span))
                }
            }
            Token::Word(word) => self.test(word, span),
            Token::Bracket => Err(Failure::new(span, "brackets are part of a key only behind a backslash")),
            Token::Text(_) | Token::Number(_) | Token::Null => {
                Err(Failure::new(span, "a condition starts with what it is about, like `event`, not with a value"))
            }
            Token::Operator(_) | Token::Connector(_) | Token::Dot | Token::Comma | Token::Close | Token::End => {
                Err(Failure::new(span, "a condition is missing here"))
            }
        }
    }

    fn negation(&mut self, span: Span) -> Result<Condition, Failure> {
        let part = self.nested(span, Self::condition)?;
        Ok(Condition::Not(Box::new(part)))
    }

    fn nested(
        &mut self,
        span: Span,
        read: impl FnOnce(&mut Self) -> Result<Condition, Failure>,
    ) -> Result<Condition, Failure> {
        if self.depth == MAX_DEPTH {
            return Err(Failure::new(span, format!("conditions are nested at most {MAX_DEPTH} deep")));
        }
        self.depth += 1;
        let condition = read(self)?;
        self.depth -= 1;
        Ok(condition)
    }

    /// Whether `contains(` or `match(` comes next.
    fn at_function(&self) -> bool {
        matches!(self.peek().0, Token::Word(word) if is_function(&word)) && self.peek_at(1) == Token::Open
    }

    /// Whether something that a condition starts with comes next.
    fn at_condition(&self) -> bool {
        matches!(self.peek().0, Token::Word(_) | Token::Open | Token::Not)
    }

    fn remark(&mut self, span: Span, message: &str) {
        self.remarks.push(remark(self.text, span, message));
    }

    fn peek(&self) -> (Token, Span) {
        self.tokens.get(self.at).cloned().unwrap_or((Token::End, Span { start: self.text.len(), end: self.text.len() }))
    }

    fn peek_at(&self, ahead: usize) -> Token {
        self.tokens.get(self.at + ahead).map_or(Token::End, |(token, _)| token.clone())
    }

    fn next(&mut self) -> (Token, Span) {
        let next = self.peek();
        self.at += 1;
        next
    }
}

fn is_not(word: &Word) -> bool {
    !word.escaped && matches!(word.text.as_str(), "not" | "NOT")
}

fn is_function(word: &Word) -> bool {
    matches!(word.text.as_str(), "contains" | "match")
}

fn unknown_function(word: &Word, span: Span) -> Failure {
    let name = &word.text;
    if WORDS.contains(&name.as_str()) {
        return Failure::new(span, format!("an operator is missing behind `{name}`"));
    }
    let known = ["contains", "match"];
    Failure::new(span, format!("there is no function `{name}`, only `contains` and `match`")).nearest(name, known)
}
