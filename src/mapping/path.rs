//! Paths of the mapping language.
//!
//! They are read as Segment reads them: one `$.` is dropped wherever it stands, dots and brackets around digits or
//! quotes separate keys, quotes vanish. Beyond that a key in brackets and quotes may hold dots (`$.properties['a.b']`),
//! and `[*]` leads to every item of an array or member of an object.

use super::resolved::{Place, Resolved};
use super::walk::Found;
use crate::event::Event;
use crate::json::{Kind, Value};

/// A path, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// The member of the event that the first keys name, if the event has found it already.
    start: Start,
    /// How many steps `start` saves.
    skip: usize,
    steps: Box<[Step]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// One key.
    Key(Box<str>),
    /// A key in quotes with characters that would separate keys; Segment takes it apart, and so do we when the object
    /// has no such key.
    Exact { key: Box<str>, apart: Box<[Box<str>]> },
    /// `[*]`
    Each,
}

/// A member that the event has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Root,
    Kind,
    Event,
    UserId,
    MessageId,
    Timestamp,
    Properties,
    Traits,
    Context,
    ContextTraits,
    Device,
    Personas,
}

impl Start {
    fn of(steps: &[Step]) -> (Self, usize) {
        let key = |number: usize| match steps.get(number) {
            Some(Step::Key(key)) => Some(&**key),
            Some(Step::Exact { .. } | Step::Each) | None => None,
        };
        let one = match key(0) {
            Some("type") => Self::Kind,
            Some("event") => Self::Event,
            Some("userId") => Self::UserId,
            Some("messageId") => Self::MessageId,
            Some("timestamp") => Self::Timestamp,
            Some("properties") => Self::Properties,
            Some("traits") => Self::Traits,
            Some("context") => match key(1) {
                Some("traits") => return (Self::ContextTraits, 2),
                Some("device") => return (Self::Device, 2),
                Some("personas") => return (Self::Personas, 2),
                _ => Self::Context,
            },
            _ => return (Self::Root, 0),
        };
        (one, 1)
    }

    fn find<'e>(self, event: &Event<'e>) -> Option<Value<'e>> {
        match self {
            Self::Root => Some(event.root),
            Self::Kind => event.kind(),
            Self::Event => event.name(),
            Self::UserId => event.user_id(),
            Self::MessageId => event.stated_message_id(),
            Self::Timestamp => event.timestamp(),
            Self::Properties => event.properties(),
            Self::Traits => event.traits(),
            Self::Context => event.context(),
            Self::ContextTraits => event.context_traits(),
            Self::Device => event.device(),
            Self::Personas => event.personas(),
        }
    }
}

/// What is known of a value at first sight.
#[derive(Clone, Copy, Debug)]
pub(super) enum Quick<'e> {
    /// It is a value of the event.
    Value(Value<'e>),
    /// The event does not have it.
    Missing,
    /// It takes a closer look.
    Slow,
}

/// What a path starts from.
#[derive(Clone, Copy)]
pub(super) enum Root<'s, 'e> {
    Event(&'s Event<'e>),
    Tree(&'s Resolved<'e>),
}

impl Path {
    /// Reads the argument of `@path`.
    pub(super) fn parse(text: &str) -> Self {
        let bracket = text
            .strip_prefix('$')
            .filter(|rest| rest.starts_with("['") || rest.starts_with("[\"") || rest.starts_with("[*]"));
        bracket.map_or_else(|| Self::without_dollar(&text.replacen("$.", "", 1)), Self::without_dollar)
    }

    /// Reads a path that is relative to the event as it stands: Segment's templates drop no `$.`.
    pub(super) fn without_dollar(text: &str) -> Self {
        let steps = if text == "." { Box::default() } else { steps(text) };
        let (start, skip) = Start::of(&steps);
        Self { start, skip, steps }
    }

    /// The keys up to the first step that is more than a key.
    pub(super) fn first_keys(&self) -> Vec<&str> {
        let keys = self.steps.iter().map_while(|step| match step {
            Step::Key(key) => Some(&**key),
            Step::Exact { .. } | Step::Each => None,
        });
        keys.collect()
    }

    /// The value that the path leads to.
    pub(super) fn resolve<'e>(&self, root: Root<'_, 'e>) -> Resolved<'e> {
        let (from, steps) = self.start(root);
        if !steps.contains(&Step::Each) {
            return steps.iter().fold(from, advance).resolved();
        }
        let mut all = Vec::new();
        collect(from, steps, &mut all);
        if all.is_empty() { Resolved::Missing } else { Resolved::Array(all) }
    }

    /// The value in an event, for paths of objects and members, which nearly all are.
    pub(super) fn quick<'e>(&self, event: &Event<'e>) -> Quick<'e> {
        let Some(mut value) = self.start.find(event) else {
            let leads_on = self.skip == 2 && event.context().is_some_and(|context| context.kind() != Kind::Object);
            return if leads_on { Quick::Slow } else { Quick::Missing };
        };
        for step in self.steps.get(self.skip..).unwrap_or_default() {
            match step {
                Step::Key(key) if value.kind() == Kind::Object => match value.get(key) {
                    Some(member) => value = member,
                    None => return Quick::Missing,
                },
                Step::Key(_) | Step::Exact { .. } | Step::Each => return Quick::Slow,
            }
        }
        Quick::Value(value)
    }

    fn start<'s, 'e>(&self, root: Root<'s, 'e>) -> (Place<'s, 'e>, &[Step]) {
        let event = match root {
            Root::Event(event) => event,
            Root::Tree(tree) => return (Place::Tree(tree), &self.steps),
        };
        if let Some(value) = self.start.find(event) {
            return (Place::Found(Found::Value(value)), self.steps.get(self.skip..).unwrap_or_default());
        }
        // Only a context that is not an object can lead anywhere when its member was not found.
        let context = if self.skip == 2 { event.context().map(Found::Value) } else { None };
        (Place::Found(context.unwrap_or(Found::Missing)), self.steps.get(1..).unwrap_or_default())
    }
}

fn advance<'s, 'e>(from: Place<'s, 'e>, step: &Step) -> Place<'s, 'e> {
    match step {
        Step::Key(key) => from.step(key),
        Step::Exact { key, apart } => match from.step(key) {
            Place::Found(Found::Missing) => apart.iter().fold(from, |from, key| from.step(key)),
            found @ (Place::Found(_) | Place::Tree(_)) => found,
        },
        Step::Each => Place::MISSING,
    }
}

/// Gathers what the steps lead to; behind a `[*]` only objects and arrays lead on.
fn collect<'e>(from: Place<'_, 'e>, steps: &[Step], all: &mut Vec<Resolved<'e>>) {
    let Some(position) = steps.iter().position(|step| *step == Step::Each) else {
        let mut place = from;
        for step in steps {
            if !is_container(place) {
                return;
            }
            place = advance(place, step);
        }
        return match place.resolved() {
            Resolved::Missing => {}
            value @ (Resolved::Value(_)
            | Resolved::Null
            | Resolved::Bool(_)
            | Resolved::Number(_)
            | Resolved::Text(_)
            | Resolved::Array(_)
            | Resolved::Object(_)) => all.push(value),
        };
    };
    let (before, behind) = steps.split_at_checked(position).unwrap_or((steps, &[]));
    let behind = behind.get(1..).unwrap_or_default();
    match before.iter().fold(from, advance) {
        Place::Tree(Resolved::Array(items)) => {
            for item in items {
                collect(Place::Tree(item), behind, all);
            }
        }
        Place::Tree(Resolved::Object(members)) => {
            for (_, value) in members {
                collect(Place::Tree(value), behind, all);
            }
        }
        place @ (Place::Found(_) | Place::Tree(_)) => {
            let Some(value) = place.value() else { return };
            for item in value.items().chain(value.members().map(|(_, value)| value)) {
                collect(Place::Found(Found::Value(item)), behind, all);
            }
        }
    }
}

fn is_container(place: Place<'_, '_>) -> bool {
    match place {
        Place::Tree(tree) => matches!(tree.kind(), Some(Kind::Array | Kind::Object)),
        Place::Found(Found::Value(value)) => matches!(value.kind(), Kind::Array | Kind::Object),
        Place::Found(Found::Missing | Found::Length(_) | Found::Unit(_)) => false,
    }
}

/// Takes a path apart.
fn steps(text: &str) -> Box<[Step]> {
    let mut steps = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match bracket(rest) {
            Some((step, length)) => {
                keys(text.get(plain_from..at).unwrap_or_default(), &mut steps);
                steps.push(step);
                at += length;
                plain_from = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    keys(text.get(plain_from..).unwrap_or_default(), &mut steps);
    steps.into_boxed_slice()
}

/// `[*]`, `['key']` or `["key"]` at the start of a text, and its length.
fn bracket(text: &str) -> Option<(Step, usize)> {
    if text.starts_with("[*]") {
        return Some((Step::Each, 3));
    }
    let quote = ["['", "[\""].into_iter().find(|open| text.starts_with(open))?.chars().nth(1)?;
    let inside = text.get(2..)?;
    let (key, _) = inside.split_once(&format!("{quote}]"))?;
    if key.is_empty() || key.contains(quote) {
        return None;
    }
    let length = key.len() + 4;
    if !key.contains(['.', '[', ']', '\'', '"']) {
        return Some((Step::Key(key.into()), length));
    }
    let mut parts = Vec::new();
    keys(text.get(..length)?, &mut parts);
    let apart = parts.into_iter().filter_map(|part| match part {
        Step::Key(key) => Some(key),
        Step::Exact { .. } | Step::Each => None,
    });
    Some((Step::Exact { key: key.into(), apart: apart.collect() }, length))
}

/// Splits at dots, at an opening bracket in front of a digit or quote, and at closing brackets behind one.
fn keys(text: &str, steps: &mut Vec<Step>) {
    let chars: Vec<char> = text.chars().collect();
    let touches = |position: Option<usize>| {
        position.and_then(|position| chars.get(position)).is_some_and(|char| matches!(char, '"' | '\'' | '0'..='9'))
    };
    let mut key = String::new();
    let mut closing = false;
    for (position, char) in chars.iter().enumerate() {
        let separates = match char {
            '.' => true,
            '[' => touches(Some(position + 1)),
            ']' => closing || touches(position.checked_sub(1)),
            _ => false,
        };
        closing = separates && *char == ']';
        if separates {
            push_key(&mut key, steps);
        } else {
            key.push(*char);
        }
    }
    push_key(&mut key, steps);
}

/// Segment drops empty keys, and quotes wherever they stand; a key of nothing but quotes stays, as the empty key.
fn push_key(key: &mut String, steps: &mut Vec<Step>) {
    if !key.is_empty() {
        steps.push(Step::Key(key.replace(['\'', '"'], "").into()));
        key.clear();
    }
}
