//! The rows of a file: CSV or JSON lines, also packed with gzip or zstd, and Parquet, read as a stream.
//!
//! Knows nothing of what rows mean. Memory does not grow with the file: a row that is longer than it can be ends the
//! reading with its place.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use parquet::errors::ParquetError;

use super::parquet::ParquetRows;

/// The longest row.
const MOST_ROW_BYTES: u64 = 4 * 1024 * 1024;
/// The most lines of one row; more mean that a quote never closes.
const MOST_ROW_LINES: u64 = 1_000;
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
    /// It has no first line.
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
    #[error("{}: row {row} (line {line}): {what}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Its number, from 1.
        row: u64,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
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
    Csv { reader: csv::Reader<Metered>, header: csv::StringRecord, record: csv::StringRecord, meter: Rc<Meter> },
    Json { reader: BufReader<Metered>, line: String, number: u64, first: Option<String>, meter: Rc<Meter> },
    Parquet(Box<ParquetRows>),
}

impl Rows {
    /// Opens a file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::Io { path: path.to_owned(), source };
        let format = format_of(path)?;
        let meter = Rc::<Meter>::default();
        let metered = || unpacked(path).map(|inner| Metered { inner, meter: Rc::clone(&meter) });
        let source = match format {
            Format::Parquet => {
                let unreadable = |source| FileError::Parquet { path: path.to_owned(), source };
                let rows = ParquetRows::open(File::open(path).map_err(failed)?).map_err(unreadable)?;
                Source::Parquet(Box::new(rows))
            }
            Format::Csv => {
                let mut reader =
                    csv::ReaderBuilder::new().flexible(true).buffer_capacity(CHUNK).from_reader(metered()?);
                let header = reader.headers().map_err(|error| csv_error(path, 0, &error))?.clone();
                if header.is_empty() {
                    return Err(FileError::Empty(path.to_owned()));
                }
                let header = header.iter().map(|name| name.trim_start_matches(BOM).trim()).collect();
                Source::Csv { reader, header, record: csv::StringRecord::new(), meter }
            }
            Format::JsonLines => {
                let mut reader = BufReader::with_capacity(CHUNK, metered()?);
                let mut first = String::new();
                reader.by_ref().take(MOST_ROW_BYTES).read_line(&mut first).map_err(failed)?;
                if first.trim().is_empty() {
                    return Err(FileError::Empty(path.to_owned()));
                }
                Source::Json { reader, line: String::new(), number: 0, first: Some(first), meter }
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
            Source::Csv { header, .. } => header.iter().map(str::to_owned).collect(),
            Source::Parquet(rows) => rows.header().to_vec(),
            Source::Json { first, .. } => {
                let text = first.as_deref().unwrap_or_default().trim_start_matches(BOM);
                let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
                object.keys().cloned().collect()
            }
        }
    }

    /// The next row; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, FileError> {
        self.row += 1;
        let (path, row) = (&self.path, self.row);
        match &mut self.source {
            Source::Csv { reader, header, record, meter } => {
                meter.read.set(0);
                let before = reader.position().line();
                let more = reader.read_record(record).map_err(|error| csv_error(path, row, &error))?;
                if !more {
                    return Ok(None);
                }
                let lines = reader.position().line() - before;
                if lines > MOST_ROW_LINES {
                    let what = format!("it has {lines} lines: a quote that never closes?");
                    return Err(FileError::Row { path: path.clone(), row, line: before, what });
                }
                let is_whole = record.len() == header.len();
                // Nothing ends the last row but the end of the file.
                if lines > 1 && meter.is_at_end.get() && (record.len() < header.len() || header.len() == 1) {
                    let what = "a quote in it never closes".to_owned();
                    return Err(FileError::Row { path: path.clone(), row, line: before, what });
                }
                Ok(Some(if is_whole { Row::Values(record) } else { Row::Broken }))
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
            Source::Json { reader, line, number, first, meter } => {
                loop {
                    *number += 1;
                    meter.read.set(0);
                    if let Some(text) = first.take() {
                        *line = text;
                    } else {
                        line.clear();
                        let limited = reader.by_ref().take(MOST_ROW_BYTES).read_line(line);
                        let wrong = |what: String| FileError::Row { path: path.clone(), row, line: *number, what };
                        if limited.map_err(|error| wrong(error.to_string()))? == 0 {
                            return Ok(None);
                        }
                        if is_too_long(line) {
                            return Err(wrong(TOO_LONG.to_owned()));
                        }
                    }
                    if !line.trim_start_matches(BOM).trim().is_empty() {
                        break;
                    }
                }
                let text = line.trim_start_matches(BOM).trim();
                let is_json = tiktok_audiences::json::Document::parse(text).is_ok();
                Ok(Some(if is_json { Row::Json(text) } else { Row::Broken }))
            }
        }
    }
}

/// What some tools put before the first header.
const BOM: char = '\u{feff}';

const TOO_LONG: &str = "it is longer than 4 MB: a quote that never closes, or no line breaks?";

fn is_too_long(row: &str) -> bool {
    u64::try_from(row.len()).is_ok_and(|length| length >= MOST_ROW_BYTES)
}

fn csv_error(path: &Path, row: u64, error: &csv::Error) -> FileError {
    let line = error.position().map_or(row + 1, csv::Position::line);
    let what = if let csv::ErrorKind::Utf8 { err, .. } = error.kind() {
        format!("column {} is not UTF-8", err.field() + 1)
    } else {
        error.to_string()
    };
    FileError::Row { path: path.to_owned(), row, line, what }
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

/// The content of a file, by its first bytes.
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
    /// Whether more was asked for than there is.
    is_at_end: Cell<bool>,
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
        self.meter.is_at_end.set(read == 0);
        Ok(read)
    }
}
