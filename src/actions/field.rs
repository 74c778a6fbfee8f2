//! The fields of actions: their names, types and defaults.

/// Declares the fields once, so that name and meaning of each stand side by side.
macro_rules! fields {
    ($($field:ident $name:literal $meaning:literal)*) => {
        /// A field of an action, by its name in Segment's documentation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $(#[doc = $meaning] $field,)*
        }

        impl Field {
            /// The field's name in mappings and messages.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$field => $name,)* }
            }

            /// What it is for, for people.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$field => $meaning,)* }
            }
        }
    };
}

fields! {
    SelectedAdvertiserId "selected_advertiser_id" "Legacy actions: the ad account."
    AudienceId "audience_id" "The audience's id."
    CustomAudienceName "custom_audience_name" "`createAudience`: the new audience's name."
    AllowDuplicateName "allow_duplicate_name" "`createAudience`: create even when an audience of that name exists."
    AdvertiserId "advertiser_id" "The ad account."
    ExternalAudienceId "external_audience_id" "Native actions: the audience's id as the CDP keeps it."
    AudienceName "audience_name" "The audience's name, looked up at TikTok."
    SyncMode "sync_mode" "`syncAudience`: how reverse-ETL directions are read."
    EnteredEvent "entered_event" "`syncAudience`: the event name that means \"entered\"."
    ExitedEvent "exited_event" "`syncAudience`: the event name that means \"exited\"."
    Hash "hash" "`syncRecords`: whether the identifiers are still to be hashed."
    Email "email" "The person's email addresses."
    Phone "phone" "The person's phone numbers."
    AdvertisingId "advertising_id" "The person's mobile advertising ids."
    SendEmail "send_email" "Whether emails are sent."
    SendPhone "send_phone" "Whether phone numbers are sent."
    SendAdvertisingId "send_advertising_id" "Whether advertising ids are sent."
    Country "country" "The country of national phone numbers."
    AdvertisingIdType "advertising_id_type" "The column of the advertising id."
    EventName "event_name" "Segment's hidden copy of the event's name; without effect."
    EnableBatching "enable_batching" "Segment's hidden batching switch; without effect."
    BatchKeys "batch_keys" "Segment's hidden batching keys; without effect."
    BatchSize "batch_size" "Segment's hidden batch size; without effect."
}

impl Field {
    /// The fields that name an ad account.
    pub const ADVERTISERS: [Self; 2] = [Self::SelectedAdvertiserId, Self::AdvertiserId];

    /// The fields that name an audience by its id.
    pub const AUDIENCE_IDS: [Self; 2] = [Self::AudienceId, Self::ExternalAudienceId];
}

/// The type of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A text; numbers become text as in JavaScript, but integers keep their digits.
    Text,
    /// An id of TikTok's; a number never goes through a float.
    Id,
    /// A text, or an array of texts that fans out into several rows.
    Identifier,
    /// A boolean, coerced as in Segment.
    Boolean,
    /// One of a few texts.
    Choice(&'static [&'static str]),
    /// The same in any letter case, also with space around it.
    ChoiceInAnyCase(&'static [&'static str]),
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

    pub(super) const fn required_text(field: Field) -> Self {
        Self { required: true, ..Self::text(field) }
    }

    pub(super) const fn required_id(field: Field) -> Self {
        Self { required: true, ..Self::id(field) }
    }

    pub(super) const fn text(field: Field) -> Self {
        Self::optional(field, FieldKind::Text, Default::Absent)
    }

    pub(super) const fn id(field: Field) -> Self {
        Self::optional(field, FieldKind::Id, Default::Absent)
    }

    pub(super) const fn id_at(field: Field, paths: &'static [&'static str]) -> Self {
        Self::optional(field, FieldKind::Id, Default::FirstPresent(paths))
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

/// The columns that `advertising_id_type` may name, and what devices and their systems call them.
const ADVERTISING_ID_TYPES: &[&str] = &[
    "IDFA_SHA256",
    "AAID_SHA256",
    "GAID_SHA256",
    "IDFA_MD5",
    "AAID_MD5",
    "GAID_MD5",
    "IDFA",
    "AAID",
    "GAID",
    "iOS",
    "Android",
];

/// The fields of every action that adds or removes people.
pub(super) const IDENTIFIER_FIELDS: &[FieldSpec] = &[
    FieldSpec::identifier(Field::Email, &["context.traits.email", "traits.email", "properties.email"]),
    FieldSpec::identifier(Field::Phone, &["context.traits.phone", "traits.phone", "properties.phone"]),
    FieldSpec::identifier(Field::AdvertisingId, &["context.device.advertisingId"]),
    FieldSpec::boolean(Field::SendEmail, true),
    FieldSpec::boolean(Field::SendPhone, true),
    FieldSpec::boolean(Field::SendAdvertisingId, true),
    FieldSpec::text(Field::Country),
    FieldSpec::optional(Field::AdvertisingIdType, FieldKind::ChoiceInAnyCase(ADVERTISING_ID_TYPES), Default::Absent),
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
