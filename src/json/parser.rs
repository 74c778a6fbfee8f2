//! From text to index, in one pass and without recursion.

use super::kind::Kind;
use super::node::Node;
use super::strings::{Stop, Strings};

/// How deep arrays and objects may be nested.
pub const MAX_DEPTH: usize = 64;

/// Average bytes of text per node in dense CDP events, to size the index at once.
const BYTES_PER_NODE: usize = 11;

/// Where a text stops being JSON. Prints the place and what was expected, never the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON at byte {offset}: {reason}")]
pub struct JsonError {
    /// Bytes from the start of the text.
    pub offset: usize,
    /// What is wrong there.
    pub reason: JsonErrorKind,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonErrorKind {
    /// The text ends in the middle of a value, or is empty.
    #[error("the text ends here")]
    UnexpectedEnd,
    /// No value starts like this.
    #[error("expected a value")]
    ExpectedValue,
    /// An object's member starts with something else than a string.
    #[error("expected a key in double quotes")]
    ExpectedKey,
    /// The colon behind a key is missing.
    #[error("expected a colon")]
    ExpectedColon,
    /// A value is followed by something else than a comma or the end of its array or object.
    #[error("expected a comma or the end of the array or object")]
    ExpectedCommaOrEnd,
    /// A number like `01`, `1.` or `-`.
    #[error("expected digits")]
    BadNumber,
    /// A backslash followed by something that JSON does not know.
    #[error("unknown escape")]
    BadEscape,
    /// A raw control character inside a string.
    #[error("control character in a string")]
    ControlCharacter,
    /// Something follows the value.
    #[error("expected the end of the text")]
    TrailingText,
    /// More than [`MAX_DEPTH`] levels.
    #[error("nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// More than 256 MB.
    #[error("the text is too large")]
    TooLarge,
}

type Parsed<T> = Result<T, JsonError>;

/// Parses a whole text into its nodes, in order of appearance.
pub(super) fn index(text: &str) -> Parsed<Vec<Node>> {
    if text.len() > Node::MAX_LENGTH as usize {
        return Err(JsonError { offset: 0, reason: JsonErrorKind::TooLarge });
    }
    let mut parser = Parser::new(text.as_bytes());
    parser.nodes = Vec::with_capacity(text.len() / BYTES_PER_NODE + 2);
    parser.document()?;
    Ok(parser.nodes)
}

pub(super) struct Parser<'t> {
    bytes: &'t [u8],
    at: usize,
    strings: Strings<'t>,
    pub(super) nodes: Vec<Node>,
    /// Positions of the arrays and objects that are open.
    open: [u32; MAX_DEPTH],
    /// Which of these are objects: a bit each.
    objects: u64,
    depth: usize,
}

/// What comes behind a value.
enum After {
    Value,
    End,
}

impl<'t> Parser<'t> {
    fn new(bytes: &'t [u8]) -> Self {
        let strings = Strings::new(bytes);
        Self { bytes, at: 0, strings, nodes: Vec::new(), open: [0; MAX_DEPTH], objects: 0, depth: 0 }
    }

    /// Inside of the array that a text is, in front of its first item; `None` where it is another value, an empty array
    /// or too long.
    pub(super) fn inside_array(text: &'t str) -> Option<Self> {
        let mut parser = Self::new(text.as_bytes());
        if text.len() > Node::MAX_LENGTH as usize || parser.token() != Some(b'[') {
            return None;
        }
        (parser.at, parser.depth) = (parser.at + 1, 1);
        if parser.token() == Some(b']') { None } else { Some(parser) }
    }
}

impl Parser<'_> {
    fn document(&mut self) -> Parsed<()> {
        self.whole_value(0)?;
        self.end_of_text()
    }

    /// Reads the next item of the array that the parser is inside of, and where it is; `None` behind the last one.
    pub(super) fn item(&mut self) -> Parsed<Option<u32>> {
        if self.depth == 0 {
            return Ok(None);
        }
        let position = self.position();
        self.whole_value(1)?;
        match self.token() {
            Some(b',') => self.at += 1,
            Some(b']') => {
                (self.at, self.depth) = (self.at + 1, 0);
                self.end_of_text()?;
            }
            Some(_) => return Err(self.error(JsonErrorKind::ExpectedCommaOrEnd)),
            None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
        }
        Ok(Some(position))
    }

    /// Reads a value that stands at this depth, with all that is in it.
    fn whole_value(&mut self, depth: usize) -> Parsed<()> {
        loop {
            if self.value()? {
                continue;
            }
            if matches!(self.after_value(depth)?, After::End) {
                return Ok(());
            }
        }
    }

    fn end_of_text(&mut self) -> Parsed<()> {
        self.skip_space();
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.error(JsonErrorKind::TrailingText)) }
    }

    /// Reads a value; true when it is an array or object that was opened and whose first value comes next. An object's
    /// first member may have been read too.
    fn value(&mut self) -> Parsed<bool> {
        match self.token() {
            Some(b'"') => self.string()?,
            Some(b'{') => return self.open(Kind::Object, b'}'),
            Some(b'[') => return self.open(Kind::Array, b']'),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal("true", Kind::Bool)?,
            Some(b'f') => self.literal("false", Kind::Bool)?,
            Some(b'n') => self.literal("null", Kind::Null)?,
            Some(_) => return Err(self.error(JsonErrorKind::ExpectedValue)),
            None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
        }
        Ok(false)
    }

    fn open(&mut self, kind: Kind, close: u8) -> Parsed<bool> {
        let position = self.position();
        self.push(Node::new(kind, offset(self.at), 0));
        self.at += 1;
        if self.token() == Some(close) {
            self.at += 1;
            self.finish(position, kind);
            return Ok(false);
        }
        let Some(slot) = self.open.get_mut(self.depth) else { return Err(self.error(JsonErrorKind::TooDeep)) };
        *slot = position;
        let bit = 1 << self.depth;
        self.objects = if kind == Kind::Object { self.objects | bit } else { self.objects & !bit };
        self.depth += 1;
        let is_first_read = kind == Kind::Object && self.key()?;
        Ok(!is_first_read)
    }

    /// Closes what ends here, down to this depth, and steps over the comma to the next value.
    fn after_value(&mut self, depth: usize) -> Parsed<After> {
        while self.depth > depth {
            let innermost = self.depth - 1;
            let is_object = self.objects & (1 << innermost) != 0;
            match self.token() {
                Some(b',') => {
                    self.at += 1;
                    if is_object && self.key()? {
                        continue;
                    }
                    return Ok(After::Value);
                }
                Some(b'}') if is_object => {}
                Some(b']') if !is_object => {}
                Some(_) => return Err(self.error(JsonErrorKind::ExpectedCommaOrEnd)),
                None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
            }
            self.at += 1;
            self.depth = innermost;
            let position = self.open.get(innermost).copied().unwrap_or_default();
            self.finish(position, if is_object { Kind::Object } else { Kind::Array });
        }
        Ok(After::End)
    }

    /// Reads a key and, where both are written as machines write them, its text and the members behind it that are texts
    /// as well. True when the last key's value was read too.
    fn key(&mut self) -> Parsed<bool> {
        loop {
            match self.token() {
                Some(b'"') => self.string()?,
                Some(_) => return Err(self.error(JsonErrorKind::ExpectedKey)),
                None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
            }
            if !self.stands_at(*b":\"") {
                break;
            }
            self.at += 1;
            self.string()?;
            if !self.stands_at(*b",\"") {
                return Ok(true);
            }
            self.at += 1;
        }
        match self.token() {
            Some(b':') => self.at += 1,
            Some(_) => return Err(self.error(JsonErrorKind::ExpectedColon)),
            None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
        }
        Ok(false)
    }

    /// Whether these two bytes come next.
    #[inline]
    fn stands_at(&self, pair: [u8; 2]) -> bool {
        self.bytes.get(self.at..self.at + 2) == Some(&pair)
    }

    /// Reads a string, from its quote on.
    #[inline]
    fn string(&mut self) -> Parsed<()> {
        let start = self.at + 1;
        match self.strings.plain_end(start) {
            Some(end) => self.plain_string(start, end),
            None => return self.long_string(start),
        }
        Ok(())
    }

    /// Reads a string of several blocks, or with more in it than plain text.
    #[inline(never)]
    fn long_string(&mut self, start: usize) -> Parsed<()> {
        self.at = self.strings.skip_plain(start);
        if let Some(end) = self.strings.plain_end(self.at) {
            self.plain_string(start, end);
            return Ok(());
        }
        let mut is_escaped = false;
        loop {
            let Stop { at, has_escapes, is_unusual } = self.strings.stop(self.at);
            self.at = at;
            is_escaped |= has_escapes;
            match self.peek() {
                _ if is_unusual => self.escape()?,
                Some(b'"') => break,
                Some(_) => return Err(self.error(JsonErrorKind::ControlCharacter)),
                None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
            }
        }
        self.push(Node::string(offset(start), offset(self.at - start), is_escaped));
        self.at += 1;
        Ok(())
    }

    /// Keeps a string without escapes whose closing quote is at `end`.
    fn plain_string(&mut self, start: usize, end: usize) {
        self.push(Node::string(offset(start), offset(end - start), false));
        self.at = end + 1;
    }

    /// Steps over an escape, from the byte behind its backslash.
    fn escape(&mut self) -> Parsed<()> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    match self.peek() {
                        Some(digit) if digit.is_ascii_hexdigit() => self.at += 1,
                        Some(_) => return Err(self.error(JsonErrorKind::BadEscape)),
                        None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
                    }
                }
            }
            Some(_) => return Err(self.error(JsonErrorKind::BadEscape)),
            None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
        }
        Ok(())
    }

    fn number(&mut self) -> Parsed<()> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        self.push(Node::new(Kind::Number, offset(start), offset(self.at - start)));
        Ok(())
    }

    /// Steps over one digit or more.
    fn digits(&mut self) -> Parsed<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.error(JsonErrorKind::BadNumber)) } else { Ok(()) }
    }

    fn literal(&mut self, word: &str, kind: Kind) -> Parsed<()> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) != Some(word.as_bytes()) {
            return Err(self.error(JsonErrorKind::ExpectedValue));
        }
        let start = self.at;
        self.at = end;
        self.push(Node::new(kind, offset(start), offset(self.at - start)));
        Ok(())
    }

    fn push(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// Ends an array or object behind its closing bracket.
    fn finish(&mut self, position: u32, kind: Kind) {
        let end = Node::new(Kind::Null, offset(self.at), 0);
        self.push(end);
        let length = self.position() - 1 - position;
        if let Some(node) = self.nodes.get_mut(position as usize) {
            *node = Node::new(kind, node.start, length);
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are no more nodes than bytes, and an array or object has two of both"
    )]
    fn position(&self) -> u32 {
        self.nodes.len() as u32
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte that is no space, where the parser stands from now on.
    #[inline]
    fn token(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        if byte > b' ' {
            return Some(byte);
        }
        self.skip_space();
        self.peek()
    }

    #[inline(never)]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    const fn error(&self, reason: JsonErrorKind) -> JsonError {
        JsonError { offset: self.at, reason }
    }
}

/// A number of bytes of a text that was let in.
#[expect(clippy::cast_possible_truncation, reason = "texts that are too long for it are refused")]
const fn offset(bytes: usize) -> u32 {
    bytes as u32
}
