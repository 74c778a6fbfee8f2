//! Objects written member by member from raw text, for the few that cannot stay as they arrived.

use super::{Kind, Value};

/// The text of an object, put together from raw members.
#[derive(Clone)]
pub struct ObjectText {
    text: String,
}

/// Prints the size only: the text holds personal data.
impl std::fmt::Debug for ObjectText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectText").field("bytes", &self.text.len()).finish()
    }
}

impl ObjectText {
    /// An object without members, with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes);
        text.push('{');
        Self { text }
    }

    /// Adds a member; both are JSON texts, the key with its quotes.
    pub fn push(&mut self, key: &str, value: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push_str(key);
        self.text.push(':');
        self.text.push_str(value);
    }

    /// The text.
    pub fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

impl Value<'_> {
    /// The text of an object without the member of that name; `None` where it has no such member or is no object.
    pub fn without_member(self, name: &str) -> Option<String> {
        if self.kind() != Kind::Object || !self.members().any(|(key, _)| key.is_str(name)) {
            return None;
        }
        let mut object = ObjectText::with_capacity(self.raw().len());
        for (key, value) in self.members().filter(|(key, _)| !key.is_str(name)) {
            object.push(key.raw(), value.raw());
        }
        Some(object.finish())
    }
}
