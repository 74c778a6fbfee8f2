//! The rows of a file: CSV or JSON lines, also packed with gzip or zstd or in UTF-16, and Parquet, read as a stream.
//!
//! Knows nothing of what rows mean. Memory does not grow with the file: a row that is longer than it can be ends the
//! reading with its place.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use parquet::errors::ParquetError;

use super::csv::{BOM, CsvRows, HeaderError, RowError};
use super::parquet::ParquetRows;
use super::utf16::{Order, Utf16};

/// The longest row.
const MOST_ROW_BYTES: u64 = 4 * 1024 * 1024;
/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// Why a file cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The system says so.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is packed or written in a way that is not read.
    #[error("{}: {expected}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What would be.
        expected: &'static str,
    },
    /// It has no line that is not blank.
    #[error("{}: the file is empty", .0.display())]
    Empty(PathBuf),
    /// It is named as Parquet and is none.
    #[error("{}: it cannot be read as Parquet: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
    /// A row of Parquet cannot be read.
    #[error("{}: row {row}: {what}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Its number, from 1.
        row: u64,
        /// What is wrong.
        what: String,
    },
    /// A row cannot be read.
    #[error("{}: {source}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Which one, and why.
        source: RowError,
    },
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// With a header.
    Csv,
    /// An object per line.
    JsonLines,
    /// In columns.
    Parquet,
}

/// One row.
#[derive(Debug)]
pub(crate) enum Row<'r> {
    /// The values of a CSV row, in the order of the header.
    Values(&'r csv::StringRecord),
    /// An object as JSON.
    Json(&'r str),
    /// A row that has more or fewer values than the header, or is no JSON.
    Broken,
}

/// The rows of a file, one after the other.
pub(crate) struct Rows {
    path: PathBuf,
    row: u64,
    source: Source,
}

enum Source {
    Csv {
        rows: CsvRows<BufReader<Metered>>,
        meter: Rc<Meter>,
    },
    /// The first line is read with the header.
    Json {
        lines: Lines,
        is_ahead: bool,
    },
    Parquet(Box<ParquetRows>),
}

impl Rows {
    /// Opens a file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::Io { path: path.to_owned(), source };
        let format = format_of(path)?;
        let meter = Rc::<Meter>::default();
        let metered = || {
            let inner = content(path)?;
            Ok(BufReader::with_capacity(CHUNK, Metered { inner, meter: Rc::clone(&meter) }))
        };
        let source = match format {
            Format::Parquet => {
                let unreadable = |source| FileError::Parquet { path: path.to_owned(), source };
                let rows = ParquetRows::open(File::open(path).map_err(failed)?).map_err(unreadable)?;
                Source::Parquet(Box::new(rows))
            }
            Format::Csv => {
                let rows = CsvRows::open(metered()?).map_err(|error| match error {
                    HeaderError::Io(source) => failed(source),
                    HeaderError::Row(source) => FileError::Row { path: path.to_owned(), source },
                })?;
                if rows.header().is_empty() {
                    return Err(FileError::Empty(path.to_owned()));
                }
                Source::Csv { rows, meter }
            }
            Format::JsonLines => {
                let mut lines = Lines { reader: metered()?, line: String::new(), number: 0, meter };
                if !lines.next(path, 1)? {
                    return Err(FileError::Empty(path.to_owned()));
                }
                Source::Json { lines, is_ahead: true }
            }
        };
        Ok(Self { path: path.to_owned(), row: 0, source })
    }

    /// How the file is written.
    pub(crate) const fn format(&self) -> Format {
        match self.source {
            Source::Csv { .. } => Format::Csv,
            Source::Json { .. } => Format::JsonLines,
            Source::Parquet(_) => Format::Parquet,
        }
    }

    /// The names of the columns; of JSON lines those of the first one.
    pub(crate) fn header(&self) -> Vec<String> {
        match &self.source {
            Source::Csv { rows, .. } => rows.header().iter().map(str::to_owned).collect(),
            Source::Parquet(rows) => rows.header().to_vec(),
            Source::Json { lines, .. } => {
                let object: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(lines.text()).unwrap_or_default();
                object.keys().cloned().collect()
            }
        }
    }

    /// The next row; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, FileError> {
        self.row += 1;
        let (path, row) = (&self.path, self.row);
        match &mut self.source {
            Source::Csv { rows, meter } => {
                meter.read.set(0);
                rows.next().map_err(|source| FileError::Row { path: path.clone(), source })
            }
            Source::Parquet(rows) => {
                let wrong = |what: String| FileError::Record { path: path.clone(), row, what };
                match rows.next() {
                    None => Ok(None),
                    Some(Err(error)) => Err(wrong(error.to_string())),
                    Some(Ok(text)) if is_too_long(text) => Err(wrong("it is longer than 4 MB".to_owned())),
                    Some(Ok(text)) => Ok(Some(Row::Json(text))),
                }
            }
            Source::Json { lines, is_ahead } => {
                if !std::mem::take(is_ahead) && !lines.next(path, row)? {
                    return Ok(None);
                }
                let text = lines.text();
                let is_json = tiktok_audiences::json::Document::parse(text).is_ok();
                Ok(Some(if is_json { Row::Json(text) } else { Row::Broken }))
            }
        }
    }
}

/// Lines that are not blank.
struct Lines {
    reader: BufReader<Metered>,
    line: String,
    number: u64,
    meter: Rc<Meter>,
}

impl Lines {
    /// Reads the next one, which is that of a row; whether there is any.
    fn next(&mut self, path: &Path, row: u64) -> Result<bool, FileError> {
        loop {
            self.number += 1;
            self.meter.read.set(0);
            self.line.clear();
            let line = self.number;
            let wrong = |what: String| FileError::Row { path: path.to_owned(), source: RowError { row, line, what } };
            let read = self.reader.by_ref().take(MOST_ROW_BYTES).read_line(&mut self.line);
            if read.map_err(|error| wrong(error.to_string()))? == 0 {
                return Ok(false);
            }
            if is_too_long(&self.line) {
                return Err(wrong(TOO_LONG.to_owned()));
            }
            if !self.text().is_empty() {
                return Ok(true);
            }
        }
    }

    /// The line that was read last.
    fn text(&self) -> &str {
        self.line.trim_start_matches(BOM).trim()
    }
}

const TOO_LONG: &str = "it is longer than 4 MB: a quote that never closes, or no line breaks?";

fn is_too_long(row: &str) -> bool {
    u64::try_from(row.len()).is_ok_and(|length| length >= MOST_ROW_BYTES)
}

/// The format that a name ends in.
fn format_of(path: &Path) -> Result<Format, FileError> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let plain = [".gz", ".zst", ".zstd"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let expected = match plain.rsplit('.').next().unwrap_or_default() {
        "csv" => return Ok(Format::Csv),
        "jsonl" | "ndjson" => return Ok(Format::JsonLines),
        "parquet" if plain == name => return Ok(Format::Parquet),
        "parquet" => "Parquet is packed in itself: a file of it is .parquet alone",
        _ => "a list is .csv, .jsonl or .ndjson, each also with .gz or .zst, or .parquet",
    };
    Err(format_error(path, expected))
}

fn format_error(path: &Path, expected: &'static str) -> FileError {
    FileError::Format { path: path.to_owned(), expected }
}

fn ends_in(path: &Path, ends: &[&str]) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    ends.iter().any(|end| name.ends_with(end))
}

/// The content of a file as UTF-8.
fn content(path: &Path) -> Result<Box<dyn Read>, FileError> {
    let failed = |source| FileError::Io { path: path.to_owned(), source };
    let mut content = BufReader::with_capacity(CHUNK, unpacked(path)?);
    Ok(match Order::of(content.fill_buf().map_err(failed)?) {
        Some(order) => Box::new(Utf16::new(content, order)),
        None => Box::new(content),
    })
}

/// The bytes of a file, by its first ones.
fn unpacked(path: &Path) -> Result<Box<dyn Read>, FileError> {
    let failed = |source| FileError::Io { path: path.to_owned(), source };
    let mut file = BufReader::with_capacity(CHUNK, File::open(path).map_err(failed)?);
    let start = file.fill_buf().map_err(failed)?;
    Ok(match start {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::stream::read::Decoder::with_buffer(file).map_err(failed)?),
        [_, ..] if ends_in(path, &[".gz"]) => return Err(format_error(path, "it is named as gzip and is none")),
        [_, ..] if ends_in(path, &[".zst", ".zstd"]) => {
            return Err(format_error(path, "it is named as zstd and is none"));
        }
        _ => Box::new(file),
    })
}

/// What is known of the reading of a file.
#[derive(Default)]
struct Meter {
    /// Bytes that were read for the row.
    read: Cell<u64>,
}

/// Counts what is read, so that one row can't fill the memory.
struct Metered {
    inner: Box<dyn Read>,
    meter: Rc<Meter>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.meter.read.get() > MOST_ROW_BYTES {
            return Err(io::Error::other(TOO_LONG));
        }
        let read = self.inner.read(buffer)?;
        self.meter.read.set(self.meter.read.get() + u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}
