//! The fields of actions: their names, types and defaults.

/// A field of an action, by its name in Segment's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Legacy actions: the ad account.
    SelectedAdvertiserId,
    /// The audience's id.
    AudienceId,
    /// `createAudience`: the new audience's name.
    CustomAudienceName,
    /// `createAudience`: create even when an audience of that name exists.
    AllowDuplicateName,
    /// The ad account.
    AdvertiserId,
    /// Native actions: the audience's id as the CDP keeps it.
    ExternalAudienceId,
    /// The audience's name, looked up at TikTok.
    AudienceName,
    /// `syncAudience`: how reverse-ETL directions are read.
    SyncMode,
    /// `syncAudience`: the event name that means "entered".
    EnteredEvent,
    /// `syncAudience`: the event name that means "exited".
    ExitedEvent,
    /// `syncRecords`: whether the identifiers are still to be hashed.
    Hash,
    /// The person's email addresses.
    Email,
    /// The person's phone numbers.
    Phone,
    /// The person's mobile advertising ids.
    AdvertisingId,
    /// Whether emails are sent.
    SendEmail,
    /// Whether phone numbers are sent.
    SendPhone,
    /// Whether advertising ids are sent.
    SendAdvertisingId,
    /// The country of national phone numbers.
    Country,
    /// The column of the advertising id.
    AdvertisingIdType,
    /// Segment's hidden copy of the event's name; without effect.
    EventName,
    /// Segment's hidden batching switch; without effect.
    EnableBatching,
    /// Segment's hidden batching keys; without effect.
    BatchKeys,
    /// Segment's hidden batch size; without effect.
    BatchSize,
}

impl Field {
    /// Number of fields.
    pub const COUNT: usize = Self::BatchSize as usize + 1;

    /// Position of the field, `0..COUNT`.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The field's name in mappings and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SelectedAdvertiserId => "selected_advertiser_id",
            Self::AudienceId => "audience_id",
            Self::CustomAudienceName => "custom_audience_name",
            Self::AllowDuplicateName => "allow_duplicate_name",
            Self::AdvertiserId => "advertiser_id",
            Self::ExternalAudienceId => "external_audience_id",
            Self::AudienceName => "audience_name",
            Self::SyncMode => "sync_mode",
            Self::EnteredEvent => "entered_event",
            Self::ExitedEvent => "exited_event",
            Self::Hash => "hash",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::AdvertisingId => "advertising_id",
            Self::SendEmail => "send_email",
            Self::SendPhone => "send_phone",
            Self::SendAdvertisingId => "send_advertising_id",
            Self::Country => "country",
            Self::AdvertisingIdType => "advertising_id_type",
            Self::EventName => "event_name",
            Self::EnableBatching => "enable_batching",
            Self::BatchKeys => "batch_keys",
            Self::BatchSize => "batch_size",
        }
    }
}

/// The type of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A text; numbers are taken as they stand in the JSON text.
    Text,
    /// A text, or an array of texts that fans out into several rows.
    Identifier,
    /// A boolean, coerced as in Segment.
    Boolean,
    /// One of a few texts.
    Choice(&'static [&'static str]),
    /// Known to Segment's mappings and without effect here.
    Hidden,
}

/// What fills a field that a mapping of our own form does not give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// Nothing.
    Absent,
    /// The first of these paths whose value is neither missing, null nor blank.
    FirstPresent(&'static [&'static str]),
    /// This boolean.
    Boolean(bool),
}

/// A field as an action declares it.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// Which field.
    pub field: Field,
    /// The type of its value.
    pub kind: FieldKind,
    /// Whether the action cannot do without.
    pub required: bool,
    /// What fills it when the mapping says nothing.
    pub default: Default,
}

impl FieldSpec {
    const fn optional(field: Field, kind: FieldKind, default: Default) -> Self {
        Self { field, kind, required: false, default }
    }

    pub(super) const fn required(field: Field) -> Self {
        Self { field, kind: FieldKind::Text, required: true, default: Default::Absent }
    }

    pub(super) const fn text(field: Field) -> Self {
        Self::optional(field, FieldKind::Text, Default::Absent)
    }

    pub(super) const fn path(field: Field, paths: &'static [&'static str]) -> Self {
        Self::optional(field, FieldKind::Text, Default::FirstPresent(paths))
    }

    pub(super) const fn boolean(field: Field, default: bool) -> Self {
        Self::optional(field, FieldKind::Boolean, Default::Boolean(default))
    }

    pub(super) const fn choice(field: Field, choices: &'static [&'static str]) -> Self {
        Self::optional(field, FieldKind::Choice(choices), Default::Absent)
    }

    const fn identifier(field: Field, paths: &'static [&'static str]) -> Self {
        Self::optional(field, FieldKind::Identifier, Default::FirstPresent(paths))
    }

    const fn hidden(field: Field) -> Self {
        Self::optional(field, FieldKind::Hidden, Default::Absent)
    }
}

/// The columns that `advertising_id_type` may name.
const ADVERTISING_ID_TYPES: &[&str] =
    &["IDFA_SHA256", "AAID_SHA256", "GAID_SHA256", "IDFA_MD5", "AAID_MD5", "GAID_MD5"];

/// The fields of every action that adds or removes people.
pub(super) const IDENTIFIER_FIELDS: &[FieldSpec] = &[
    FieldSpec::identifier(Field::Email, &["context.traits.email", "traits.email", "properties.email"]),
    FieldSpec::identifier(Field::Phone, &["context.traits.phone", "traits.phone", "properties.phone"]),
    FieldSpec::identifier(Field::AdvertisingId, &["context.device.advertisingId"]),
    FieldSpec::boolean(Field::SendEmail, true),
    FieldSpec::boolean(Field::SendPhone, true),
    FieldSpec::boolean(Field::SendAdvertisingId, true),
    FieldSpec::text(Field::Country),
    FieldSpec::choice(Field::AdvertisingIdType, ADVERTISING_ID_TYPES),
    FieldSpec::hidden(Field::EventName),
    FieldSpec::hidden(Field::EnableBatching),
    FieldSpec::hidden(Field::BatchKeys),
    FieldSpec::hidden(Field::BatchSize),
];

/// The fields of the action whose people come from the record itself.
pub(super) const RECORD_FIELDS: &[FieldSpec] = &[
    FieldSpec::boolean(Field::SendEmail, true),
    FieldSpec::boolean(Field::SendPhone, true),
    FieldSpec::boolean(Field::SendAdvertisingId, true),
    FieldSpec::text(Field::Country),
];
