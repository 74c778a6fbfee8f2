//! The rows of a Parquet file, each as a JSON object of what its columns hold.

use std::fs::File;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::reader::RowIter;

/// A file that is read row by row.
pub(super) struct ParquetRows {
    header: Vec<String>,
    rows: RowIter<'static>,
    text: String,
}

impl ParquetRows {
    /// Reads the footer, which says what the columns are.
    pub(super) fn open(file: File) -> Result<Self, ParquetError> {
        let reader = SerializedFileReader::new(file)?;
        let columns = reader.metadata().file_metadata().schema().get_fields();
        let header = columns.iter().map(|column| column.name().to_owned()).collect();
        Ok(Self { header, rows: RowIter::from_file_into(Box::new(reader)), text: String::new() })
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// The next row; none at the end.
    pub(super) fn next(&mut self) -> Option<Result<&str, ParquetError>> {
        match self.rows.next()? {
            Ok(row) => {
                self.text = row.to_json_value().to_string();
                Some(Ok(&self.text))
            }
            Err(error) => Some(Err(error)),
        }
    }
}
