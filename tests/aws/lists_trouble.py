"""Lists while functions are throttled and killed, TikTok fails, and somebody stops them."""

import lists_files as files
from lists_cases import FOLDER, Case, ended, given, unlike, wrong_members, wrong_notices
from lists_world import Lists, Trouble
from states_machine import Execution

ROWS = range(0, 20_000)
BROKEN = set(range(0, 20_000, 9))
"""Rows without an address."""


def trouble(lists: Lists) -> list[str]:
    """Throttled, killed and refused at random, and TikTok away for longer than a batch is retried."""
    key = lists.put(f"{FOLDER}/trouble.csv", files.csv(ROWS, BROKEN))
    lists.functions.trouble = Trouble(throttled=0.1, killed=0.1)
    deaths = lists.functions.deaths
    lists.double.fail(20)
    lists.double.fail(3, fault="hang_up_after_body", applied=True)
    execution = lists.start(given(key, "trouble"))
    lists.functions.trouble = Trouble()
    rows = len(ROWS)
    expected = {
        "phase": "deliver", "rows": rows, "delivered": rows - len(BROKEN), "rejected": len(BROKEN), "batches": rows // 500,
        "reasons": {"NO_USABLE_IDENTIFIER": len(BROKEN)},
    }
    found = ended(execution) + unlike(expected, lists.summary(execution))
    found += wrong_members(lists, "trouble", files.cells(set(ROWS) - BROKEN))
    listed = (lists.object(f"results/{execution.name}/rejected.csv") or "").splitlines()[1:]
    numbers = sorted(int(line.partition(",")[0]) for line in listed)
    found += [] if numbers == [number + 1 for number in sorted(BROKEN)] else [f"{len(numbers)} rows are listed as rejected"]
    found += [] if execution.redrives else ["it was never redriven, so that nothing was shown"]
    return found if lists.functions.deaths > deaths else [*found, "no process died, so that nothing was shown"]


def stopped_by_hand(lists: Lists) -> list[str]:
    """Stopped in its delivery it is left alone and reported; redriven it ends as if nothing had been."""
    people = range(0, 3_000)
    key = lists.put(f"{FOLDER}/stopped.csv", files.csv(people))
    lists.stop_after(6 + 2)
    execution = lists.start(given(key, "stopped"))
    summary = lists.summary(execution)
    sentence = "the list was stopped in its deliver phase after 1000 rows were delivered: "
    found = ended(execution, "ABORTED") + ended(lists.follow_ups[-1], "FAILED", "ListFailed")
    found += [] if summary.get("sentence", "").startswith(sentence) else [f"its summary says {summary.get('sentence')!r}"]
    found += unlike({"phase": "failed", "may_pass": False, "delivered": 1_000}, summary)
    found += [] if execution.redrives == 0 else ["it was redriven"]
    lists.redrive(execution)
    found += ended(execution) + unlike({"rows": 3_000, "delivered": 3_000, "batches": 6}, lists.summary(execution))
    return found + wrong_members(lists, "stopped", files.cells(people))


def given_up(lists: Lists) -> list[str]:
    """TikTok away for good: redriven as often as the stack says, waits that double, and a report at the end."""
    people = range(0, 600)
    key = lists.put(f"{FOLDER}/away.csv", files.csv(people))
    lists.double.fail()
    before = len(lists.follow_ups)
    execution = lists.start(given(key, "away"))
    lists.double.reset()
    follow_ups = lists.follow_ups[before:]
    waits = sorted(sum(follow_up.clock.waits) for follow_up in follow_ups)
    found = ended(execution, "FAILED", "States.ExceedToleratedFailureThreshold")
    found += [] if (execution.redrives, waits) == (3, [0, 60, 120, 240]) else [f"{execution.redrives} redrives, waits {waits}"]
    summary = lists.summary(execution)
    found += unlike({"phase": "failed", "may_pass": True, "proceed": False}, summary)
    found += [] if "Retryable" in summary.get("sentence", "") else [f"its summary says {summary.get('sentence')!r}"]
    notices = [notice["subject"] for notice in lists.notices if notice["message"]["run"] == execution.name]
    return found if notices == ["List failed"] else [*found, f"it was announced as {notices}"]


def follow_up_throttled(lists: Lists) -> list[str]:
    """A call of the follow-up's own that is refused once costs a moment, and no redrive."""
    key = lists.put(f"{FOLDER}/throttled.csv", files.csv(range(0, 600)))
    lists.double.fail()
    lists.refused_once = {"describeExecution", "listMapRuns", "redriveExecution"}
    execution = lists.start(given(key, "throttled"))
    lists.double.reset()
    left, lists.refused_once = lists.refused_once, set()
    found = [f"{call} was never asked for" for call in sorted(left)]
    return found if execution.redrives == 3 else [*found, f"it was redriven {execution.redrives} times, not 3"]


FAILS_ONCE = 15
"""As many calls as a batch makes with all of its attempts."""


def redriven_by_hand(lists: Lists) -> list[str]:
    """Somebody redrives a list while the follow-up waits: the list ends well, and so does the follow-up."""
    people = range(0, 600)
    key = lists.put(f"{FOLDER}/by-hand.csv", files.csv(people))
    lists.double.fail(FAILS_ONCE)
    lists.by_hand = lists.redrive
    execution = lists.start(given(key, "by-hand"))
    found = ended(execution) + ended(lists.follow_ups[-1]) + wrong_notices(lists, execution, ["List delivered"])
    found += [] if execution.redrives == 1 else [f"it was redriven {execution.redrives} times"]
    return found if lists.by_hand is None else [*found, "no follow-up has waited"]


def redriven_at_last(lists: Lists) -> list[str]:
    """The same between the follow-up's last look and its redrive."""
    people = range(0, 600)
    key = lists.put(f"{FOLDER}/at-last.csv", files.csv(people))
    lists.double.fail(FAILS_ONCE)
    lists.redriven_at_last = True
    execution = lists.start(given(key, "at-last"))
    left, lists.redriven_at_last = lists.redriven_at_last, False
    found = ended(execution) + ended(lists.follow_ups[-1]) + wrong_notices(lists, execution, ["List delivered"])
    return [*found, "no follow-up has asked for a redrive"] if left else found


def taken_back_by_hand(lists: Lists) -> list[str]:
    """Somebody redrives a list while the follow-up waits, sees that it is the wrong one and stops it: it stays stopped."""
    key = lists.put(f"{FOLDER}/taken-back.csv", files.csv(range(0, 1_500)))
    lists.double.fail(FAILS_ONCE)

    def redrive_and_stop(execution: Execution) -> None:
        lists.stop_after(1)
        lists.redrive(execution)

    lists.by_hand = redrive_and_stop
    execution = lists.start(given(key, "taken back"))
    found = ended(execution, "ABORTED")
    found += [] if execution.redrives == 1 else [f"it was redriven {execution.redrives} times"]
    # The younger ends first: it tells of the stop.
    younger, older = lists.follow_ups[-2:]
    return found + ended(younger, "FAILED", "ListFailed") + ended(older)


CASES: dict[str, Case] = {
    "throttled, killed and redriven, the members are the file's": trouble,
    "stopped by hand": stopped_by_hand,
    "given up after its redrives": given_up,
    "the follow-up is throttled": follow_up_throttled,
    "redriven by hand while the follow-up waits": redriven_by_hand,
    "redriven by hand as the follow-up does": redriven_at_last,
    "redriven and stopped by hand while the follow-up waits": taken_back_by_hand,
}
