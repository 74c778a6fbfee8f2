//! The fields of a mapping, filled from one event.

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

use super::Field;

/// Fields with their values, cleaned and converted. A blank field is absent.
#[derive(Clone, Default)]
pub struct Filled<'e> {
    contents: SmallVec<[(Field, Content<'e>); 8]>,
}

/// Prints the fields' names only: the values may be personal data.
impl fmt::Debug for Filled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.contents.iter().map(|(field, _)| field.name())).finish()
    }
}

impl<'e> Filled<'e> {
    /// The text of a field; of several texts the first.
    pub fn text(&self, field: Field) -> Option<&str> {
        self.texts(field).next()
    }

    /// The texts of a field: none, one, or one per item of an array.
    pub fn texts(&self, field: Field) -> impl ExactSizeIterator<Item = &str> {
        let texts: &[Cow<'e, str>] = match self.content(field) {
            Some(Content::Text(text)) => std::slice::from_ref(text),
            Some(Content::Texts(texts) | Content::TextsAndOthers(texts, _)) => texts,
            Some(Content::Boolean(_)) | None => &[],
        };
        texts.iter().map(AsRef::as_ref)
    }

    /// How many values of a field are no texts.
    pub fn others(&self, field: Field) -> usize {
        match self.content(field) {
            Some(Content::TextsAndOthers(_, others)) => *others,
            Some(Content::Text(_) | Content::Texts(_) | Content::Boolean(_)) | None => 0,
        }
    }

    /// The boolean of a field.
    pub fn boolean(&self, field: Field) -> Option<bool> {
        match self.content(field) {
            Some(Content::Boolean(boolean)) => Some(*boolean),
            Some(Content::Text(_) | Content::Texts(_) | Content::TextsAndOthers(..)) | None => None,
        }
    }

    /// The fields that have a value.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.contents.iter().map(|(field, _)| *field)
    }

    /// Whether the field has a value.
    pub fn has(&self, field: Field) -> bool {
        self.content(field).is_some()
    }

    pub(crate) fn put(&mut self, field: Field, content: Content<'e>) {
        self.contents.push((field, content));
    }

    fn content(&self, field: Field) -> Option<&Content<'e>> {
        self.contents.iter().find(|(known, _)| *known == field).map(|(_, content)| content)
    }
}

/// What a field is filled with.
#[derive(Clone, PartialEq)]
pub(crate) enum Content<'e> {
    Text(Cow<'e, str>),
    Texts(Vec<Cow<'e, str>>),
    /// The same, and how many values are no texts.
    TextsAndOthers(Vec<Cow<'e, str>>, usize),
    Boolean(bool),
}

/// Prints the kind only: the value may be personal data.
impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Texts(_) => "Texts",
            Self::TextsAndOthers(..) => "TextsAndOthers",
            Self::Boolean(_) => "Boolean",
        })
    }
}

impl Content<'_> {
    /// A copy that does not borrow.
    pub(crate) fn into_owned(self) -> Content<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Text(text) => Content::Text(owned(text)),
            Self::Texts(texts) => Content::Texts(texts.into_iter().map(owned).collect()),
            Self::TextsAndOthers(texts, others) => {
                Content::TextsAndOthers(texts.into_iter().map(owned).collect(), others)
            }
            Self::Boolean(boolean) => Content::Boolean(boolean),
        }
    }

    /// The same content, borrowed from this one.
    pub(crate) fn borrowed(&self) -> Content<'_> {
        match self {
            Self::Text(text) => Content::Text(Cow::Borrowed(text)),
            Self::Texts(texts) => Content::Texts(texts.iter().map(|text| Cow::Borrowed(&**text)).collect()),
            Self::TextsAndOthers(texts, others) => {
                Content::TextsAndOthers(texts.iter().map(|text| Cow::Borrowed(&**text)).collect(), *others)
            }
            Self::Boolean(boolean) => Content::Boolean(*boolean),
        }
    }
}
