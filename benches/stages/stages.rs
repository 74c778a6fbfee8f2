//! How long each stage of an event's way takes, with the library's own API.

mod invocation;
#[allow(dead_code, reason = "the wire uses more of it")]
#[path = "../wire/src/people.rs"]
mod people;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tiktok_audiences::identity::{self, Device, Direction, Rules};
use tiktok_audiences::json::Document;

/// Events of an invocation.
const EVENTS: usize = 1000;

fn main() {
    divan::main();
}

fn array(events: usize) -> String {
    people::array((0..events).map(people::event))
}

#[divan::bench(args = [1, 100, 1000])]
fn index(bencher: Bencher<'_, '_>, events: usize) {
    let payload = array(events);
    bencher.counter(ItemsCount::new(events)).bench_local(|| Document::parse(black_box(payload.as_str())).is_ok());
}

#[divan::bench]
fn index_as_a_tree_of_serde_json(bencher: Bencher<'_, '_>) {
    let payload = array(EVENTS);
    let parse = || serde_json::from_str::<serde_json::Value>(black_box(payload.as_str())).is_ok();
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(parse);
}

#[divan::bench]
fn open(bencher: Bencher<'_, '_>) {
    let payload = array(EVENTS);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| invocation::open(black_box(&payload)).is_some());
}

#[divan::bench]
fn open_queue(bencher: Bencher<'_, '_>) {
    let payload = people::queue_batch(EVENTS);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| invocation::open(black_box(&payload)).is_some());
}

#[divan::bench(args = [0, 1, 50])]
fn evaluate(bencher: Bencher<'_, '_>, mappings: usize) {
    let (payload, router) = (array(EVENTS), invocation::router(mappings));
    let Some(opened) = invocation::open(&payload) else { return };
    let evaluate = || invocation::evaluate(black_box(&router), black_box(&opened)).operations.len();
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(evaluate);
}

#[divan::bench]
fn plan(bencher: Bencher<'_, '_>) {
    let (payload, router) = (array(EVENTS), invocation::router(0));
    let Some(opened) = invocation::open(&payload) else { return };
    bencher
        .counter(ItemsCount::new(EVENTS))
        .with_inputs(|| invocation::evaluate(&router, &opened))
        .bench_local_values(|evaluated| invocation::rehearse(&router, evaluated, EVENTS));
}

#[divan::bench]
fn body(bencher: Bencher<'_, '_>) {
    let (payload, router) = (array(EVENTS), invocation::router(0));
    let Some(opened) = invocation::open(&payload) else { return };
    let calls = invocation::calls(&router, invocation::evaluate(&router, &opened));
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| invocation::bodies(black_box(&calls)));
}

#[divan::bench]
fn report(bencher: Bencher<'_, '_>) {
    let (payload, router) = (array(EVENTS), invocation::router(0));
    let Some(opened) = invocation::open(&payload) else { return };
    let evaluated = invocation::evaluate(&router, &opened);
    let Some(ledger) = invocation::rehearse(&router, evaluated, EVENTS) else { return };
    let render = || invocation::reply(black_box(&router), &opened, black_box(&ledger)).len();
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(render);
}

#[divan::bench]
fn identify(bencher: Bencher<'_, '_>) {
    let (rules, device) = (Rules::default(), Device::default());
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        let email = identity::email(black_box("person.17@example.com"), &rules);
        let phone = identity::phone(black_box("+1 202 555 0143"), None, &rules);
        let id = identity::advertising_id(
            black_box("38400000-8CF0-11BD-B23E-10B96E40000D"),
            &device,
            Direction::Add,
            &rules,
        );
        (email.is_ok(), phone.is_ok(), id.is_ok())
    });
}
