//! What the native actions share: the audience comes from the event, where the mapping does not name it.

use crate::identity::Direction;
use crate::outcome::{Explanation, Reason};

use super::membership::{self, ComputationClass};
use super::{Field, Input, Operation, OwnAudience, people, target};

/// `addToAudience` and `removeFromAudience`: the direction is the action's, and the event must not contradict it.
pub(super) fn evaluate(input: Input<'_, '_>, direction: Direction) -> Result<Operation, Explanation> {
    refuse_traits(input)?;
    let is_member = direction == Direction::Add;
    let is_own = match input.own_audience {
        OwnAudience::Always => true,
        OwnAudience::WithoutExternalId => target::present(input.filled.text(Field::ExternalAudienceId)).is_none(),
        OwnAudience::Never => false,
    };
    if !is_own && membership::any_flag(input.event).is_some_and(|flag| flag != is_member) {
        return Err(Reason::MembershipConflict.into());
    }
    members(input, direction)
}

/// Computed traits come on the same events as audiences and are none.
pub(super) fn refuse_traits(input: Input<'_, '_>) -> Result<(), Explanation> {
    let is_trait = ComputationClass::of(input.event) == Some(ComputationClass::Trait);
    if is_trait { Err(Reason::ComputedTrait.into()) } else { Ok(()) }
}

/// The people of the event, to or from the audience that mapping or event name.
pub(super) fn members(input: Input<'_, '_>, direction: Direction) -> Result<Operation, Explanation> {
    let advertiser = target::stated_advertiser(input.filled.text(Field::AdvertiserId), input.event)?;
    let audience = target::native_audience(input.filled, input.event).map_err(|explanation| {
        let names_neither = explanation.reason == Reason::NoAudience && advertiser.is_none();
        if names_neither { Reason::NotNative.into() } else { explanation }
    })?;
    let advertiser = target::or_fallback(advertiser, &audience, input);
    people::members(input, direction, advertiser, audience)
}
