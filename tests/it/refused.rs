//! Calls that TikTok refuses: whom the refusal is blamed on, and how many calls it takes to find out.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::fake_tiktok::{
    ADVERTISER, Audience, Condition, Endpoint, FakeTiktok, Fault, Limits, OTHER_ADVERTISER, Rule, TOKEN,
};
use crate::world::{Wired, World, counts, entries, fast, hash_of, person, tally};

fn vip(world: &World) -> String {
    world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"))
}

fn around(tiktok: FakeTiktok, settings: &Value) -> World {
    let secret = json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
    World::with(tiktok, &fast(settings), &secret)
}

async fn deliver(world: &World, events: Vec<Value>) -> Value {
    let report = world.invoke(&json!({"events": events})).await.unwrap();
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
    report
}

fn calls(world: &World) -> u64 {
    world.tiktok.call_count(Endpoint::Mapping)
}

/// Calls that single out `bad` of `rows` rows at most: on each way down, both halves of every call.
fn most_calls(bad: u32, rows: usize) -> u64 {
    u64::from(2 * bad * rows.next_power_of_two().ilog2() + 1)
}

#[tokio::test]
async fn bad_rows_are_singled_out_in_few_calls() {
    let ten: Vec<usize> = (0..10).map(|number| number * 100 + number * 7).collect();
    for bad in [vec![0], vec![617], vec![999], vec![3, 500, 501], vec![0, 1, 999], (500..510).collect(), ten] {
        let world = World::fast(Wired::Nothing);
        let audience = vip(&world);
        for number in &bad {
            world.tiktok.poison(&hash_of(&person(*number)));
        }
        let report = deliver(&world, entries(&audience, 0..1_000)).await;
        let expected = counts(&[("delivered", 1_000 - bad.len()), ("rejected TIKTOK_REFUSED", bad.len())]);
        assert_eq!(tally(&report), expected, "{bad:?}");
        for number in &bad {
            let error = &report["results"][number]["actions"][0]["error"];
            assert_eq!(error["tiktok_code"], 40002, "{error}");
        }
        assert_eq!(world.tiktok.member_count(&audience), 1_000 - bad.len());
        let most = most_calls(u32::try_from(bad.len()).unwrap(), 1_000);
        assert!(calls(&world) <= most, "{bad:?}: {} calls, at most {most}", calls(&world));
    }
}

#[tokio::test]
async fn where_nothing_succeeds_the_search_ends_early() {
    let world = World::fast(Wired::Nothing);
    let audience = vip(&world);
    world.tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Code(40002));
    let report = deliver(&world, entries(&audience, 0..1_000)).await;
    assert_eq!(tally(&report), counts(&[("rejected TIKTOK_REFUSED", 1_000)]));
    assert_eq!(calls(&world), most_calls(1, 1_000));
}

/// The first seven calls of a search among eight bring no success, but one of them only since TikTok has a fault.
#[tokio::test]
async fn what_says_nothing_of_the_rows_does_not_end_the_search() {
    let world = World::fast(Wired::Nothing);
    let audience = vip(&world);
    let of = |number| Rule::on(Endpoint::Mapping).mentioning(&hash_of(&person(number)));
    for number in [0, 1, 3] {
        world.tiktok.rule(of(number), Fault::Code(40002));
    }
    for number in 4..8 {
        world.tiktok.rule(of(number), Fault::Status(503));
    }
    let report = deliver(&world, entries(&audience, 0..8)).await;
    let expected = counts(&[("delivered", 1), ("rejected TIKTOK_REFUSED", 3), ("retryable TIKTOK_UNAVAILABLE", 4)]);
    assert_eq!(tally(&report), expected);
}

/// Which of two calls is answered first is up to the network, and changes nothing.
#[tokio::test]
async fn many_bad_rows_do_not_end_the_search_for_good_ones() {
    for seed in 0..8 {
        let world = around(FakeTiktok::setup().seed(seed).start(), &json!({}));
        let audience = vip(&world);
        (0..256).step_by(4).for_each(|number| world.tiktok.poison(&hash_of(&person(number))));
        let late = Rule::on(Endpoint::Mapping).chance(0.2);
        world.tiktok.rule(late, Fault::Delay(Duration::from_millis(8)));
        let report = deliver(&world, entries(&audience, 0..256)).await;
        let expected = counts(&[("delivered", 192), ("rejected TIKTOK_REFUSED", 64)]);
        assert_eq!(tally(&report), expected, "answers late by seed {seed}");
    }
}

/// An audience in some condition beside a healthy one: how its 100 events end, and the most calls that it takes.
async fn check_neighbour(bad: Audience, foreign_code: i64, audiences_per_row: usize, ends: &str, most: u64) {
    let tiktok = FakeTiktok::setup().foreign_code(foreign_code).start();
    let world = around(tiktok, &json!({"audiences_per_row": audiences_per_row}));
    let (good, bad) = (vip(&world), world.tiktok.add_audience(bad));
    let both = entries(&bad, 0..100).into_iter().zip(entries(&good, 0..100));
    let report = deliver(&world, both.flat_map(|(bad, good)| [bad, good]).collect()).await;
    assert_eq!(tally(&report), counts(&[("delivered", 100), (ends, 100)]));
    assert_eq!(world.tiktok.member_count(&good), 100, "{ends}");
    assert!(calls(&world) <= most, "{ends}: {} calls, at most {most}", calls(&world));
}

#[tokio::test]
async fn an_audience_never_sinks_another() {
    let of = |advertiser, condition| Audience::new(advertiser, "other").in_condition(condition);
    for audiences_per_row in [1, 2] {
        // One call with both, then one with each.
        let dead = of(ADVERTISER, Condition::Dead);
        check_neighbour(dead, 40007, audiences_per_row, "rejected TIKTOK_REFUSED", 3).await;
        let busy = of(ADVERTISER, Condition::Busy);
        check_neighbour(busy, 40007, audiences_per_row, "retryable AUDIENCE_BUSY", 3).await;
        let foreign = of(OTHER_ADVERTISER, Condition::Ready);
        check_neighbour(foreign.clone(), 40007, audiences_per_row, "rejected TIKTOK_REFUSED", 3).await;
        check_neighbour(foreign, 40001, audiences_per_row, "retryable TIKTOK_BLOCKED", 3).await;
        // Refused by a parameter code that could be any row's, so that it is searched before it is given up.
        let expired = of(ADVERTISER, Condition::Expired);
        check_neighbour(expired, 40007, audiences_per_row, "rejected TIKTOK_REFUSED", 2 + most_calls(1, 100)).await;
    }
}

#[tokio::test]
async fn what_is_not_the_rows_fault_is_never_blamed_on_them() {
    for (fault, reason, most) in [
        (Fault::Code(40001), "TIKTOK_BLOCKED", 1),
        (Fault::Code(40105), "TIKTOK_UNAUTHORIZED", 2),
        (Fault::Code(40106), "TIKTOK_UNAUTHORIZED", 2),
        (Fault::Code(40118), "TIKTOK_BLOCKED", 1),
        (Fault::Code(41000), "TIKTOK_BLOCKED", 1),
        (Fault::Code(50002), "TIKTOK_UNAVAILABLE", 3),
        (Fault::Status(403), "TIKTOK_BLOCKED", 1),
        (Fault::Status(503), "TIKTOK_UNAVAILABLE", 3),
        (Fault::CodeWithStatus { status: 500, code: 40002 }, "TIKTOK_UNAVAILABLE", 3),
    ] {
        let world = World::fast(Wired::Nothing);
        let audience = vip(&world);
        world.tiktok.rule(Rule::on(Endpoint::Mapping), fault.clone());
        let report = deliver(&world, entries(&audience, 0..64)).await;
        assert_eq!(tally(&report), counts(&[(&format!("retryable {reason}"), 64)]), "{fault:?}");
        assert!(calls(&world) <= most, "{fault:?}: {} calls", calls(&world));
    }
}

#[tokio::test]
async fn calls_that_are_too_large_are_halved_until_they_fit() {
    let limits = Limits { mapping_rows: 100, ..Limits::default() };
    let world = around(FakeTiktok::setup().limits(limits).start(), &json!({}));
    let audience = vip(&world);
    let report = deliver(&world, entries(&audience, 0..1_000)).await;
    assert_eq!(tally(&report), counts(&[("delivered", 1_000)]));
    // 1,000, 500, 250 and 125 are too many: 1 + 2 + 4 + 8 refusals, then 16 calls of 62 or 63 rows.
    assert_eq!(calls(&world), 31);
    for fault in [Fault::Code(40011), Fault::Code(40061), Fault::Status(413)] {
        let world = World::fast(Wired::Nothing);
        let audience = vip(&world);
        world.tiktok.next(fault.clone());
        let report = deliver(&world, entries(&audience, 0..10)).await;
        assert_eq!((tally(&report), calls(&world)), (counts(&[("delivered", 10)]), 3), "{fault:?}");
    }
}

#[tokio::test]
async fn a_partial_success_is_resolved_to_its_rows() {
    for fault in [Fault::Code(20001).into(), Fault::Code(20001).applied()] {
        let world = World::fast(Wired::Nothing);
        let audience = vip(&world);
        world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&hash_of(&person(37))), fault);
        let report = deliver(&world, entries(&audience, 0..64)).await;
        assert_eq!(tally(&report), counts(&[("delivered", 63), ("rejected PARTIAL", 1)]));
        assert_eq!(report["results"][37]["outcome"], "rejected");
        assert!(calls(&world) <= most_calls(1, 64));
    }
}

/// Of a call that TikTok took in part nothing is given up unseen: a part of it was taken.
#[tokio::test]
async fn partial_successes_only_are_followed_to_every_row() {
    let world = World::fast(Wired::Nothing);
    let audience = vip(&world);
    world.tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Code(20001).applied());
    let report = deliver(&world, entries(&audience, 0..16)).await;
    assert_eq!(tally(&report), counts(&[("rejected PARTIAL", 16)]));
}

/// Rows spread over audiences, some of them bad: who ends how, and in how many calls.
async fn check_spread(audience_of: &[usize], bad: &BTreeSet<usize>) {
    let rows = audience_of.len();
    let world = World::fast(Wired::Nothing);
    let audiences: Vec<_> = (0..8).map(|_| vip(&world)).collect();
    for number in bad {
        world.tiktok.poison(&hash_of(&person(*number)));
    }
    let events = (0..rows).flat_map(|number| entries(&audiences[audience_of[number]], number..number + 1));
    let report = deliver(&world, events.collect()).await;
    for number in 0..rows {
        let outcome = report["results"][number]["outcome"].as_str().unwrap();
        let expected = if bad.contains(&number) { "rejected" } else { "delivered" };
        // Where most are bad, the search for good ones ends early.
        assert!(outcome == expected || (outcome == "rejected" && bad.len() > 2), "{number}: {outcome}");
    }
    let most = most_calls(u32::try_from(bad.len()).unwrap(), rows);
    assert!(calls(&world) <= most, "{} of {rows}: {} calls, at most {most}", bad.len(), calls(&world));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn bad_rows_of_any_audiences_are_singled_out_in_few_calls(
        audience_of in prop::collection::vec(0_usize..8, 2..200),
        bad in prop_oneof![prop::collection::btree_set(0_usize..200, 0..3), prop::collection::btree_set(0_usize..200, 0..40)],
    ) {
        let bad = bad.into_iter().filter(|number| *number < audience_of.len()).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check_spread(&audience_of, &bad));
    }
}

#[tokio::test]
async fn one_dead_audience_among_many_is_singled_out_in_few_calls() {
    let world = World::fast(Wired::Nothing);
    let ready: Vec<_> = (0..31).map(|_| vip(&world)).collect();
    let dead = world.tiktok.add_audience(Audience::new(ADVERTISER, "dead").in_condition(Condition::Dead));
    let audiences = ready.iter().chain([&dead]);
    let events = audiences.enumerate().flat_map(|(number, audience)| entries(audience, number * 5..number * 5 + 5));
    let report = deliver(&world, events.collect()).await;
    assert_eq!(tally(&report), counts(&[("delivered", 155), ("rejected TIKTOK_REFUSED", 5)]));
    assert_eq!(calls(&world), most_calls(1, 32));
}

#[tokio::test]
async fn the_search_for_bad_rows_keeps_to_the_rate_and_to_the_time() {
    let destination = json!({"settings": {"calls_per_second": 10}});
    let secret = json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
    let limits = Limits { calls_per_second: Some(10), ..Limits::default() };
    let world = World::with(FakeTiktok::setup().limits(limits).start(), &destination, &secret);
    let audience = vip(&world);
    (0..100).step_by(10).for_each(|number| world.tiktok.poison(&hash_of(&person(number))));
    let payload = json!({"events": entries(&audience, 0..100)});
    let first = world.invoke_within(&payload, Duration::from_millis(4_500)).await.unwrap();
    let first = tally(&first);
    assert!(first["retryable OUT_OF_TIME"] > 0 && first["delivered"] > 0, "{first:?}");
    assert!(calls(&world) <= 16, "{} calls", calls(&world));
    assert!(!world.tiktok.code_counts().contains_key(&Some(40100)));
    // What is sent again ends where the first time would have ended with more of it.
    let again = world.invoke(&payload).await.unwrap();
    assert_eq!(tally(&again), counts(&[("delivered", 90), ("rejected TIKTOK_REFUSED", 10)]));
}
