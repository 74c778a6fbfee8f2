//! From operations to outcomes: names and ad accounts are resolved, people are batched and sent, audiences created.
//!
//! Everything that waits for TikTok happens here, within the invocation's time budget.

pub mod audience_lookup;
mod bisection;
mod journaling;
pub(crate) mod planner;
mod rehearsal;
mod resolver;
mod sender;
pub mod session;
mod shadow;
mod split;

use crate::actions::Evaluated;
use crate::batch::Limits;
use crate::outcome::Ledger;

use audience_lookup::AudienceLookup;
use resolver::OnlineResolver;
use session::Session;

pub use journaling::Journaling;
pub use rehearsal::rehearse;
pub use sender::body;

/// What a delivery needs besides its session.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryContext<'a> {
    /// The audiences by name.
    pub audience_lookup: &'a AudienceLookup,
    /// How large calls may be.
    pub limits: Limits,
    /// Whether an audience that is added to and not there is created.
    pub auto_create: bool,
    /// Where a line per identifier goes, if anywhere.
    pub journal: Option<Journaling<'a>>,
}

/// Delivers what was evaluated of `events` events.
pub async fn deliver(
    context: DeliveryContext<'_>,
    session: &Session<'_>,
    evaluated: Evaluated,
    events: usize,
) -> Ledger {
    let DeliveryContext { audience_lookup, limits, auto_create, journal } = context;
    let mut resolver = OnlineResolver::new(audience_lookup, session, auto_create, &evaluated.operations);
    let (live, shadowed) = shadow::apart(evaluated);
    let pretended = shadow::pretend(&mut resolver, shadowed, limits, auto_create).await;
    session.would_write(pretended.rows);
    let mut plan = planner::plan(&mut resolver, live, limits).await;
    plan.entries.extend(pretended.entries);
    let overruled = std::mem::take(&mut plan.overruled);
    let sent = sender::send(session, audience_lookup, plan, journal.is_some()).await;
    if let Some(journal) = journal {
        journal.write(session, &sent).await;
    }
    Ledger::close(events, sent.entries, sent.requests).with_overruled(overruled)
}
