//! The audiences: there, of the right kind, usable, not about to expire, not too many.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::Checked;
use super::advertisers::Reached;
use crate::actions::Field;
use crate::app::App;
use crate::control::health::FEWEST_PEOPLE;
use crate::delivery::audience_lookup::{expires, is_expired, is_usable, oldest};
use crate::delivery::session::Session;
use crate::destination::ConfiguredMapping;
use crate::secrets::Secret;
use crate::tiktok::{AdvertiserId, Audience, AudienceId};

/// The most custom audiences of an ad account. Sources: Braze's and Treasure Data's documentation of their TikTok
/// connectors.
const MOST_AUDIENCES: usize = 400;
/// From so many on there is little room left.
const MANY_AUDIENCES: usize = 360;
/// TikTok warns of an audience's end this long before. Source: TikTok's help centre, "Audience expiration policy".
const EXPIRING: SignedDuration = SignedDuration::from_hours(60 * 24);
/// Audiences that are named in one line.
const MOST_NAMED: usize = 10;

const RENEW: &str = "use it in an active ad group, or create another one and have it filled: TikTok ends audiences that \
                     were neither used nor changed for 12 months";

const DELETE_TWINS: &str = "unless ad groups use them, delete the younger ones (listAudiences, deleteAudience)";

/// An audience that the configuration names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Id(AudienceId),
    Name(String),
}

/// Looks at the audiences that the configuration names, and at all others of the ad accounts that were reached.
pub(super) fn check(app: &App, session: &Session<'_>, secret: &Secret, reached: &Reached, checked: &mut Checked) {
    let now = session.budget.wall;
    let wanted = wanted(app, secret);
    for (advertiser, wanted) in &wanted {
        match wanted {
            Wanted::Id(id) => by_id(*advertiser, *id, reached, now, checked),
            Wanted::Name(name) => by_name(*advertiser, name, reached, now, checked),
        }
    }
    for (advertiser, audiences) in reached {
        count(*advertiser, audiences, checked);
        expiring(*advertiser, audiences, now, checked);
        let is_looked_at = |name: &str| wanted.contains(&(Some(*advertiser), Wanted::Name(name.to_owned())));
        twins(*advertiser, audiences, now, is_looked_at, checked);
    }
}

/// The named audiences with their ad accounts, as far as those are known without an event.
fn wanted(app: &App, secret: &Secret) -> BTreeSet<(Option<AdvertiserId>, Wanted)> {
    let destination = &app.router.destination;
    let only_one = match secret.advertiser_ids.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let fallback = destination.settings.advertiser_id.or(only_one);
    let listed = destination.audiences.iter();
    let mut wanted: BTreeSet<_> =
        listed.map(|entry| (entry.advertiser_id.or(fallback), Wanted::Name(entry.name.clone()))).collect();
    for configured in destination.mappings.iter().filter(|configured| configured.mapping.enabled) {
        let Some(named) = of_mapping(configured) else { continue };
        let by_name = match &named {
            Wanted::Name(name) => destination.advertiser_of(name),
            Wanted::Id(_) => None,
        };
        let advertiser = match advertiser_of(configured) {
            Stated::This(advertiser) => Some(advertiser),
            Stated::ByEvent => None,
            Stated::Not => by_name.or(fallback),
        };
        wanted.insert((advertiser, named));
    }
    wanted
}

fn of_mapping(configured: &ConfiguredMapping) -> Option<Wanted> {
    let fields = &configured.mapping.fields;
    let literal = |field| fields.literal(field).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let id = Field::AUDIENCE_IDS.into_iter().find_map(literal);
    id.and_then(|id| AudienceId::parse(&id).ok())
        .map(Wanted::Id)
        .or_else(|| literal(Field::AudienceName).map(Wanted::Name))
}

/// What a mapping says of its ad account.
enum Stated {
    This(AdvertiserId),
    ByEvent,
    Not,
}

fn advertiser_of(configured: &ConfiguredMapping) -> Stated {
    let fields = &configured.mapping.fields;
    for field in Field::ADVERTISERS {
        if fields.uses_event(field) {
            return Stated::ByEvent;
        }
        let literal = fields.literal(field).and_then(|text| AdvertiserId::parse(text.trim()).ok());
        if let Some(advertiser) = literal {
            return Stated::This(advertiser);
        }
    }
    Stated::Not
}

fn by_id(advertiser: Option<AdvertiserId>, id: AudienceId, reached: &Reached, now: Timestamp, checked: &mut Checked) {
    let item = format!("audience {id}");
    let all = reached.iter().flat_map(|(owner, audiences)| audiences.iter().map(move |audience| (*owner, audience)));
    let mut found: Vec<_> = all.filter(|(_, audience)| audience.audience_id == id).collect();
    // The account of the mapping comes first: an audience can be seen by several.
    found.sort_by_key(|(owner, _)| Some(*owner) != advertiser);
    match (found.first(), advertiser) {
        (Some((owner, _)), Some(advertiser)) if *owner != advertiser => {
            let message = format!("it belongs to advertiser {owner}, the mapping names {advertiser}");
            checked.problem(item, message, "correct the advertiser in the mapping");
        }
        (Some((_, audience)), _) => judge(item, audience, now, checked),
        // Nothing can be said of it: the advertiser's own line says why.
        (None, Some(advertiser)) if !reached.contains_key(&advertiser) => {}
        (None, _) => checked.problem(
            item,
            "the ad account has no such audience, or it was deleted",
            "correct the id in the mapping: listAudiences shows those that exist; ensureAudiences creates by name",
        ),
    }
}

fn by_name(advertiser: Option<AdvertiserId>, name: &str, reached: &Reached, now: Timestamp, checked: &mut Checked) {
    let item = format!("audience `{name}`");
    let Some(advertiser) = advertiser else {
        let message = "its ad account is not known without an event, so that it was not looked at";
        return checked.warning(item, message, "give it an advertiser_id, or set settings.advertiser_id");
    };
    let Some(audiences) = reached.get(&advertiser) else { return };
    let named: Vec<_> = audiences.iter().filter(|audience| audience.name.as_deref() == Some(name)).collect();
    let Some(oldest) = oldest(audiences, name, now) else {
        return match named.first() {
            Some(unusable) => judge(item, unusable, now, checked),
            None => checked.problem(
                item,
                "the ad account has no audience of that name",
                "run ensureAudiences, or set auto_create_audiences",
            ),
        };
    };
    judge(item.clone(), oldest, now, checked);
    let is_twin = |audience: &Audience| is_usable(audience, now) && audience.audience_id != oldest.audience_id;
    let twins: Vec<_> = named.iter().filter(|audience| is_twin(audience)).collect();
    if !twins.is_empty() {
        let (count, id) = (twins.len() + 1, oldest.audience_id);
        let ids: Vec<_> = twins.iter().take(MOST_NAMED).map(|twin| twin.audience_id.to_string()).collect();
        let more = if twins.len() > ids.len() { ", …" } else { "" };
        let message = format!(
            "{count} audiences have this name; the oldest, {id}, is used; the others are {}{more}",
            ids.join(", ")
        );
        checked.warning(item, message, DELETE_TWINS);
    }
}

/// Names that only events bring, and that stand for several audiences.
fn twins(
    advertiser: AdvertiserId,
    audiences: &[Audience],
    now: Timestamp,
    is_looked_at: impl Fn(&str) -> bool,
    checked: &mut Checked,
) {
    let mut count_of: BTreeMap<&str, usize> = BTreeMap::new();
    for name in audiences.iter().filter(|audience| is_usable(audience, now)).filter_map(|it| it.name.as_deref()) {
        *count_of.entry(name).or_default() += 1;
    }
    let several: Vec<_> =
        count_of.into_iter().filter(|(name, count)| *count > 1 && !is_looked_at(name)).map(|(name, _)| name).collect();
    if several.is_empty() {
        return;
    }
    let named: Vec<_> = several.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
    let more = if several.len() > named.len() { ", …" } else { "" };
    let message = format!(
        "names that stand for several audiences: {}{more}; events that bring such a name go to the oldest of it",
        named.join(", ")
    );
    checked.warning(format!("names of advertiser {advertiser}"), message, DELETE_TWINS);
}

/// How an audience is that has to take people.
fn judge(item: String, audience: &Audience, now: Timestamp, checked: &mut Checked) {
    let id = audience.audience_id;
    if !audience.is_partner() {
        let kind = audience.kind().unwrap_or("unknown");
        let message = format!("{id} is of type {kind}; only Partner audiences take people from here");
        return checked.problem(item, message, "create one with createAudience or ensureAudiences, and use its id");
    }
    if audience.is_creator == Some(false) {
        let message = format!("{id} was made by another ad account and is shared with this one: it can't be changed");
        return checked.problem(item, message, "use the ad account that made it, or create another audience");
    }
    if is_expired(audience, now) {
        let message = format!("{id} has expired: it takes nobody any more");
        return checked.problem(item, message, "delete it (deleteAudience) and create another (ensureAudiences)");
    }
    if is_expiring(audience, now) {
        let when = audience.expired_time.as_deref().map(|time| format!(" on {time} GMT")).unwrap_or_default();
        return checked.warning(item, format!("{id} expires{when}"), RENEW);
    }
    let size = audience.cover_num.unwrap_or_default();
    if size < FEWEST_PEOPLE {
        let message = format!(
            "{id} has fewer than 1,000 matched people: it can't be used in an ad group yet, and TikTok may refuse changes as \
             not editable"
        );
        return checked.warning(item, message, "send more people; sizes appear after 24 to 48 hours");
    }
    if audience.is_valid == Some(false) {
        let message = format!("{id} is being processed: TikTok refuses changes as not editable until it is done");
        return checked.warning(item, message, "wait: refused events are retried");
    }
    checked.ok(item, format!("{id} can be used; {size} people matched"));
}

fn is_expiring(audience: &Audience, now: Timestamp) -> bool {
    let soon = now.saturating_add(EXPIRING).unwrap_or(Timestamp::MAX);
    audience.is_expiring == Some(true) || expires(audience).is_some_and(|expires| expires <= soon)
}

fn count(advertiser: AdvertiserId, audiences: &[Audience], checked: &mut Checked) {
    let item = format!("audiences of advertiser {advertiser}");
    let own = audiences.iter().filter(|audience| audience.is_creator != Some(false)).count();
    let remedy = "delete audiences that are not used any more (listAudiences, deleteAudience)";
    if own >= MOST_AUDIENCES {
        let message = format!("{own} custom audiences: TikTok takes {MOST_AUDIENCES}, no other can be created");
        checked.problem(item, message, remedy);
    } else if own >= MANY_AUDIENCES {
        checked.warning(item, format!("{own} custom audiences: TikTok takes {MOST_AUDIENCES}"), remedy);
    } else {
        checked.ok(item, format!("custom audiences: {own} of at most {MOST_AUDIENCES}"));
    }
}

/// Every usable audience that ends soon, also those that only events name.
fn expiring(advertiser: AdvertiserId, audiences: &[Audience], now: Timestamp, checked: &mut Checked) {
    let ending: Vec<_> =
        audiences.iter().filter(|audience| is_usable(audience, now) && is_expiring(audience, now)).collect();
    checked.audiences_expiring += ending.len();
    if ending.is_empty() {
        return;
    }
    let named: Vec<_> = ending.iter().take(MOST_NAMED).map(|audience| audience.audience_id.to_string()).collect();
    let more = if ending.len() > named.len() { ", …" } else { "" };
    let message = format!("{} expire within 60 days: {}{more}", ending.len(), named.join(", "));
    checked.warning(format!("expiry of advertiser {advertiser}"), message, RENEW);
}
