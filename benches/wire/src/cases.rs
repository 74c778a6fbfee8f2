//! What is measured, and between which programs.

mod growth;
mod programs;

use growth::growth;
pub(crate) use programs::Programs;

use serde_json::json;

use crate::Failure;
use crate::measure::{Cost, Start, Work, cost, first, median, percentile, start};
use crate::options::{Options, Part};
use crate::people;
use crate::program::Program;
use crate::table::Table;

const WARM_UP: usize = 5;
/// Events of a batch.
const BATCH: usize = 1000;
/// Events of the largest direct array that an invocation of 6 MB holds.
const LARGE: usize = 5000;

/// What is told of a program in the table, the program, and what it is given.
type Turn<'a> = (&'static str, &'a Program, &'a Work);

/// Measures a part of the table.
pub(crate) async fn measure(
    part: Part,
    programs: &Programs,
    options: &Options,
    table: &mut Table,
) -> Result<(), Failure> {
    match part {
        Part::Starts => {
            starts(programs, options, table).await?;
            first_invocations(programs, options, table).await
        }
        Part::Events => events(programs, options, table).await,
        Part::Single => one_by_one(programs, options, table).await,
        Part::Journal => journal(programs, options, table).await,
        Part::Memory => memory(programs, options, table).await,
        Part::Growth => growth(programs, options, table).await,
    }
}

/// Spawn to first reply, and the memory of the first reply.
async fn starts(programs: &Programs, options: &Options, table: &mut Table) -> Result<(), Failure> {
    let works = [greeting(), direct(1)];
    let turns = one_event_each(programs, &works);
    let mut of: Vec<Vec<Start>> = vec![Vec::new(); turns.len()];
    for _ in 0..options.rounds * options.starts + 2 {
        for (taken, (_, program, work)) in of.iter_mut().zip(&turns) {
            taken.push(start(program, work).await?);
        }
    }
    // The first two starts fill the page cache.
    let times = |starts: &[Start], percent| percentile(starts.iter().skip(2).map(|start| start.milliseconds), percent);
    let memory = |starts: &[Start]| median(starts.iter().skip(2).map(|start| start.memory)) / 1e6;
    let [hello, functions @ ..] = of.as_slice() else { return Ok(()) };
    for ((name, program), starts) in programs.functions().into_iter().zip(functions) {
        let (p50, p95) = (times(starts, 50), times(starts, 95));
        let (hello50, hello95) = (times(hello, 50), times(hello, 95));
        table.row(
            &format!("start to first reply{name}, p50"),
            format!("{p50:.2} ms"),
            format!("hello world {hello50:.2} ms: {:.2}×", p50 / hello50),
            "≤ 2.0×",
        );
        table.row(
            &format!("start to first reply{name}, p95"),
            format!("{p95:.2} ms"),
            format!("hello world {hello95:.2} ms: {:.2}×", p95 / hello50),
            "≤ 3× hello world's p50",
        );
        let median_of = |starts: &[Start], part: fn(&Start) -> f64| median(starts.iter().skip(2).map(part));
        let (processor, faults) = (|start: &Start| start.processor, |start: &Start| start.page_faults);
        let (own, hellos) = (median_of(starts, processor), median_of(hello, processor));
        table.row(
            &format!("on a processor by the first reply{name}"),
            format!("{own:.2} ms"),
            format!("hello world {hellos:.2} ms: {:.2}×", own / hellos),
            "",
        );
        let (own, hellos) = (median_of(starts, faults), median_of(hello, faults));
        table.row(
            &format!("page faults by the first reply{name}"),
            format!("{own:.0}"),
            format!("hello world {hellos:.0}"),
            "",
        );
        table.row(
            &format!("memory at the first reply{name}"),
            format!("{:.2} MB", memory(starts)),
            format!("hello world {:.2} MB: {:.2}×", memory(hello), memory(starts) / memory(hello)),
            "≤ 2.5×",
        );
        let zipped = programs::zipped(program)?;
        table.row(&format!("package{name}"), format!("{zipped:.2} MB"), String::new(), "≤ 3.0 MB");
    }
    Ok(())
}

/// The first reply of a process that is started and waits, as the ones that Lambda starts ahead of need.
async fn first_invocations(programs: &Programs, options: &Options, table: &mut Table) -> Result<(), Failure> {
    let works = [greeting(), direct(1)];
    let turns = one_event_each(programs, &works);
    let mut of: Vec<Vec<f64>> = vec![Vec::new(); turns.len()];
    for _ in 0..options.rounds * options.starts {
        for (taken, (_, program, work)) in of.iter_mut().zip(&turns) {
            taken.push(first(program, work).await?);
        }
    }
    let mut medians = of.into_iter().map(median);
    let hello = medians.next().unwrap_or_default();
    for ((name, ..), own) in turns.iter().skip(1).zip(medians) {
        let against = format!("hello world {hello:.2} ms: {:.2}×", own / hello);
        table.row(&format!("first invocation of a started process{name}, p50"), format!("{own:.2} ms"), against, "");
    }
    Ok(())
}

/// What an event costs in batches of 1,000, beside a parser and Segment's destination.
async fn events(programs: &Programs, options: &Options, table: &mut Table) -> Result<(), Failure> {
    let (direct, queue) = (direct(BATCH), queue(BATCH));
    let parsed = Work { expected: BATCH.to_string(), rows: 0, ..direct.clone() };
    let theirs = Work { expected: r#""status":200"#.to_owned(), ..direct.clone() };
    let mut turns: Vec<(String, &Program, &Work, &str)> = Vec::new();
    for (name, program) in programs.functions() {
        turns.push((format!("an event, direct arrays of {BATCH}{name}"), program, &direct, "≤ 2.0 µs"));
        turns.push((format!("an event, {BATCH} queue records{name}"), program, &queue, "≤ 2.8 µs"));
    }
    turns.push(("the same array only parsed to a tree".to_owned(), &programs.parse, &parsed, ""));
    turns.extend(
        programs
            .segment
            .as_ref()
            .map(|segment| ("the same array, Segment's destination".to_owned(), segment, &theirs, "≥ 10×")),
    );
    let turns_of = turns.iter().map(|(_, program, work, _)| (*program, *work)).collect::<Vec<_>>();
    let costs = take_turns(&turns_of, options).await?;
    let ours = costs.first().copied().map_or(f64::NAN, Cost::total);
    for ((what, _, _, target), cost) in turns.iter().zip(&costs) {
        table.row(what, in_words(*cost), format!("{:.2}× the first", cost.total() / ours), target);
    }
    Ok(())
}

/// What an event costs that is alone in its invocation.
async fn one_by_one(programs: &Programs, options: &Options, table: &mut Table) -> Result<(), Failure> {
    let works = [greeting(), direct(1)];
    let turns = one_event_each(programs, &works);
    let few = Options { events: (options.events / 50).max(50), ..options.clone() };
    let turns_of = turns.iter().map(|(_, program, work)| (*program, *work)).collect::<Vec<_>>();
    let costs = take_turns(&turns_of, &few).await?;
    let Some((hello, costs)) = costs.split_first() else { return Ok(()) };
    for ((name, ..), cost) in turns.iter().skip(1).zip(costs) {
        let against = format!("hello world {}", in_words(*hello));
        table.row(&format!("one event per invocation{name}"), in_words(*cost), against, "≤ 70 µs user");
    }
    Ok(())
}

/// What the journal adds to an event, in batches of 1,000.
async fn journal(programs: &Programs, options: &Options, table: &mut Table) -> Result<(), Failure> {
    let (direct, queue) = (direct(BATCH), queue(BATCH));
    let journaling = programs.function.clone().with("JOURNAL_STREAM", "journal");
    let each = [("direct arrays", &direct), ("queue records", &queue)];
    let turns: Vec<_> = each.iter().flat_map(|(_, work)| [(&programs.function, *work), (&journaling, *work)]).collect();
    let costs = take_turns(&turns, options).await?;
    for ((what, _), costs) in each.iter().zip(costs.chunks(2)) {
        let [without, with] = costs else { continue };
        table.row(
            &format!("an event with the journal, {BATCH} {what}"),
            in_words(*with),
            format!("without {:.2} µs: {:.2}×", without.total(), with.total() / without.total()),
            "≤ 1.05×",
        );
    }
    Ok(())
}

/// The most memory that large arrays take, one after the other. Where the allocator puts things is chance: each round is
/// a process.
async fn memory(programs: &Programs, options: &Options, table: &mut Table) -> Result<(), Failure> {
    let large = direct(LARGE);
    let bytes = f64::from(u32::try_from(large.payload.len()).unwrap_or(u32::MAX));
    let functions = programs.functions();
    let mut of: Vec<Vec<f64>> = vec![Vec::new(); functions.len()];
    for _ in 0..options.rounds {
        for (taken, (_, program)) in of.iter_mut().zip(&functions) {
            taken.push(cost(program, &large, 2, (options.events / LARGE).max(1)).await?.memory);
        }
    }
    for ((name, _), taken) in functions.iter().zip(&of) {
        let (middle, most) = (median(taken.iter().copied()), taken.iter().copied().fold(0.0, f64::max));
        table.row(
            &format!("memory, direct arrays of {LARGE}{name}"),
            format!("{:.1} MB, at most {:.1}", middle / 1e6, most / 1e6),
            format!("the payload's {:.1} MB: {:.2}×, at most {:.2}×", bytes / 1e6, middle / bytes, most / bytes),
            "≤ 3×",
        );
    }
    Ok(())
}

/// The median of what each turn costs over the rounds, in which they alternate.
async fn take_turns(turns: &[(&Program, &Work)], options: &Options) -> Result<Vec<Cost>, Failure> {
    let mut of: Vec<Vec<Cost>> = vec![Vec::new(); turns.len()];
    for _ in 0..options.rounds {
        for (taken, (program, work)) in of.iter_mut().zip(turns) {
            let times = (options.events / work.events).max(1);
            taken.push(cost(program, work, WARM_UP, times).await?);
        }
    }
    let each = |costs: &[Cost], part: fn(&Cost) -> f64| median(costs.iter().map(part));
    let middle = |costs: &Vec<Cost>| Cost {
        user: each(costs, |cost| cost.user),
        system: each(costs, |cost| cost.system),
        memory: each(costs, |cost| cost.memory),
    };
    Ok(of.iter().map(middle).collect())
}

/// The programs that are given one event per invocation, and what each does with it: the hello world first.
fn one_event_each<'a>(programs: &'a Programs, [hello, one]: &'a [Work; 2]) -> Vec<Turn<'a>> {
    let functions = programs.functions().into_iter().map(|(name, program)| (name, program, one));
    std::iter::once(("", &programs.hello, hello)).chain(functions).collect()
}

fn in_words(cost: Cost) -> String {
    format!("{:.2} µs (user {:.2}, system {:.2})", cost.total(), cost.user, cost.system)
}

/// An event that is answered with a word.
fn greeting() -> Work {
    Work { expected: "hello".to_owned(), rows: 0, ..direct(1) }
}

fn direct(people: usize) -> Work {
    let payload = if people == 1 { people::event(0) } else { people::array((0..people).map(people::event)) };
    Work {
        payload,
        events: people,
        expected: json!({ "delivered": people }).to_string().replace(['{', '}'], ""),
        rows: people,
    }
}

fn queue(people: usize) -> Work {
    let expected = r#"{"batchItemFailures":[]}"#.to_owned();
    Work { payload: people::queue_batch(people), events: people, expected, rows: people }
}
