//! RudderStack's records: one row of a warehouse, or a list of people to add and to remove.
//!
//! Source: RudderStack's transformer, `tiktok_audience`: identifiers are named by TikTok's columns; the list's columns
//! are those of `context.destinationFields`; the audience's id is the end of an `externalId`'s type.

use std::borrow::Cow;

use crate::batch::Rows;
use crate::identity::Direction;
use crate::identity::IdType;
use crate::json::{Kind, Value};
use crate::outcome::{Explanation, Outcome, Reason};

use super::super::{AudienceRef, Field, Input, Operation, Sink, target};
use super::people::{Column, Hashing, Spelling};
use super::record::{CHANGES, MEMBERSHIPS, Target, named, text, unknown_key, wrong_kind};

/// How the type of an external id begins if the id is a TikTok audience's.
const EXTERNAL_ID: &str = "TIKTOK_AUDIENCE-";

/// `type: "record"`: one person.
pub(super) fn record(input: Input<'_, '_>) -> Result<Operation, Explanation> {
    let root = input.event.root;
    let action = text(root, "action")?;
    let direction = action
        .and_then(|action| named(&CHANGES, |known| known == action))
        .ok_or_else(|| Explanation::new(Reason::InvalidField, "action is none of insert, update and delete"))?;
    let identifiers = object(root.get("identifiers"), "identifiers")?;
    let target = record_target(input)?;
    let permitted = input.consent.permit(direction)?;
    let columns = columns(identifiers, "identifiers", None)?;
    let (rows, left_out) = hashing(input, permitted.direction)?.person(columns.into_iter())?;
    Ok(target.members(permitted, rows, left_out))
}

/// `type: "audienceList"`: people to add and people to remove.
///
/// A person that can't be sent is rejected with a reason; the others go on.
pub(super) fn list(input: Input<'_, '_>, sink: &mut Sink<'_>) -> Result<(), Explanation> {
    let properties = input.event.properties();
    let lists = object(properties.and_then(|properties| properties.get("listData")), "properties.listData")?;
    let is_known = |key: &Value<'_>| MEMBERSHIPS.iter().any(|(known, _)| key.is_str(known));
    if let Some((unknown, _)) = lists.members().find(|(key, _)| !is_known(key)) {
        return Err(unknown_key("properties.listData", unknown, &MEMBERSHIPS.map(|(name, _)| name)));
    }
    let target = record_target(input)?;
    let chosen = chosen_columns(input)?;
    let mut is_empty = true;
    // RudderStack's transformer knows no other lists.
    for (name, direction) in MEMBERSHIPS {
        let Some(people) = lists.get(name).filter(|people| !people.is_null()) else { continue };
        if people.kind() != Kind::Array {
            return Err(wrong_kind(&format!("properties.listData.{name}"), "an array", people));
        }
        if people.is_empty() {
            continue;
        }
        match add_list(sink, input, &target, (name, direction), people, chosen.as_deref()) {
            Ok(has_people) => is_empty &= !has_people,
            Err(explanation) => {
                is_empty = false;
                sink.ended(explanation);
            }
        }
    }
    if is_empty { Err(Reason::NoIdentifier.into()) } else { Ok(()) }
}

/// Takes in the people of one list, and says whether there were any.
fn add_list(
    sink: &mut Sink<'_>,
    input: Input<'_, '_>,
    target: &Target,
    (name, direction): (&str, Direction),
    people: Value<'_>,
    chosen: Option<&[IdType]>,
) -> Result<bool, Explanation> {
    let permitted = input.consent.permit(direction)?;
    let hashing = hashing(input, permitted.direction)?;
    let (mut rows, mut left_out, mut unsendable) = (Rows::new(), Vec::new(), Unsendable::default());
    for (index, person) in people.items().enumerate() {
        let place = "a person";
        let found = object(Some(person), place).and_then(|person| columns(person, place, chosen));
        match found.and_then(|columns| hashing.person(columns.into_iter())) {
            Ok((mut found, more)) => {
                rows.append(&mut found);
                left_out.extend(more.into_iter().flatten());
            }
            // A person without any value is nobody.
            Err(nobody) if nobody.reason.outcome() == Outcome::Skipped => {}
            Err(mut explanation) => {
                left_out.extend(explanation.take_left_out().into_iter().flatten());
                unsendable.add(index, explanation);
            }
        }
    }
    let has_people = !rows.is_empty() || !unsendable.kinds.is_empty();
    let mut left_out = (!left_out.is_empty()).then(|| left_out.into_boxed_slice());
    if !rows.is_empty() {
        sink.operation(target.members(permitted, rows, left_out.take()));
    }
    for explanation in unsendable.into_explanations(name) {
        sink.ended(explanation.with_left_out(left_out.take()));
    }
    Ok(has_people)
}

/// The people of a list that can't be sent, by what is wrong with them.
#[derive(Default)]
struct Unsendable {
    /// What is wrong, the first person with it, and how many there are.
    kinds: Vec<(Explanation, usize, usize)>,
}

/// The most different problems that one list names; further ones count as the last.
const MAX_KINDS: usize = 20;

impl Unsendable {
    fn add(&mut self, index: usize, explanation: Explanation) {
        let alike = self.kinds.iter().position(|(known, ..)| *known == explanation);
        let alike = alike.or((self.kinds.len() >= MAX_KINDS).then_some(MAX_KINDS - 1));
        match alike.and_then(|position| self.kinds.get_mut(position)) {
            Some((_, _, count)) => *count += 1,
            None => self.kinds.push((explanation, index, 1)),
        }
    }

    fn into_explanations(self, list: &str) -> impl Iterator<Item = Explanation> {
        self.kinds.into_iter().map(move |(explanation, index, count)| {
            let others = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            let detail = format!("{list}[{index}]{others}: {}", explanation.message());
            Explanation::new(explanation.reason, detail)
        })
    }
}

fn hashing<'i>(input: Input<'i, '_>, direction: Direction) -> Result<Hashing<'i>, Explanation> {
    let is_plain = input.filled.boolean(Field::Hash).unwrap_or(true);
    let spelling = if is_plain { Spelling::Plain } else { Spelling::Hashed };
    Hashing::new(input, direction, spelling, input.filled.text(Field::Country))
}

fn column_names() -> [&'static str; IdType::ALL.len()] {
    IdType::ALL.map(IdType::as_str)
}

/// The members of a person as columns; those that are not chosen are left aside.
fn columns<'d>(person: Value<'d>, place: &str, chosen: Option<&[IdType]>) -> Result<Vec<Column<'d>>, Explanation> {
    let column = |(key, value): (Value<'d>, Value<'d>)| {
        let id_type = key.as_str().and_then(|name| IdType::parse(name.trim()));
        let id_type = id_type.ok_or_else(|| unknown_key(place, key, &column_names()))?;
        Ok(Column { id_type, name: id_type.as_str(), value })
    };
    let is_chosen = |column: &Column<'d>| chosen.is_none_or(|chosen: &[IdType]| chosen.contains(&column.id_type));
    person.members().map(column).filter(|column| column.as_ref().map_or(true, is_chosen)).collect()
}

/// `context.destinationFields`: the columns that count, where the list says so.
fn chosen_columns(input: Input<'_, '_>) -> Result<Option<Vec<IdType>>, Explanation> {
    let Some(value) = input.event.context().and_then(|context| context.get("destinationFields")) else {
        return Ok(None);
    };
    let names = value.as_str().unwrap_or_default();
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let unknown = || {
        let detail =
            format!("context.destinationFields names an unknown column, known are {}", column_names().join(", "));
        Explanation::new(Reason::UnknownKey, detail)
    };
    let chosen: Vec<_> = names.map(|name| IdType::parse(name).ok_or_else(unknown)).collect::<Result<_, _>>()?;
    Ok((!chosen.is_empty()).then_some(chosen))
}

/// Where the mapping sends the people, else where the record does.
fn record_target(input: Input<'_, '_>) -> Result<Target, Explanation> {
    let advertiser = target::stated_advertiser(input.filled.text(Field::AdvertiserId), input.event)?;
    let field = |field| target::present(input.filled.text(field));
    let audience = match (field(Field::AudienceId), field(Field::AudienceName)) {
        (Some(id), _) => target::known_audience(id)?,
        (None, Some(name)) => target::named_audience(name)?,
        (None, None) => external_audience(input)?,
    };
    let advertiser = target::or_fallback(advertiser, &audience, input);
    Ok(Target { advertiser, audience })
}

/// The audience of `externalId`, by id; by name where no id can be meant.
fn external_audience(input: Input<'_, '_>) -> Result<AudienceRef, Explanation> {
    let ids = input.event.context().and_then(|context| context.get("externalId"));
    // RudderStack's documentation shows it at the top, its deliveries have it in `context`.
    let ids = ids.or_else(|| input.event.root.get("externalId"));
    let types = ids.into_iter().flat_map(Value::items).filter_map(|id| id.get("type")?.as_str());
    let mut audiences = types.filter_map(|kind| Some(Cow::Owned(kind.strip_prefix(EXTERNAL_ID)?.trim().to_owned())));
    let stated: Cow<'_, str> = audiences.find(|stated: &Cow<'_, str>| !stated.is_empty()).ok_or(Reason::NoAudience)?;
    target::known_audience(&stated).or_else(|_not_an_id| target::named_audience(&stated))
}

fn object<'d>(value: Option<Value<'d>>, place: &str) -> Result<Value<'d>, Explanation> {
    let value = value.filter(|value| !value.is_null());
    let value = value.ok_or_else(|| Explanation::new(Reason::InvalidRecord, format!("{place} is missing")))?;
    if value.kind() == Kind::Object { Ok(value) } else { Err(wrong_kind(place, "an object", value)) }
}
