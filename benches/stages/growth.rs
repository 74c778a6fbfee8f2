//! Works through an invocation so many times, for whoever counts instructions: `benches/stages/growth` does.

#![allow(clippy::print_stdout, reason = "it says what it has done, so that nothing is measured that does nothing")]

mod invocation;
#[allow(dead_code, reason = "the wire uses more of it")]
#[path = "../wire/src/people.rs"]
mod people;

use std::process::ExitCode;

use tiktok_audiences::destination::Router;
use tiktok_audiences::outcome::Outcome;

const USAGE: &str = "usage: growth direct|queue|mappings|audiences NUMBER TIMES";
/// Events of an invocation, where something else grows.
const EVENTS: usize = 1000;
/// Events of an invocation before, by which everything that is done once is done.
const FIRST: usize = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, number, times] = arguments.as_slice() else { return usage() };
    let (Ok(number), Ok(times)) = (number.parse(), times.parse()) else { return usage() };
    let (Some(first), Some(payload)) = (payload(what, number, Some(FIRST)), payload(what, number, None)) else {
        return usage();
    };
    let router = invocation::router(if what == "mappings" { number } else { 0 });
    let delivered = std::iter::once(&first).chain(std::iter::repeat_n(&payload, times));
    let Some(delivered) = delivered.map(|payload| work(&router, payload)).sum::<Option<usize>>() else {
        return ExitCode::FAILURE;
    };
    println!("{delivered}");
    ExitCode::SUCCESS
}

/// How many events were delivered; nothing if one was not.
fn work(router: &Router, payload: &str) -> Option<usize> {
    let opened = invocation::open(payload)?;
    let evaluated = invocation::evaluate(router, &opened);
    let bodies = invocation::bodies(&invocation::calls(router, invocation::evaluate(router, &opened)));
    let ledger = invocation::rehearse(router, evaluated, opened.intake.len())?;
    let delivered = ledger.outcomes().iter().filter(|outcome| **outcome == Outcome::Delivered).count();
    let is_done =
        bodies > 0 && delivered == opened.intake.len() && !invocation::reply(router, &opened, &ledger).is_empty();
    is_done.then_some(delivered)
}

fn usage() -> ExitCode {
    println!("{USAGE}");
    ExitCode::from(2)
}

/// What an invocation is given, of so many events if that is said.
fn payload(what: &str, number: usize, events: Option<usize>) -> Option<String> {
    Some(match what {
        "direct" => people::array((0..events.unwrap_or(number)).map(people::event)),
        "queue" => people::queue_batch(events.unwrap_or(number)),
        "mappings" => people::array((0..events.unwrap_or(EVENTS)).map(people::event)),
        "audiences" => people::array(
            (0..events.unwrap_or(EVENTS)).map(|person| people::event_of_audience(person, person % number.max(1))),
        ),
        _ => return None,
    })
}
