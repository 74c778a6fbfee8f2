use std::cell::RefCell;

use super::*;

fn api(code: i64) -> SendError {
    SendError::Api { code, status: 200, busy: false, request_id: None }
}

/// Runs calls that fail with `codes` one after the other, then succeed; the offsets at which they were made.
async fn attempts(codes: &[i64], time: Duration) -> (Result<(), SendError>, Vec<Duration>) {
    let start = Instant::now();
    let made = RefCell::new(Vec::new());
    let result = with_backoff(start + time, async || {
        made.borrow_mut().push(start.elapsed());
        codes.get(made.borrow().len() - 1).map_or(Ok(()), |code| Err(api(*code)))
    })
    .await;
    (result, made.into_inner())
}

#[tokio::test(start_paused = true)]
async fn only_what_may_pass_is_repeated_and_at_most_twice() {
    for (name, codes, expected_attempts, expected_code) in [
        ("success", &[][..], 1, None),
        ("one fault", &[50_000], 2, None),
        ("two faults", &[50_000, 50_002], 3, None),
        ("three faults", &[50_000, 50_000, 50_002], 3, Some(50_002)),
        ("a throttle", &[40_100], 2, None),
        ("three throttles", &[40_100, 40_100, 40_133], 3, Some(40_133)),
        ("a wrong token", &[40_105], 1, Some(40_105)),
        ("a refusal", &[40_000], 1, Some(40_000)),
        ("no permission", &[40_001], 1, Some(40_001)),
        ("a fault, then a refusal", &[50_000, 40_007], 2, Some(40_007)),
    ] {
        let (result, made) = attempts(codes, Duration::from_mins(1)).await;
        assert_eq!(made.len(), expected_attempts, "{name}");
        assert_eq!(result.err().and_then(|error| error.code()), expected_code, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_audience_is_not_repeated() {
    let mut made = 0;
    let result: Result<(), SendError> = with_backoff(Instant::now() + Duration::from_mins(1), async || {
        made += 1;
        Err(SendError::Api { code: 40_002, status: 200, busy: true, request_id: None })
    })
    .await;
    assert!(result.is_err());
    assert_eq!(made, 1);
}

#[tokio::test(start_paused = true)]
async fn a_throttle_waits_a_second_and_a_fault_need_not() {
    for _ in 0..50 {
        let (_, throttled) = attempts(&[40_100, 40_100], Duration::from_mins(1)).await;
        for (pair, longest) in throttled.windows(2).zip([1_200, 1_400]) {
            let wait = pair[1].saturating_sub(pair[0]);
            assert!(wait >= THROTTLE_WAIT && wait <= Duration::from_millis(longest + 1), "{wait:?}");
        }
        let (_, faulty) = attempts(&[50_000, 50_000], Duration::from_mins(1)).await;
        for (pair, longest) in faulty.windows(2).zip([200, 400]) {
            assert!(pair[1].saturating_sub(pair[0]) <= Duration::from_millis(longest + 1), "{faulty:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_with_less_than_a_second_left() {
    let start = Instant::now();
    let (result, made) = attempts(&[40_100, 40_100], Duration::from_millis(1_900)).await;
    assert_eq!(made.len(), 1);
    assert_eq!(result.unwrap_err().code(), Some(40_100));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn running_out_of_time_does_not_hide_the_failure_before() {
    let mut made = 0;
    let result: Result<(), SendError> = with_backoff(Instant::now() + Duration::from_mins(1), async || {
        made += 1;
        if made == 1 { Err(api(50_000)) } else { Err(SendError::NoTime) }
    })
    .await;
    assert_eq!(result.unwrap_err().code(), Some(50_000));
    assert_eq!(made, 2);
}
