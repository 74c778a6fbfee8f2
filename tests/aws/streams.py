"""A Kinesis stream, on moto, read by the real function under Lambda's rules for checkpoints."""

import contextlib
import json
import pathlib

import people
import processes
import tiktok
from sources import KinesisMapping
from surroundings import Aws
from tally import Tally

BATCH = 100
"""Records of one invocation."""
BAD = 5
"""Records, and lines of one, that can never be delivered."""


def check(bootstrap: pathlib.Path, aws: Aws, tally: Tally) -> None:
    """One stream read three times: in peace, through outages, and by a mapping that bisects."""
    kinesis = aws.client("kinesis")
    kinesis.create_stream(StreamName="events", ShardCount=1)
    members = fill(kinesis)
    with contextlib.ExitStack() as stack:
        sandbox, variables = processes.sandbox(tiktok.VARIABLES)
        stack.enter_context(sandbox)
        function = stack.enter_context(processes.Function(bootstrap, aws.variables(variables, "deliver")))
        double = tiktok.Tiktok(variables["SANDBOX_CONTROL_URL"])
        for name, faults, bisects in READINGS:
            double.reset()
            for fault in faults:
                double.fail(tiktok.ATTEMPTS, **fault)
            mapping = KinesisMapping(kinesis, "events", function.invoke, BATCH, bisects)
            mapping.drain()
            found = double.member_problems(members)
            count = len(aws.take(aws.rejected))
            found += [] if count == BAD else [f"{count} events in the dead-letter queue, not {BAD}"]
            again = mapping.failed_invocations + mapping.checkpoints
            found += [] if (again > 0) == bool(faults) else [f"{again} invocations had to be repeated"]
            tally.check(name, found)


READINGS: list[tuple[str, list[dict], bool]] = [
    ("a stream is read in order, bad records are kept", [], False),
    ("a batch that fails is read again from its checkpoint", [{"mentioning": '"delete"'}], False),
    ("a batch that fails as a whole is read again", [{}, {}], False),
    ("a mapping that bisects ends the same", [{}, {}], True),
]
"""Name, faults at TikTok, whether the mapping bisects."""


def fill(kinesis) -> tiktok.Cells:
    """Puts moves of 150 people into the stream, three each, and bad records; who is a member at the end.

    Timestamps contradict the order of the stream, which is what counts.
    """
    data: list[bytes] = []
    for index, second in enumerate((30, 10, 20)):
        for number in range(150):
            enters = index == 1 or number % 3 == 0
            data.append(json.dumps(people.event(number, enters, second)).encode())
    lines = [people.event(number, True) for number in range(150, 170)]
    data.insert(120, "\n".join(json.dumps(event) for event in [*lines, people.unusable(1)]).encode())
    data.insert(5, b"\xff\xfe")
    data.insert(99, b"{broken")
    data.insert(333, json.dumps(people.unusable(2)).encode())
    data.append(json.dumps(people.unusable(3)).encode())
    for start in range(0, len(data), 500):
        records = [{"Data": item, "PartitionKey": "one"} for item in data[start : start + 500]]
        kinesis.put_records(StreamName="events", Records=records)
    return people.cells([*range(0, 150, 3), *range(150, 170)])
