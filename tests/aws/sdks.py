"""Official SDKs, unmodified but for host and write key, against the running function.

Each is a program of its own under sdks/, which takes its order on standard input.
"""

import contextlib
import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable

import calls
import canaries
import front
import logs
import processes
import tiktok
from surroundings import SECRETS, Aws
from tally import Tally

PROGRAMS = pathlib.Path(__file__).parent / "sdks"
WRITE_KEY = "sandbox-write-key"
RUN_SECONDS = 60
"""Longest that an SDK may take for one order; the slowest waits for `Retry-After`."""


@dataclasses.dataclass
class Sdk:
    """An SDK and the command that runs it."""

    name: str
    command: list[str]


NODE = [shutil.which("node") or "node"]
PYTHON = [sys.executable, str(PROGRAMS / "python_sdk.py")]
SDKS = [
    Sdk("@segment/analytics-node", [*NODE, str(PROGRAMS / "segment_node.mjs")]),
    Sdk("segment-analytics-python", [*PYTHON, "segment.analytics", "host"]),
    Sdk("@rudderstack/rudder-sdk-node", [*NODE, str(PROGRAMS / "rudderstack_node.mjs")]),
    Sdk("rudder-sdk-python", [*PYTHON, "rudderstack.analytics", "dataPlaneUrl"]),
]


@dataclasses.dataclass
class World:
    """A function behind a front, and the TikTok that it talks to."""

    name: str
    front: front.Front
    tiktok: tiktok.Tiktok
    rejected: Callable[[], int]
    """Takes what is in the dead-letter queue and counts it."""

    def reset(self) -> None:
        """An empty audience, no faults, an empty account."""
        self.tiktok.reset()
        self.rejected()
        self.front.requests.clear()


def check(bootstrap: pathlib.Path, aws: Aws, tally: Tally) -> None:
    """Every SDK against the binary under Lambda's emulator and against the sandbox's own door."""
    port = processes.free_port()
    with contextlib.ExitStack() as stack:
        sandbox, variables = processes.sandbox(tiktok.VARIABLES, "--port", str(port))
        stack.enter_context(sandbox)
        double = tiktok.Tiktok(variables["SANDBOX_CONTROL_URL"])
        function = stack.enter_context(processes.Function(bootstrap, aws.variables(variables, "ingest")))
        url = stack.enter_context(front.Front(front.function_url(function.invoke)))
        door = stack.enter_context(front.Front(front.passed_on(port)))
        behind_url = World("function URL", url, double, lambda: len(aws.take(aws.rejected)))
        behind_door = World("sandbox", door, double, double.rejected)
        for sdk in SDKS:
            tally.check(f"{sdk.name}, {behind_url.name}", delivery_problems(sdk, behind_url))
            tally.check(f"{sdk.name}, {behind_door.name}", delivery_problems(sdk, behind_door))
            tally.check(f"{sdk.name}, wrong write key", wrong_key_problems(sdk, behind_url))
            tally.check(f"{sdk.name}, TikTok away for a moment", outage_problems(sdk, behind_url))
        tally.check("logs hold nothing about the people of the SDKs", logs.problems(function.own_lines(), people()))


def people() -> set[str]:
    """Credentials and identifiers that no log may hold."""
    return set(SECRETS).union(*(canaries.of_event(json.dumps(flush)) for flush in calls.FLUSHES))


def delivery_problems(sdk: Sdk, world: World) -> list[str]:
    """Whether every call arrives, once, and the right members are left."""
    world.reset()
    errors = run(sdk, world, WRITE_KEY, calls.FLUSHES)
    found = [f"the SDK reports {error}" for error in errors]
    found += world.tiktok.member_problems(calls.MEMBERS) + account_problems(world, 1)
    if sdk.command[0] == sys.executable and not all(request.is_gzipped() for request in world.front.requests):
        found.append("gzip was on and a request came without it")
    count = world.rejected()
    return found if count == calls.REJECTED else found + [f"{count} calls in the dead-letter queue"]


def wrong_key_problems(sdk: Sdk, world: World) -> list[str]:
    """Whether the SDK reports a wrong write key, without trying again."""
    world.reset()
    errors = run(sdk, world, "another-write-key", calls.FLUSHES[:1])
    found = [] if errors else ["the SDK reports no error"]
    if any(request.status != 401 for request in world.front.requests):
        found.append(f"answered {[request.status for request in world.front.requests]}")
    if world.tiktok.members():
        found.append("somebody was added to the audience")
    return found + account_problems(world, 1)


def outage_problems(sdk: Sdk, world: World) -> list[str]:
    """Whether an answer that asks for patience is understood: sent again, and once only after that."""
    world.reset()
    world.tiktok.fail(tiktok.ATTEMPTS)
    errors = run(sdk, world, WRITE_KEY, calls.FIRST)
    found = [f"the SDK reports {error}" for error in errors] + world.tiktok.member_problems(calls.FIRST_MEMBERS)
    statuses = [request.status for request in world.front.requests]
    return found if statuses == [503, 200] else found + [f"answered {statuses}"]


def run(sdk: Sdk, world: World, write_key: str, flushes: list[list[dict]]) -> list[str]:
    """The errors that the SDK reports, after it has sent everything."""
    order = json.dumps({"origin": world.front.origin, "writeKey": write_key, "flushes": flushes})
    ended = subprocess.run(sdk.command, input=order, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    if ended.returncode:
        return [f"ended with {ended.returncode}: {ended.stderr.strip()[-500:]}"]
    return json.loads(ended.stdout)["errors"]


def account_problems(world: World, most: int) -> list[str]:
    """Whether no call came more often than that."""
    times: dict[str, int] = {}
    for request in world.front.requests:
        for message in request.json()["batch"]:
            times[message["messageId"]] = times.get(message["messageId"], 0) + 1
    found = [] if times else ["nothing arrived"]
    worst = max(times.values(), default=0)
    return found if worst <= most else found + [f"a call came {worst} times in {len(world.front.requests)} requests"]
