//! The items of a large array, one at a time.

use super::Document;
use super::parser::{JsonError, Parser};

/// Reads a text that is an array item by item, so that no more of it has to be in the index than one item.
pub struct ArrayReader<'t> {
    parser: Parser<'t>,
}

/// Prints nothing of the text.
impl std::fmt::Debug for ArrayReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArrayReader").finish_non_exhaustive()
    }
}

impl<'t> ArrayReader<'t> {
    /// In front of the first item, with the document that the items are read into; `None` where the text is another
    /// value or an empty array.
    pub fn new(text: &'t str) -> Option<(Self, Document<'t>)> {
        let parser = Parser::inside_array(text)?;
        Some((Self { parser }, Document { text: text.into(), nodes: Vec::new(), kept: 0 }))
    }

    /// Reads the next item into the document that came with the reader, and says where it is there; `None` behind the
    /// last one. The document has no value for the array itself.
    ///
    /// # Errors
    /// The first byte that is not JSON, with what was expected there.
    pub fn next(&mut self, document: &mut Document<'t>) -> Result<Option<u32>, JsonError> {
        self.parser.nodes = std::mem::take(&mut document.nodes);
        let item = self.parser.item();
        document.nodes = std::mem::take(&mut self.parser.nodes);
        item
    }
}
