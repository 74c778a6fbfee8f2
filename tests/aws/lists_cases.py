"""Lists that go well, and lists that must not: each case says what is wrong, or nothing."""

import json
from collections.abc import Callable
from typing import Any

import lists_files as files
from lists_world import Cells, Lists
from states_definition import BUCKET
from states_machine import Execution
from surroundings import ADVERTISER

Case = Callable[[Lists], list[str]]
FOLDER = "in/manual"
"""Where an object starts nothing."""


def given(key: str, name: str, **more: Any) -> dict[str, Any]:
    """Arguments of a list that is started by hand."""
    return {"key": key, "action": "add", "audience_name": name, "advertiser_id": ADVERTISER} | more


def unlike(expected: dict[str, Any], summary: dict[str, Any]) -> list[str]:
    """How a summary differs from what it must say."""
    return [f"{name} is {summary.get(name)!r}, not {value!r}" for name, value in expected.items() if summary.get(name) != value]


def wrong_members(lists: Lists, name: str, expected: Cells) -> list[str]:
    members = lists.members(name)
    missing, extra = len(expected - members), len(members - expected)
    return [f"{name} lacks {missing} members and has {extra} too many"] if missing or extra else []


def ended(execution: Execution, status: str = "SUCCEEDED", error: str = "") -> list[str]:
    found = (execution.status, execution.error)
    return [] if found == (status, error) else [f"it ended {found}: {execution.cause}"]


def wrong_notices(lists: Lists, execution: Execution, expected: list[str]) -> list[str]:
    notices = [notice["subject"] for notice in lists.notices if notice["message"]["run"] == execution.name]
    return [] if notices == expected else [f"it was announced as {notices}"]


def from_an_object(lists: Lists) -> list[str]:
    """A file under `in/` is all that it takes; one row in it has no address."""
    name, people = "50% off/VIP", range(1, 1_201)
    key = f"in/add/{ADVERTISER}/50%25 off%2FVIP/2026/customers.csv"
    execution = lists.drop(key, files.csv(people, broken={700}))
    if execution is None:
        return ["the rule did not start it"]
    summary = lists.summary(execution)
    expected = {
        "phase": "deliver", "proceed": True, "batches": 3, "rows": 1_200, "delivered": 1_199, "rejected": 1, "skipped": 0,
        "reasons": {"NO_USABLE_IDENTIFIER": 1}, "rejected_rows": [{"row": 700, "code": "NO_USABLE_IDENTIFIER"}],
    }
    found = ended(execution) + unlike(expected, summary) + wrong_members(lists, name, files.cells(set(people) - {700}))
    listed = lists.object(f"results/{execution.name}/rejected.csv")
    found += [] if listed == 'row,code,source\n700,NO_USABLE_IDENTIFIER,""\n' else [f"rejected.csv is {listed!r}"]
    preflight = json.loads(lists.object(f"results/{execution.name}/preflight.json") or "{}")
    found += unlike({"usable": 1_199, "delivered": 0, "rejected": 1}, preflight)
    return found + wrong_notices(lists, execution, ["List delivered"])


def in_every_form(lists: Lists) -> list[str]:
    """The same people in each form that a file may have."""
    found = []
    for number, (file, written) in enumerate(files.FORMS.items()):
        name, people = f"form {file}", range(number * 1_000, number * 1_000 + 600)
        execution = lists.start(given(lists.put(f"{FOLDER}/{file}", written(people)), name))
        problems = ended(execution) + unlike({"rows": 600, "delivered": 600, "batches": 2}, lists.summary(execution))
        found += [f"{file}: {problem}" for problem in problems + wrong_members(lists, name, files.cells(people))]
    return found


def several_files(lists: Lists) -> list[str]:
    """All files under a prefix are one list; a rejected row says which file it is of."""
    parts = {"a.csv": files.csv(range(0, 700)), "b.csv": files.csv(range(700, 1_400), broken={1_000})}
    for file, content in parts.items():
        lists.put(f"{FOLDER}/several/{file}", content)
    arguments = given("", "several") | {"key": None, "prefix": f"{FOLDER}/several/", "format": "csv"}
    execution = lists.start(arguments)
    rejected = [{"row": 1_001, "source": f"s3://{BUCKET}/{FOLDER}/several/b.csv", "code": "NO_USABLE_IDENTIFIER"}]
    expected = {"rows": 1_400, "delivered": 1_399, "rejected_rows": rejected}
    found = ended(execution) + unlike(expected, lists.summary(execution))
    return found + wrong_members(lists, "several", files.cells(set(range(1_400)) - {1_000}))


def columns_and_removal(lists: Lists) -> list[str]:
    """The file's own headers, two of one kind; and the same people removed by their hashes."""
    people = range(0, 300)
    rows = [f'"Doe, Jane",{files.email(number)},+1415555{number:04},' for number in people]
    content = "\n".join(["name,E-Mail Address,Mobile,Note", *rows]).encode()
    columns = {"email": "E-Mail Address", "phone": ["Mobile"]}
    execution = lists.start(given(lists.put(f"{FOLDER}/own.csv", content), "own columns", columns=columns))
    expected = files.cells(people) | {("PHONE_SHA256", files.digest(f"+1415555{number:04}")) for number in people}
    found = ended(execution) + unlike({"delivered": 300, "ignored_columns": 2}, lists.summary(execution))
    found += wrong_members(lists, "own columns", expected)
    hashed = "\n".join(["email", *(files.digest(files.email(number)) for number in range(0, 100))]).encode()
    arguments = given(lists.put(f"{FOLDER}/gone.csv", hashed), "own columns", action="remove", hash=False)
    removal = lists.start(arguments)
    return found + ended(removal) + wrong_members(lists, "own columns", expected - files.cells(range(0, 100)))


def too_many_unusable(lists: Lists) -> list[str]:
    """The preflight stops it before anybody is called; who allows more gets it."""
    people, broken = range(0, 1_000), set(range(0, 1_000, 3))
    key = lists.put(f"{FOLDER}/broken.csv", files.csv(people, broken))
    execution = lists.start(given(key, "broken"))
    summary = lists.summary(execution)
    sentence = "334 of 1000 rows can't be sent (33.4 percent, at most 20 may): nothing was delivered"
    expected = {"phase": "preflight", "proceed": False, "rejected": 334, "usable": 666, "sentence": sentence}
    found = ended(execution, "FAILED", "ListStopped") + unlike(expected, summary) + wrong_members(lists, "broken", set())
    found += ended(lists.follow_ups[-1], "FAILED", "ListStopped")
    found += [] if lists.follow_ups[-1].cause == sentence else [f"the follow-up says {lists.follow_ups[-1].cause!r}"]
    found += [] if execution.redrives == 0 else ["it was redriven"]
    found += wrong_notices(lists, execution, ["List stopped"])
    allowed = lists.start(given(key, "broken", max_unusable_percent=50))
    return found + ended(allowed) + wrong_members(lists, "broken", files.cells(set(people) - broken))


def stopped_without_a_topic(lists: Lists) -> list[str]:
    """Where nobody gets a message, the alarm on the follow-up tells all the same."""
    execution = lists.start(given(lists.put(f"{FOLDER}/alone.csv", b"id,email\n"), "alone"))
    found = ended(execution, "FAILED", "ListStopped") + ended(lists.follow_ups[-1], "FAILED", "ListStopped")
    return found + wrong_notices(lists, execution, [])


def notice_late(lists: Lists) -> list[str]:
    """A topic that refuses a few times gets the message all the same, once."""
    key = lists.put(f"{FOLDER}/late.csv", files.csv(range(0, 10)))
    lists.failing_notices = 3
    execution = lists.start(given(key, "late"))
    return ended(execution) + wrong_notices(lists, execution, ["List delivered"])


def notice_lost(lists: Lists) -> list[str]:
    """A topic that takes nothing changes nothing of how a list ends, and the output says that nobody was told."""
    lists.failing_notices = FOR_GOOD
    delivered = lists.start(given(lists.put(f"{FOLDER}/untold.csv", files.csv(range(0, 10))), "untold"))
    stopped = lists.start(given(lists.put(f"{FOLDER}/header alone.csv", b"id,email\n"), "untold"))
    failed = lists.start(given(lists.put(f"{FOLDER}/untold.parquet", b"email\n"), "untold"))
    lists.failing_notices = 0
    output = json.loads(delivered.output) if isinstance(delivered.output, str) else delivered.output or {}
    found = ended(delivered) + unlike({"announced": False, "delivered": 10}, output)
    found += ended(stopped, "FAILED", "ListStopped") + ended(failed, "FAILED", "States.ItemReaderFailed")
    follow_ups = [(follow_up.status, follow_up.error) for follow_up in lists.follow_ups[-2:]]
    expected = [("FAILED", "ListStopped"), ("FAILED", "ListFailed")]
    return found if follow_ups == expected else [*found, f"the follow-ups ended {follow_ups}"]


FOR_GOOD = 1_000


def latin_and_ragged_rows(lists: Lists) -> list[str]:
    """A row that is no UTF-8 and one that is cut short are rejected in their place; what is too long is read as far as named."""
    content = b"id,email\n1,person1@example.com\n2,stra\xdfe@example.com\n3\n4,person4@example.com,more,and more\n5,person5@example.com\n"
    execution = lists.start(given(lists.put(f"{FOLDER}/ragged.csv", content), "ragged", max_unusable_percent=50))
    rows = {row["row"]: row["code"] for row in lists.summary(execution).get("rejected_rows", [])}
    found = ended(execution) + wrong_members(lists, "ragged", files.cells({1, 4, 5}))
    return found if rows.keys() == {2} else [*found, f"rejected are {rows}"]


def byte_order_mark(lists: Lists) -> list[str]:
    """What spreadsheets put before the first header does not hide its column."""
    content = "\ufeffemail,id\n".encode() + b"person1@example.com,1\n"
    execution = lists.start(given(lists.put(f"{FOLDER}/mark.csv", content), "mark"))
    return ended(execution) + wrong_members(lists, "mark", files.cells({1}))


def long_list_of_rejected(lists: Lists) -> list[str]:
    """Rejected rows with long names of files stay below what a state may carry; what is left out is said."""
    folder = f"{FOLDER}/{'long/' * 150}"
    lists.put(f"{folder}a.csv", files.csv(range(0, 2_000), broken=set(range(1, 2_000))))
    arguments = given("", "rejected") | {"key": None, "prefix": folder, "format": "csv", "max_unusable_percent": 100}
    execution = lists.start(arguments)
    summary = lists.summary(execution)
    found = ended(execution) + unlike({"rejected": 1_999, "delivered": 1, "truncated": True}, summary)
    return found if len(summary.get("rejected_rows", [])) == 100 else [*found, "it does not name the first hundred"]


def huge_row(lists: Lists) -> list[str]:
    """A row that no batch can hold ends the list, with its reason, before anything is delivered."""
    content = b"id,email\n1,person1@example.com\n2," + b"x" * 300_000 + b"\n"
    execution = lists.start(given(lists.put(f"{FOLDER}/huge.csv", content), "huge"))
    found = ended(execution, "FAILED", "States.DataLimitExceeded") + wrong_members(lists, "huge", set())
    follow_up = lists.follow_ups[-1]
    found += ended(follow_up, "FAILED", "ListFailed")
    found += [] if execution.redrives == 0 else [f"it was redriven {execution.redrives} times, which can't help"]
    sentence = lists.summary(execution).get("sentence", "")
    return found if "DataLimitExceeded" in sentence else [*found, f"its summary says {sentence!r}"]


BAD = {
    "an empty file": (b"", {}, "EMPTY_FILE"),
    "a blank first line": (b"\nemail\n", {}, "NO_HEADER"),
    "no known column": (b"name,city\nJane,Paris\n", {}, "NO_KNOWN_COLUMN"),
    "no header": (b"person1@example.com\nperson2@example.com\n", {}, "NO_KNOWN_COLUMN"),
    "a header that is no UTF-8": (b"email,stra\xdfe\nperson1@example.com,x\n", {}, "NOT_UTF8"),
    "a quote that never closes": (b'email,"name\nperson1@example.com,x\n', {}, "UNCLOSED_QUOTE"),
    "one endless line": (b"email," + b"x" * 2_000_000, {}, "HEADER_TOO_LONG"),
    "an unknown audience": (b"email\nperson1@example.com\n", {"action": "remove"}, "NO_SUCH_AUDIENCE"),
    "an unknown argument": (b"email\nperson1@example.com\n", {"audience": "vip"}, "UNKNOWN_ARGUMENT"),
    "no audience": (b"email\nperson1@example.com\n", {"audience_name": None}, "INVALID_LIST"),
    "another format": (b"email\nperson1@example.com\n", {"format": "xlsx"}, "UNKNOWN_FORMAT"),
    "a missing object": (None, {}, "NO_SUCH_OBJECT"),
    "what is no gzip": (b"email\nperson1@example.com\n", {"key": f"{FOLDER}/not.csv.gz"}, "NOT_GZIP"),
}
"""Files and arguments that are wrong, and by what code the list must end before its first row is read."""


def bad_input(lists: Lists) -> list[str]:
    """Each ends the list with a sentence that names it, once, and delivers nothing."""
    found = []
    for name, (content, more, code) in BAD.items():
        key = more.get("key", f"{FOLDER}/{code}.csv")
        if content is not None:
            lists.put(key, content)
        execution = lists.start(given(key, f"bad {name}") | more)
        problems = ended(execution, "FAILED", "OperationFailed") + wrong_members(lists, f"bad {name}", set())
        problems += [] if code in execution.cause else [f"the cause is {execution.cause}"]
        problems += [] if code in lists.summary(execution).get("sentence", "") else ["no summary names it"]
        problems += [] if execution.redrives == 0 else ["it was redriven"]
        found += [f"{name}: {problem}" for problem in problems]
    return found


def header_alone(lists: Lists) -> list[str]:
    """A file without a row stops in the preflight."""
    execution = lists.start(given(lists.put(f"{FOLDER}/header.csv", b"id,email\n"), "header"))
    sentence = lists.summary(execution).get("sentence", "")
    found = ended(execution, "FAILED", "ListStopped")
    return found if sentence.startswith("the file has no rows") else [*found, f"its summary says {sentence!r}"]


UNREADABLE = {
    "cut.csv.gz": (files.FORMS["customers.csv.gz"](range(0, 900))[:-200], "States.ItemReaderFailed"),
    "not.parquet": (b"email\nperson1@example.com\n", "States.ItemReaderFailed"),
    "broken.jsonl": (files.json_lines(range(0, 3)) + b"{broken\n", "States.ItemReaderFailed"),
    "texts.jsonl": (files.json_lines(range(0, 3)) + b'"person4@example.com"\n', "States.QueryEvaluationError"),
}
"""Files that look well at their head, and what Step Functions itself says of them."""


def unreadable_files(lists: Lists) -> list[str]:
    """What only Step Functions' reader sees ends the list for good, and the summary says it."""
    found = []
    for file, (content, error) in UNREADABLE.items():
        execution = lists.start(given(lists.put(f"{FOLDER}/{file}", content), file))
        problems = ended(execution, "FAILED", error) + wrong_members(lists, file, set())
        problems += [] if execution.redrives == 0 else [f"it was redriven {execution.redrives} times, which can't help"]
        problems += [] if error in lists.summary(execution).get("sentence", "") else ["no summary names it"]
        found += [f"{file}: {problem}" for problem in problems]
    return found


def objects_that_are_no_lists(lists: Lists) -> list[str]:
    """Results, folders and empty objects start nothing; a key of another layout ends with a sentence."""
    none = {"results/run/summary.json": b"{}", "runs/run/manifest.json": b"{}", f"in/add/{ADVERTISER}/vip/": b"x", "in/add/empty.csv": b"", f"{FOLDER}/customers.csv": b"email\n"}
    found = [f"{key} started a list" for key, content in none.items() if lists.drop(key, content) is not None]
    execution = lists.drop("in/vip/customers.csv", b"email\nperson1@example.com\n")
    if execution is None:
        return [*found, "a key of another layout is passed over in silence"]
    return found if "KEY_LAYOUT" in execution.cause else [*found, f"another layout: {execution.cause}"]


CASES: dict[str, Case] = {
    "a file in the bucket becomes an audience": from_an_object,
    "CSV, JSON lines and Parquet, plain, gzip and zstd": in_every_form,
    "all files under a prefix": several_files,
    "own headers, and removal by hash": columns_and_removal,
    "too many unusable rows": too_many_unusable,
    "a topic that refuses for a moment": notice_late,
    "a topic that refuses for good": notice_lost,
    "rows that are no UTF-8, and ragged ones": latin_and_ragged_rows,
    "a byte order mark": byte_order_mark,
    "a long list of rejected rows": long_list_of_rejected,
    "a row that no batch can hold": huge_row,
    "bad files and arguments": bad_input,
    "a header without rows": header_alone,
    "files that cannot be read to their end": unreadable_files,
    "objects that are no lists": objects_that_are_no_lists,
}
