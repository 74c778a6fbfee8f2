//! How long each stage of an event's way takes, with the library's own API.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tiktok_audiences::identity::{self, Device, Direction, Rules};
use tiktok_audiences::json::Document;

#[allow(dead_code, reason = "the wire uses more of it")]
#[path = "../wire/src/people.rs"]
mod people;

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 100, 1000])]
fn index(bencher: Bencher<'_, '_>, events: usize) {
    let payload = people::array((0..events).map(people::event));
    bencher.counter(ItemsCount::new(events)).bench_local(|| Document::parse(black_box(payload.as_str())).is_ok());
}

#[divan::bench(args = [1000])]
fn index_queue(bencher: Bencher<'_, '_>, events: usize) {
    let payload = people::queue_batch(events);
    bencher.counter(ItemsCount::new(events)).bench_local(|| Document::parse(black_box(payload.as_str())).is_ok());
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
