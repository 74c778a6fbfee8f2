"""Executes state machines by the rules of Step Functions, as far as the template's use its language.

A field that is not known here is an error and not left out. Waits take no time; a clock counts them.

Sources: states-language.net (the specification); AWS Step Functions Developer Guide, "Service quotas", "Handling errors",
"Redriving executions".
"""

import collections
import dataclasses
import datetime
import random
import time
import uuid
from collections.abc import Callable
from typing import Any

from states_definition import arn_of_machine
from states_error import DATA_LIMIT, RUNTIME, TIMEOUT, StatesError, within_limit
from states_jsonata import Jsonata

COMMON = {"Type", "Comment", "Next", "End", "Output", "Assign"}
FIELDS = {
    "Task": {"Resource", "Arguments", "TimeoutSeconds", "Retry", "Catch"},
    "Choice": {"Choices", "Default"},
    "Wait": {"Seconds"},
    "Fail": {"Error", "Cause"},
    "Succeed": set(),
    "Map": {
        "Label", "MaxConcurrency", "ToleratedFailureCount", "ItemReader", "ItemSelector", "ItemBatcher", "ItemProcessor",
        "ResultWriter",
    },
}
RETRIER = {"ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "MaxAttempts", "JitterStrategy"}
CATCHER = {"ErrorEquals", "Assign", "Next"}
EVERY_ERROR = "States.ALL"
NOT_IN_EVERY_ERROR = {DATA_LIMIT, RUNTIME}
"""What the wildcard does not stand for. Source: AWS Step Functions Developer Guide, "Handling errors"."""
EXPRESS_SECONDS = 300
"""Longest that an EXPRESS execution lives."""
MOST_STEPS = 200
"""States of one execution: far more than any here has."""
Services = dict[str, Callable[[Any], Any]]
"""What a Task calls, by the end of its resource's ARN."""


class Clock:
    """Time as an execution sees it: what passes, and what it waits."""

    def __init__(self, limit: float | None = None):
        self._began, self._limit = time.monotonic(), limit
        self.waits: list[float] = []

    def seconds(self) -> float:
        return time.monotonic() - self._began + sum(self.waits)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self._limit is not None and self.seconds() > self._limit:
            raise StatesError(TIMEOUT, f"the execution takes longer than {self._limit} s")


@dataclasses.dataclass
class Execution:
    """One run of a machine: what is known of it from outside, and where it is."""

    machine: str
    input: Any
    at: str
    name: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "RUNNING"
    error: str = ""
    cause: str = ""
    output: Any = None
    redrives: int = 0
    data: Any = None
    variables: dict[str, Any] = dataclasses.field(default_factory=dict)
    map_runs: list = dataclasses.field(default_factory=list)
    open_map_run: Any = None
    """The map run of the state that it is in, once it has one: a redrive goes on with it."""
    failed_map: StatesError | None = None
    """What its last Map failed by."""
    clock: Clock = dataclasses.field(default_factory=Clock)
    started: str = dataclasses.field(default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z"))

    @property
    def arn(self) -> str:
        return f"{arn_of_machine(self.machine).replace(':stateMachine:', ':execution:')}:{self.name}"

    def context(self) -> dict[str, Any]:
        execution = {"Id": self.arn, "Name": self.name, "StartTime": self.started, "Input": self.input}
        return {"Execution": execution, "State": {"Name": self.at}, "StateMachine": {"Id": arn_of_machine(self.machine)}}


class Machine:
    """A state machine, or what a map does with each batch."""

    def __init__(self, name: str, definition: dict[str, Any], services: Services, jsonata: Jsonata, run_map: Callable | None = None):
        self.name, self._states, self._start = name, definition["States"], definition["StartAt"]
        self.services, self.jsonata, self._run_map = services, jsonata, run_map
        self._random = random.Random(name)
        for state, of in self._states.items():
            if unknown := of.keys() - COMMON - FIELDS[of["Type"]]:
                raise ValueError(f"{state} has {', '.join(unknown)}, which is not known here")

    def start(self, given: Any, clock: Clock | None = None) -> Execution:
        """Runs it from the beginning to its end."""
        execution = Execution(self.name, given, self._start, data=given, clock=clock or Clock())
        self.go_on(execution)
        return execution

    def redrive(self, execution: Execution) -> None:
        """Goes on with the state that did not succeed, with its input and variables."""
        if execution.status not in ("FAILED", "ABORTED", "TIMED_OUT"):
            raise StatesError("ExecutionNotRedrivable", f"it is {execution.status}")
        execution.redrives += 1
        execution.status, execution.error, execution.cause = "RUNNING", "", ""
        self.go_on(execution)

    def go_on(self, execution: Execution) -> None:
        try:
            within_limit(execution.input, "the input")
            for _ in range(MOST_STEPS):
                state = self._states[execution.at]
                follow = self._enter(state, execution)
                execution.open_map_run = None
                if follow is None:
                    execution.status, execution.output = "SUCCEEDED", execution.data
                    return
                execution.at = follow
            raise RuntimeError(f"{self.name} goes round in circles")
        except StatesError as failed:
            execution.status, execution.error, execution.cause = "FAILED", failed.error, failed.cause
        except Stopped:
            execution.status = "ABORTED"

    def _enter(self, state: dict[str, Any], execution: Execution) -> str | None:
        """Does what a state says; the name of the next one, or none at the end."""
        states = {"input": execution.data, "context": execution.context()}
        fill = lambda template: self.jsonata.fill(template, execution.variables, states)  # noqa: E731
        match state["Type"]:
            case "Choice":
                return next((choice["Next"] for choice in state["Choices"] if _truth(fill(choice["Condition"]))), state["Default"])
            case "Fail":
                raise StatesError(fill(state["Error"]), fill(state["Cause"]))
            case "Wait":
                execution.clock.wait(_seconds(fill(state["Seconds"])))
            case "Task":
                try:
                    states["result"] = self._task(state, fill, execution.clock)
                except StatesError as failed:
                    return self._caught(state, failed, execution, states)
            case "Map":
                states["result"] = self._run_map(self, state, execution, fill)
        self._leave(state, execution, states, fill)
        return state.get("Next")

    def _leave(self, state: dict[str, Any], execution: Execution, states: dict[str, Any], fill: Callable) -> None:
        """Assignments and output see the variables as they were before."""
        output = fill(state["Output"]) if "Output" in state else states.get("result", execution.data)
        assigned = fill(state.get("Assign", {}))
        execution.data = within_limit(output, "the output")
        execution.variables |= within_limit(assigned, "what is assigned")

    def _caught(self, state: dict[str, Any], failed: StatesError, execution: Execution, states: dict[str, Any]) -> str:
        """Goes on where a catcher says, with the failure as data; without one the failure is the execution's."""
        catchers = state.get("Catch", [])
        if unknown := set().union(*catchers) - CATCHER:
            raise ValueError(f"a catcher has {', '.join(unknown)}, which is not known here")
        catcher = next((catcher for catcher in catchers if _is_of(failed.error, catcher)), None)
        if catcher is None:
            raise failed
        states["errorOutput"] = execution.data = {"Error": failed.error, "Cause": failed.cause}
        assigned = self.jsonata.fill(catcher.get("Assign", {}), execution.variables, states)
        execution.variables |= within_limit(assigned, "what is assigned")
        return catcher["Next"]

    def _task(self, state: dict[str, Any], fill: Callable, clock: Clock) -> Any:
        tried: collections.Counter[int] = collections.Counter()
        while True:
            began = time.monotonic()
            try:
                arguments = within_limit(fill(state["Arguments"]), "the arguments")
                result = within_limit(self.services[state["Resource"].partition(":states:::")[2]](arguments), "the result")
                if time.monotonic() - began > state.get("TimeoutSeconds", 99999999):
                    raise StatesError(TIMEOUT, "the task takes too long")
                return result
            except StatesError as failed:
                index, retrier = _retrier(state.get("Retry", []), failed.error)
                if retrier is None or tried[index] >= retrier["MaxAttempts"]:
                    raise
                clock.wait(self._random.uniform(0, _longest(retrier, tried[index])))
                tried[index] += 1


class Stopped(Exception):
    """Somebody stopped the execution."""


def _retrier(retriers: list[dict[str, Any]], error: str) -> tuple[int, dict[str, Any] | None]:
    for index, retrier in enumerate(retriers):
        if retrier == {"ErrorEquals": retrier["ErrorEquals"], "MaxAttempts": 0}:
            # Never again, so that it does not matter when.
            if _is_of(error, retrier):
                return index, retrier
            continue
        if retrier.keys() != RETRIER or retrier["JitterStrategy"] != "FULL":
            raise ValueError(f"a retrier has {sorted(retrier)}")
        if _is_of(error, retrier):
            return index, retrier
    return -1, None


def _is_of(error: str, handler: dict[str, Any]) -> bool:
    """Whether a retrier or catcher is for this error."""
    if handler["ErrorEquals"] == [EVERY_ERROR]:
        return error not in NOT_IN_EVERY_ERROR
    return error in handler["ErrorEquals"]


def _longest(retrier: dict[str, Any], tried: int) -> float:
    return min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** tried, retrier["MaxDelaySeconds"])


def longest_seconds(state: dict[str, Any], attempt_seconds: float) -> float:
    """How long a Task may take with all its attempts and waits."""
    (retrier,) = state["Retry"]
    attempts = retrier["MaxAttempts"] + 1
    return attempts * attempt_seconds + sum(_longest(retrier, tried) for tried in range(attempts - 1))


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise StatesError("States.QueryEvaluationError", "a condition is neither true nor false")
    return value


def _seconds(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= 99999999:
        raise StatesError("States.QueryEvaluationError", f"a wait of {value} s")
    return value
