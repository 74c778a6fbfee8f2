//! The rows of CSV: what stands between their values, and quotes that never close.
//!
//! The library takes what follows a closing quote as text, and the end of a file as a closing quote, so that a quote that
//! is left open would swallow the people behind it. Here that is an error with its place.

use std::io::{self, BufRead, Chain, Cursor, Read};

use super::file::Row;

/// The most lines of one row; more mean that a quote never closes.
const MOST_ROW_LINES: u64 = 1_000;
/// Where a header is looked for what stands between its names.
const MOST_HEADER_BYTES: u64 = 1024 * 1024;
/// How much is read at once.
const CHUNK: usize = 256 * 1024;
/// What some tools put before the first header.
pub(super) const BOM: char = '\u{feff}';
/// What Excel calls the sign between the values in a line before the header.
const SEPARATOR: &str = "sep=";

/// Why a row cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{} (line {line}): {what}", if *row == 0 { "the header".to_owned() } else { format!("row {row}") })]
pub(crate) struct RowError {
    /// Its number, from 1; that of the header is 0.
    pub(super) row: u64,
    /// Its line, from 1.
    pub(super) line: u64,
    /// What is wrong.
    pub(super) what: String,
}

/// Why a text has no rows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HeaderError {
    /// The system says so.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no header.
    #[error(transparent)]
    Row(#[from] RowError),
}

/// The rows of a text, one after the other.
pub(crate) struct CsvRows<R> {
    reader: csv::Reader<Quotes<Chain<Cursor<Vec<u8>>, R>>>,
    header: csv::StringRecord,
    record: csv::StringRecord,
    row: u64,
    /// The lines before the header.
    lines_before: u64,
}

impl<R: BufRead> CsvRows<R> {
    /// Reads the header; it is empty where the text is.
    pub(crate) fn open(mut text: R) -> Result<Self, HeaderError> {
        let Head { start, delimiter, lines_before } = Head::read(&mut text)?;
        let quotes = Quotes::new(Cursor::new(start).chain(text), delimiter);
        let reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(delimiter)
            .buffer_capacity(CHUNK)
            .from_reader(quotes);
        let (header, record) = (csv::StringRecord::new(), csv::StringRecord::new());
        let mut rows = Self { reader, header, record, row: 0, lines_before };
        if rows.read()? {
            rows.header = rows.record.iter().map(|name| name.trim_start_matches(BOM).trim()).collect();
        }
        Ok(rows)
    }

    /// The names of the columns.
    pub(crate) const fn header(&self) -> &csv::StringRecord {
        &self.header
    }

    /// The next row; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, RowError> {
        self.row += 1;
        if !self.read()? {
            return Ok(None);
        }
        let is_whole = self.record.len() == self.header.len();
        Ok(Some(if is_whole { Row::Values(&self.record) } else { Row::Broken }))
    }

    /// Reads one row; whether there is any.
    fn read(&mut self) -> Result<bool, RowError> {
        let (row, line, lines_before) = (self.row, self.reader.position().line(), self.lines_before);
        let wrong = |line: u64, what: String| Err(RowError { row, line: line + lines_before, what });
        match self.reader.read_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => return wrong(error.position().map_or(line, csv::Position::line), sentence(&error)),
        }
        let end = self.reader.position();
        let lines = end.line() - line;
        if lines > MOST_ROW_LINES {
            return wrong(line, format!("it has {lines} lines: a quote that never closes?"));
        }
        if self.reader.get_ref().never_closes(end.byte()) {
            return wrong(line, "a quote in it never closes".to_owned());
        }
        Ok(true)
    }
}

fn sentence(error: &csv::Error) -> String {
    if let csv::ErrorKind::Utf8 { err, .. } = error.kind() {
        format!("column {} is not UTF-8; save the file as UTF-8", err.field() + 1)
    } else {
        error.to_string()
    }
}

/// The beginning of a text up to the end of its header's first line.
struct Head {
    start: Vec<u8>,
    delimiter: u8,
    lines_before: u64,
}

impl Head {
    /// Leaves out blank lines and that of Excel, which says what stands between the values.
    fn read(text: &mut impl BufRead) -> io::Result<Self> {
        let (mut stated, mut lines_before, mut start) = (None, 0, Vec::new());
        loop {
            start.clear();
            let read = text.by_ref().take(MOST_HEADER_BYTES).read_until(b'\n', &mut start)?;
            if lines_before == 0 {
                let own = start.strip_prefix(BOM.to_string().as_bytes()).map(<[u8]>::to_vec);
                start = own.unwrap_or(start);
            }
            let separator = stated.is_none().then(|| separator(&start)).flatten();
            if read == 0 || (separator.is_none() && !start.trim_ascii().is_empty()) {
                let delimiter = stated.unwrap_or_else(|| delimiter(&start));
                return Ok(Self { start, delimiter, lines_before });
            }
            stated = stated.or(separator);
            lines_before += 1;
        }
    }
}

/// What a line such as `sep=;` says.
fn separator(line: &[u8]) -> Option<u8> {
    let line = std::str::from_utf8(line).ok()?.trim_end_matches(['\r', '\n']).trim_matches('"');
    let (name, sign) = line.split_at_checked(SEPARATOR.len())?;
    let [sign] = sign.as_bytes() else { return None };
    (name.eq_ignore_ascii_case(SEPARATOR) && sign.is_ascii() && !sign.is_ascii_alphanumeric()).then_some(*sign)
}

/// What stands between the names of a header: the comma, or where it has none outside of quotes, what spreadsheets write
/// in other countries, whichever it has most of.
fn delimiter(header: &[u8]) -> u8 {
    let mut is_quoted = false;
    let mut counts = [(b'|', 0_usize), (b'\t', 0), (b';', 0), (b',', 0)];
    for byte in header.iter().take_while(|byte| !b"\r\n".contains(byte)) {
        is_quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| delimiter == byte && !is_quoted) {
            *count += 1;
        }
    }
    let [others @ .., (comma, commas)] = counts;
    let most = others.into_iter().max_by_key(|(_, count)| *count);
    most.filter(|(_, count)| commas == 0 && *count > 0).map_or(comma, |(delimiter, _)| delimiter)
}

/// Where a value is.
#[derive(Clone, Copy)]
enum State {
    /// Nothing of it was read.
    Start,
    /// In it, and what it holds is not quoted.
    Plain,
    /// Between its quotes.
    Quoted,
    /// Behind a quote that closes it, unless another one follows.
    Closed,
}

/// Reads as the library does, and looks for quotes that are left open.
struct Quotes<R> {
    inner: R,
    delimiter: u8,
    state: State,
    /// Whether the value that is quoted has a line break.
    is_broken: bool,
    /// Bytes that were read.
    read: u64,
    /// Where the first text follows a quote that closes a value of several lines: that quote opened another one.
    torn: Option<u64>,
    /// Whether the text ends between quotes.
    ends_open: bool,
}

impl<R> Quotes<R> {
    const fn new(inner: R, delimiter: u8) -> Self {
        Self { inner, delimiter, state: State::Start, is_broken: false, read: 0, torn: None, ends_open: false }
    }

    /// Whether a quote is left open in what was read until there, which is the end of a row.
    fn never_closes(&self, end: u64) -> bool {
        // The end of the text is met in its last row only.
        self.ends_open || self.torn.is_some_and(|torn| torn < end)
    }

    fn look(&mut self, byte: u8) {
        let is_line_break = matches!(byte, b'\r' | b'\n');
        let is_end = is_line_break || byte == self.delimiter;
        self.state = match self.state {
            State::Start if byte == b'"' => {
                self.is_broken = false;
                State::Quoted
            }
            State::Quoted if byte == b'"' => State::Closed,
            State::Quoted => {
                self.is_broken |= is_line_break;
                State::Quoted
            }
            State::Closed if byte == b'"' => State::Quoted,
            State::Start | State::Plain | State::Closed if is_end => State::Start,
            State::Closed => {
                if self.is_broken {
                    self.torn.get_or_insert(self.read);
                }
                State::Plain
            }
            State::Start | State::Plain => State::Plain,
        };
        self.read += 1;
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        buffer.iter().take(read).for_each(|byte| self.look(*byte));
        self.ends_open = read == 0 && matches!(self.state, State::Quoted);
        Ok(read)
    }
}
