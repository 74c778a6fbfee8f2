"""The stack of lists: its machines and rules, its functions under Lambda's emulator, its bucket in moto, TikTok.

What AWS does between them is done here by hand: an object starts the list's machine, a failure starts the follow-up.
"""

import contextlib
import dataclasses
import fnmatch
import json
import pathlib
import queue
import random
import threading
from collections.abc import Callable
from typing import Any

import processes
import states_definition
import tiktok
from states_definition import BUCKET, FOLLOW_UP, LIST
from states_error import StatesError
from states_jsonata import Jsonata
from states_machine import Clock, Execution, Machine
from states_map import Maps
from surroundings import ADVERTISER, Aws

INSTANCES = {"control": 1, "deliver": 2}
KILL_AFTER_SECONDS = 0.05
SETTINGS = {"advertiser_id": ADVERTISER, "calls_per_second": 100, "auto_create_audiences": True, "default_country": "US"}
Cells = set[tuple[str, str]]


@dataclasses.dataclass
class Trouble:
    """How often an invocation is throttled, and how often its process is killed: shares of one."""

    throttled: float = 0.0
    killed: float = 0.0


class Functions:
    """Instances of the functions; each does one invocation at a time, and those that die are replaced."""

    def __init__(self, bootstrap: pathlib.Path, env: dict[str, dict[str, str]]):
        self._bootstrap, self._env = bootstrap, env
        self._idle: dict[str, queue.Queue] = {role: queue.Queue() for role in env}
        self._random = random.Random(14)
        self.trouble = Trouble()
        self.invocations = self.deaths = 0
        self.lines: list[str] = []

    def __enter__(self) -> "Functions":
        for role, count in INSTANCES.items():
            for _ in range(count):
                self._idle[role].put(processes.Function(self._bootstrap, self._env[role]))
        return self

    def __exit__(self, *_: object) -> None:
        for idle in self._idle.values():
            while not idle.empty():
                self._end(idle.get())

    def _end(self, function: processes.Function) -> None:
        function.__exit__()
        self.lines += function.own_lines()

    def invoke(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The result of `lambda:invoke`, or the error that Step Functions names it by."""
        role = arguments["FunctionName"].split(":")[-2]
        self.invocations += 1
        if self._random.random() < self.trouble.throttled:
            raise StatesError("Lambda.TooManyRequestsException", "Rate Exceeded.")
        function = self._idle[role].get()
        try:
            doomed = self._random.random() < self.trouble.killed
            killer = threading.Timer(self._random.uniform(0, KILL_AFTER_SECONDS), function.kill)
            if doomed:
                killer.start()
            reply = _invoked(function, json.dumps(arguments["Payload"]).encode())
            killer.cancel()
            if doomed:
                killer.join()
                self.deaths += 1
                self._end(function)
                function = processes.Function(self._bootstrap, self._env[role])
        finally:
            self._idle[role].put(function)
        if isinstance(reply, dict) and "errorType" in reply:
            raise StatesError(reply["errorType"], json.dumps(reply))
        return {"ExecutedVersion": "1", "Payload": reply, "StatusCode": 200}


def _invoked(function: processes.Function, payload: bytes) -> Any:
    """The reply; without one the error that Lambda gives of a process that ended."""
    try:
        return json.loads(function.invoke(payload))
    except (OSError, ValueError):
        return {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: signal: killed"}


class FollowUpClock(Clock):
    """Time as a follow-up sees it; while it waits, somebody may do something."""

    def __init__(self, meanwhile: Callable[[], None]):
        super().__init__()
        self._meanwhile = meanwhile

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self._meanwhile()


class Lists:
    """The stack of lists, from its entry to its exit."""

    MACHINE = Machine
    """What executes the machines."""

    def __init__(self, bootstrap: pathlib.Path, aws: Aws, stack: contextlib.ExitStack, parameters: dict[str, str] | None = None):
        sandbox, variables = processes.sandbox(tiktok.VARIABLES)
        stack.enter_context(sandbox)
        self._control = variables["SANDBOX_CONTROL_URL"]
        self.double = tiktok.Tiktok(self._control)
        self.s3 = aws.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        shared = {"AWS_ENDPOINT_URL_S3": aws.endpoint, "DESTINATION_CONFIG": json.dumps({"settings": SETTINGS})}
        env = {role: aws.variables(variables, role) | shared for role in INSTANCES}
        self.functions = stack.enter_context(Functions(bootstrap, env))
        self.notices: list[dict[str, Any]] = []
        self.failing_notices = 0
        self.refused_once: set[str] = set()
        self.by_hand: Callable[[Execution], None] | None = None
        self.redriven_at_last = False
        self.executions: dict[str, Execution] = {}
        self.follow_ups: list[Execution] = []
        self.maps = Maps(self.s3)
        template = states_definition.Stack(parameters)
        self._rule, self._failed_rule = template.rule("ListRule"), template.rule("ListFailedRule")
        jsonata = stack.enter_context(Jsonata())
        services = {"lambda:invoke": self.functions.invoke, "sns:publish": self._publish}
        calls = {"describeExecution": self._describe, "listMapRuns": self._map_runs, "redriveExecution": self._redrive}
        of_sdk = {f"aws-sdk:sfn:{call}": self._refusable(call, answer) for call, answer in calls.items()}
        self._list = self.MACHINE(LIST, template.definition(LIST), services, jsonata, self.maps.run)
        self._follow_up = self.MACHINE(FOLLOW_UP, template.definition(FOLLOW_UP), services | of_sdk, jsonata)

    def put(self, key: str, content: bytes) -> str:
        """Stores an object and returns its key."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return key

    def drop(self, key: str, content: bytes) -> Execution | None:
        """Stores an object as somebody does who wants a list; none if no list comes of it."""
        self.put(key, content)
        detail = {"bucket": {"name": BUCKET}, "object": {"key": key, "size": len(content)}}
        event = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
        if not matches(self._rule["EventPattern"], event):
            return None
        return self.start(transformed(self._rule["Targets"][0]["InputTransformer"], event))

    def start(self, given: dict[str, Any]) -> Execution:
        """Runs a list to its end, and what follows upon a failure."""
        execution = self._list.start(given)
        self.executions[execution.arn] = execution
        self._follow(execution)
        return execution

    def stop_after(self, batches: int) -> None:
        """Somebody stops the next list once so many of its batches are done."""
        self.maps.stop_after = batches

    def redrive(self, execution: Execution) -> None:
        """As somebody does by hand."""
        self._list.redrive(execution)
        self._follow(execution)

    def _follow(self, execution: Execution) -> None:
        """EventBridge tells of an execution that ended otherwise than well."""
        detail = {"executionArn": execution.arn, "stateMachineArn": states_definition.arn_of_machine(LIST), "status": execution.status}
        event = {"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail}
        if matches(self._failed_rule["EventPattern"], event):
            given = transformed(self._failed_rule["Targets"][0]["InputTransformer"], event)
            clock = FollowUpClock(lambda: self._do_by_hand(execution))
            self.follow_ups.append(self._follow_up.start(given, clock))

    def _do_by_hand(self, execution: Execution) -> None:
        act, self.by_hand = self.by_hand, None
        if act is not None:
            act(execution)

    def _refusable(self, call: str, answer: Callable) -> Callable:
        """The same, refused where that is asked for."""
        def called(arguments: dict[str, str]) -> dict[str, Any]:
            if call in self.refused_once:
                self.refused_once.remove(call)
                raise StatesError("Sfn.SfnException", "Rate exceeded (Service: Sfn, Status Code: 400)")
            return answer(arguments)

        return called

    def _describe(self, arguments: dict[str, str]) -> dict[str, Any]:
        execution = self.executions[arguments["ExecutionArn"]]
        described = {"ExecutionArn": execution.arn, "Name": execution.name, "Status": execution.status}
        described |= {"StartDate": execution.started, "RedriveCount": execution.redrives}
        return described | ({"Error": execution.error, "Cause": execution.cause} if execution.error else {})

    def _map_runs(self, arguments: dict[str, str]) -> dict[str, Any]:
        runs = self.executions[arguments["ExecutionArn"]].map_runs
        # The newest comes first.
        listed = [{"MapRunArn": run.arn, "StartDate": f"2025-11-20T09:{index:02}:00Z"} for index, run in enumerate(runs)]
        return {"MapRuns": listed[::-1]}

    def _redrive(self, arguments: dict[str, str]) -> dict[str, Any]:
        execution = self.executions[arguments["ExecutionArn"]]
        if self.redriven_at_last:
            self.redriven_at_last = False
            self.redrive(execution)
        # As Step Functions says it of what somebody has redriven.
        if execution.status in {"RUNNING", "SUCCEEDED"}:
            raise StatesError("Sfn.ExecutionNotRedrivableException", f"Execution is {execution.status} (Status Code: 400)")
        self.redrive(execution)
        return {"RedriveDate": "2025-11-20T10:00:00Z"}

    def _publish(self, arguments: dict[str, str]) -> dict[str, str]:
        if arguments.keys() != {"TopicArn", "Subject", "Message"} or len(arguments["Subject"]) > 100:
            raise StatesError("SNS.InvalidParameterException", "Invalid parameter")
        if self.failing_notices:
            self.failing_notices -= 1
            raise StatesError("SNS.KMSAccessDeniedException", "The ciphertext refers to a key that you may not use")
        self.notices.append({"subject": arguments["Subject"], "message": json.loads(arguments["Message"])})
        return {"MessageId": "1"}

    def make_audience(self, name: str) -> str:
        """An audience that is there already."""
        made = processes.send_json("PUT", f"{self._control}/audiences", {"name": name, "advertiser_id": ADVERTISER})
        return made["audience_id"]

    def members(self, name: str) -> Cells:
        """Who is in an audience, by its name."""
        ids = {audience["audience_id"] for audience in self.double.audiences() if audience["name"] == name}
        everything = processes.get_json(f"{self._control}/members")
        return {(column, digest) for id_ in ids for column, digest in everything.get(id_, [])}

    def object(self, key: str) -> str | None:
        """An object of the bucket, if it is there."""
        try:
            return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
        except self.s3.exceptions.NoSuchKey:
            return None

    def summary(self, execution: Execution) -> dict[str, Any]:
        """What is kept of a list."""
        return json.loads(self.object(f"results/{execution.name}/summary.json") or "{}")

    def results(self) -> list[str]:
        """Everything that lists keep for long."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="results/")
        return [self.object(found["Key"]) for page in pages for found in page.get("Contents", [])]


def matches(pattern: Any, event: Any) -> bool:
    """Whether EventBridge takes an event for a rule."""
    if isinstance(pattern, dict):
        return all(matches(inner, event.get(name)) for name, inner in pattern.items())
    return any(_matches_one(allowed, event) for allowed in pattern)


def _matches_one(allowed: Any, value: Any) -> bool:
    if not isinstance(allowed, dict):
        return allowed == value
    match allowed:
        case {"anything-but": {"wildcard": wildcards}}:
            return not any(fnmatch.fnmatchcase(value, wildcard) for wildcard in wildcards)
        case {"numeric": [">", bound]}:
            return value > bound
    raise ValueError(f"{allowed} is not known here")


def transformed(transformer: dict[str, Any], event: dict[str, Any]) -> Any:
    """What a rule's target gets."""
    text = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        value = event
        for part in path.removeprefix("$.").split("."):
            value = value[part]
        text = text.replace(f"<{name}>", json.dumps(value)[1:-1])
    return json.loads(text)
