//! How the cost of an event changes with what is around it.

use serde_json::{Value, json};

use super::{Programs, direct, queue, take_turns};
use crate::Failure;
use crate::measure::{Cost, Work};
use crate::options::Options;
use crate::people;
use crate::program::Program;
use crate::table::Table;

const BATCH: usize = 1000;

/// What an event costs among few and many others, mappings and audiences.
pub(crate) async fn growth(programs: &Programs, options: &Options, table: &mut Table) -> Result<(), Failure> {
    let few = Options { events: options.events / 2, ..options.clone() };
    let function = &programs.function;
    let arrays: Vec<_> =
        [10, 100, 1000, 5000].map(|people| (format!("{people} events"), function.clone(), direct(people))).into();
    compare("direct array", &arrays, 2, &few, table).await?;
    let batches: Vec<_> =
        [10, 100, 1000, 3000].map(|people| (format!("{people} records"), function.clone(), queue(people))).into();
    compare("queue", &batches, 2, &few, table).await?;
    let mappings: Vec<_> =
        [1, 10, 50].map(|count| (format!("{count} mappings"), with_mappings(function, count), direct(BATCH))).into();
    compare("one mapping matching of", &mappings, 0, &few, table).await?;
    let audiences: Vec<_> =
        [1, 10, 100].map(|count| (format!("{count} audiences"), function.clone(), of_audiences(count))).into();
    compare("people of", &audiences, 0, &few, table).await
}

/// Measures each and holds it against one of them.
async fn compare(
    what: &str,
    each: &[(String, Program, Work)],
    base: usize,
    options: &Options,
    table: &mut Table,
) -> Result<(), Failure> {
    let turns: Vec<_> = each.iter().map(|(_, program, work)| (program, work)).collect();
    let costs = take_turns(&turns, options).await?;
    let base_cost = costs.get(base).copied().map_or(f64::NAN, Cost::total);
    let name = each.get(base).map_or("", |(name, ..)| name.as_str());
    for ((each, ..), cost) in each.iter().zip(&costs) {
        let ratio = cost.total() / base_cost;
        let value = format!("{:.2} µs an event", cost.total());
        table.row(&format!("{what} {each}"), value, format!("{name}: {ratio:.2}×"), "flat");
    }
    Ok(())
}

/// So many mappings of which one matches.
fn with_mappings(function: &Program, count: usize) -> Program {
    let mapping = |number: usize| {
        let name = if number == 0 { "Audience Entered".to_owned() } else { format!("Another {number}") };
        json!({
            "name": name, "action": "addToAudience",
            "trigger": format!("event = \"{name}\" and properties.audience_key = \"abandoned_cart\"")
        })
    };
    let mappings: Value = (0..count).map(mapping).collect();
    let destination = json!({"settings": {"calls_per_second": 1000}, "mappings": mappings});
    function.clone().with("DESTINATION_CONFIG", destination.to_string())
}

fn of_audiences(count: usize) -> Work {
    let events = (0..BATCH).map(|person| people::event_of_audience(person, person % count));
    Work { payload: people::array(events), ..direct(BATCH) }
}
