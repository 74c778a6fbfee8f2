//! What our own metrics say of audiences: how they were at the last look, and whom the functions have sent since.
//!
//! Nothing is kept anywhere else; an audience that was never looked at has no past.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::clock::TimeBudget;
use crate::metrics::{AUDIENCE, FUNCTION, Metric, NAMESPACE};
use crate::net::cloudwatch::{self, CloudwatchError, Point, Series, Span, Statistic};
use crate::tiktok::AudienceId;

/// How far back a look may be: so long CloudWatch keeps points of a minute.
const LOOK_BACK: Duration = Duration::from_hours(15 * 24);
/// From when people are counted where there was no look before.
const FIRST_SPAN: Duration = Duration::from_hours(24);

/// How audiences were, and what was sent to them since.
#[derive(Debug)]
pub(super) struct Past {
    /// From when on people are counted: the last look, or a day ago.
    pub(super) since: Timestamp,
    of: HashMap<AudienceId, OfAudience>,
}

/// An audience's past.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OfAudience {
    /// Its size when it was last looked at.
    pub(super) size: Option<u64>,
    /// Whether an ad group used it within the time that is looked back.
    pub(super) was_used: bool,
    /// People who were added since.
    pub(super) added: u64,
    /// People who were removed since.
    pub(super) removed: u64,
}

impl Past {
    /// The past of an audience.
    pub(super) fn of(&self, audience: AudienceId) -> OfAudience {
        self.of.get(&audience).copied().unwrap_or_default()
    }

    /// Reads it for these audiences.
    ///
    /// # Errors
    /// CloudWatch does not tell.
    pub(super) async fn read(app: &App, budget: TimeBudget, audiences: &[AudienceId]) -> Result<Self, CloudwatchError> {
        let mut of: HashMap<_, _> = audiences.iter().map(|audience| (*audience, OfAudience::default())).collect();
        let looks = looks(app, budget, audiences).await?;
        for (audience, size, used) in &looks {
            let newest = size.iter().max_by_key(|(time, _)| *time);
            let past = of.entry(*audience).or_default();
            past.size = newest.map(|(_, size)| count(*size));
            past.was_used = used.iter().any(|(_, ad_groups)| *ad_groups > 0.0);
        }
        let last_look = looks.iter().flat_map(|(_, size, _)| size).map(|(time, _)| *time).max();
        let last_look = last_look.and_then(|second| Timestamp::from_second(second).ok());
        let since = last_look.unwrap_or_else(|| earlier(budget.wall, FIRST_SPAN));
        for (audience, added, removed) in people(app, budget, audiences, since).await? {
            let past = of.entry(audience).or_default();
            past.added += added;
            past.removed += removed;
        }
        Ok(Self { since, of })
    }
}

/// The points of two metrics of an audience.
type Points = (AudienceId, Vec<Point>, Vec<Point>);

/// Sizes and uses as this function has found them.
async fn looks(app: &App, budget: TimeBudget, audiences: &[AudienceId]) -> Result<Vec<Points>, CloudwatchError> {
    let own = std::slice::from_ref(&app.environment.function_name);
    let metrics = [Metric::AudienceSize, Metric::AudienceInUse].map(|metric| (metric, Statistic::Maximum));
    read(app, budget, audiences, own, metrics, earlier(budget.wall, LOOK_BACK)).await
}

/// People added and removed by each of the functions that deliver.
async fn people(
    app: &App,
    budget: TimeBudget,
    audiences: &[AudienceId],
    since: Timestamp,
) -> Result<impl Iterator<Item = (AudienceId, u64, u64)>, CloudwatchError> {
    let metrics = [Metric::PeopleAdded, Metric::PeopleRemoved].map(|metric| (metric, Statistic::Sum));
    let points = read(app, budget, audiences, &app.environment.event_functions, metrics, since).await?;
    let sum = |points: &[Point]| points.iter().map(|(_, people)| count(*people)).sum();
    Ok(points.into_iter().map(move |(audience, added, removed)| (audience, sum(&added), sum(&removed))))
}

/// The points of two metrics by audience and function.
async fn read(
    app: &App,
    budget: TimeBudget,
    audiences: &[AudienceId],
    functions: &[String],
    metrics: [(Metric, Statistic); 2],
    start: Timestamp,
) -> Result<Vec<Points>, CloudwatchError> {
    let each = audiences.iter().flat_map(|audience| {
        let text = audience.text();
        functions.iter().map(move |function| (*audience, text, function))
    });
    let each: Vec<_> = each.collect();
    let series: Vec<_> = each
        .iter()
        .flat_map(|(_, text, function)| {
            let dimensions = vec![(FUNCTION, function.as_str()), (AUDIENCE, &**text)];
            metrics.map(|(metric, statistic)| {
                let dimensions = dimensions.clone();
                Series { metric: metric.name(), dimensions, statistic }
            })
        })
        .collect();
    let span = Span { start, end: budget.wall };
    let mut points = cloudwatch::read(&app.aws, NAMESPACE, &series, span, budget).await?.into_iter();
    let mut next = || points.next().unwrap_or_default();
    Ok(each.iter().map(|(audience, ..)| (*audience, next(), next())).collect())
}

fn earlier(now: Timestamp, by: Duration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

/// What CloudWatch gives back as a float was a count.
fn count(number: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float is cut to the range")]
    let count = number.max(0.0) as u64;
    count
}
