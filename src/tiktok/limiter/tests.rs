use futures_util::future::join_all;

use super::*;

fn limiter(calls_per_second: u32) -> Limiter {
    Limiter::new(NonZeroU32::new(calls_per_second).unwrap())
}

/// When `calls` concurrent calls started, in order.
async fn starts(limiter: &Limiter, calls: usize, within: Duration) -> Vec<Duration> {
    let start = Instant::now();
    let latest = start + within;
    let mut times: Vec<Duration> =
        join_all((0..calls).map(|_| async { limiter.start_by(latest).await.then(|| start.elapsed()) }))
            .await
            .into_iter()
            .flatten()
            .collect();
    times.sort();
    times
}

#[tokio::test(start_paused = true)]
async fn no_second_holds_more_calls_than_allowed() {
    for rate in [1_u32, 3, 5, 10, 7] {
        let calls = rate as usize * 3 + 1;
        let times = starts(&limiter(rate), calls, Duration::from_mins(1)).await;
        assert_eq!(times.len(), calls, "{rate}/s");
        for window in times.windows(rate as usize + 1) {
            let span = window.last().unwrap().saturating_sub(window[0]);
            assert!(span >= Duration::from_secs(1), "{rate}/s: {window:?}");
        }
        assert!(*times.last().unwrap() <= Duration::from_millis(3_200), "{rate}/s is used: {times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_call_after_a_pause_goes_at_once_but_a_pause_saves_nothing_up() {
    let limiter = limiter(5);
    assert_eq!(starts(&limiter, 1, Duration::ZERO).await, [Duration::ZERO]);
    tokio::time::advance(Duration::from_secs(10)).await;
    let times = starts(&limiter, 3, Duration::from_secs(5)).await;
    assert_eq!(times[0], Duration::ZERO);
    assert!(times[1] >= Duration::from_millis(200) && times[2] >= Duration::from_millis(400), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_start_in_time_is_told_at_once() {
    let limiter = limiter(1);
    let start = Instant::now();
    assert!(limiter.start_by(start).await);
    assert!(!limiter.start_by(start + Duration::from_millis(900)).await);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(limiter.start_by(start + Duration::from_millis(1_100)).await);
    assert!(!limiter.start_by(start).await);
}
