//! Works through an invocation so many times, for whoever counts instructions: `benches/stages/growth` does.

#![allow(clippy::print_stdout, reason = "it says what it has done, so that nothing is measured that does nothing")]

mod invocation;
#[allow(dead_code, reason = "the wire uses more of it")]
#[path = "../wire/src/people.rs"]
mod people;

use std::process::ExitCode;

use tiktok_audiences::outcome::Outcome;

const USAGE: &str = "usage: growth direct|queue|mappings|audiences NUMBER TIMES";
/// Events of an invocation, where something else grows.
const EVENTS: usize = 1000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, number, times] = arguments.as_slice() else { return usage() };
    let (Ok(number), Ok(times)) = (number.parse(), times.parse()) else { return usage() };
    let Some((payload, mappings)) = prepared(what, number) else { return usage() };
    let router = invocation::router(mappings);
    let mut done = 0;
    for _ in 0..times {
        let Some(opened) = invocation::open(&payload) else { return ExitCode::FAILURE };
        let evaluated = invocation::evaluate(&router, &opened);
        let bodies = invocation::bodies(&invocation::calls(&router, invocation::evaluate(&router, &opened)));
        let Some(ledger) = invocation::rehearse(&router, evaluated, opened.intake.len()) else {
            return ExitCode::FAILURE;
        };
        let delivered = ledger.outcomes().iter().filter(|outcome| **outcome == Outcome::Delivered).count();
        if bodies == 0 || delivered != opened.intake.len() || invocation::reply(&router, &opened, &ledger).is_empty() {
            return ExitCode::FAILURE;
        }
        done += delivered;
    }
    println!("{done}");
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    println!("{USAGE}");
    ExitCode::from(2)
}

/// The payload, and how many mappings there are.
fn prepared(what: &str, number: usize) -> Option<(String, usize)> {
    Some(match what {
        "direct" => (people::array((0..number).map(people::event)), 0),
        "queue" => (people::queue_batch(number), 0),
        "mappings" => (people::array((0..EVENTS).map(people::event)), number),
        "audiences" => {
            (people::array((0..EVENTS).map(|person| people::event_of_audience(person, person % number.max(1)))), 0)
        }
        _ => return None,
    })
}
