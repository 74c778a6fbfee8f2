"""Asynchronous invocations: Lambda retries them twice and then hands what it invoked with to the buffer queue."""

import contextlib
import pathlib
from collections.abc import Callable

import people
import processes
import tiktok
from queues import Stage, as_bus, as_topic, create_queues
from sources import TRIES, AsynchronousInvocations
from surroundings import Aws
from tally import Tally


def check(bootstrap: pathlib.Path, aws: Aws, tally: Tally) -> None:
    """Every scenario, by a function that delivers at once, with and without a place for rejected events."""
    with contextlib.ExitStack() as stack:
        sandbox, variables = processes.sandbox(tiktok.VARIABLES)
        stack.enter_context(sandbox)
        double = tiktok.Tiktok(variables["SANDBOX_CONTROL_URL"])
        urls = create_queues(aws)
        for rejected, scenarios in [({"REJECTED_QUEUE_URL": urls["dead"]}, SCENARIOS), ({"REJECTED_QUEUE_URL": ""}, UNKEPT)]:
            functions = [
                stack.enter_context(processes.Function(bootstrap, aws.variables(variables, role) | rejected))
                for role in ("ingest", "deliver")
            ]
            stage = Stage(aws, *functions, urls, double)
            for name, scenario in scenarios.items():
                tally.check(name, scenario(stage, AsynchronousInvocations(stage.sqs, urls["buffer"], stage.invoke)))
                stage.reset()


def payloads(first: int) -> list[object]:
    """One person by a bus, one by a topic, one directly and two in an array."""
    one, two, three, four, five = (people.event(number, True) for number in range(first, first + 5))
    return [as_bus(one), as_topic(two), three, [four, five]]


def short(stage: Stage, source: AsynchronousInvocations) -> list[str]:
    """TikTok is back at the second retry: nothing reaches the queue."""
    stage.tiktok.fail(2 * tiktok.ATTEMPTS)
    for payload in payloads(0):
        source.send(payload)
    found = stage.problems(people.cells(range(0, 5)))
    counts = (source.invocations, source.given_up)
    return found if counts == (6, 0) else found + [f"invocations, invocations given up: {counts}"]


def long(stage: Stage, source: AsynchronousInvocations) -> list[str]:
    """TikTok stays away through all retries: the queue has everything, and delivers it later."""
    stage.tiktok.fail(4 * TRIES * tiktok.ATTEMPTS)
    for payload in payloads(0):
        source.send(payload)
    found = stage.problems(set())
    stage.mapping.drain()
    counts = (source.invocations, source.given_up)
    found += [] if counts == (4 * TRIES, 4) else [f"invocations, invocations given up: {counts}"]
    return found + stage.problems(people.cells(range(0, 5)))


def bad(stage: Stage, source: AsynchronousInvocations) -> list[str]:
    """What can never be delivered is kept at once and not tried again."""
    for number in range(0, 3):
        source.send(as_bus(people.unusable(number)))
        source.send([people.unusable(number), people.event(number, True)])
    found = [] if source.given_up == 0 else [f"{source.given_up} invocations given up"]
    return found + stage.problems(people.cells(range(0, 3)), dead=6)


def untold(stage: Stage, source: AsynchronousInvocations) -> list[str]:
    """Nobody reads the report: the invocation fails, and the queue gives up on what is bad."""
    source.send(as_bus(people.unusable(1)))
    source.send(as_topic(people.event(2, True)))
    stage.mapping.drain()
    found = [] if source.given_up == 1 else [f"{source.given_up} invocations given up"]
    return found + stage.problems(people.cells([2]), dead=1)


Scenario = Callable[[Stage, AsynchronousInvocations], list[str]]
SCENARIOS: dict[str, Scenario] = {
    "a short outage is over before the last retry": short,
    "a long outage ends in the buffer queue, which delivers": long,
    "bad events are kept and not retried": bad,
}
UNKEPT: dict[str, Scenario] = {
    "without REJECTED_QUEUE_URL bad events end in the queue's own dead-letter queue": untold,
}
