"""Many processes of the function that ensure the same audiences at the same moment."""

import contextlib
import json
import pathlib
import time

import processes
import tiktok
from runtime_api import RuntimeApi
from surroundings import ADVERTISER, Aws
from tally import Tally

PROCESSES = 50
NAMES = [f"summer {number}" for number in range(20)]
READY_SECONDS = 60
"""Longest until every process has asked for its invocation."""
RUN_SECONDS = 60
"""Longest for one invocation, and what the function is told of its time."""
PAYLOAD = json.dumps({"operation": "ensureAudiences"}).encode()
DESTINATION = json.dumps({
    "settings": {"advertiser_id": ADVERTISER, "calls_per_second": 50},
    "audiences": [{"name": name} for name in NAMES],
})


def check(bootstrap: pathlib.Path, aws: Aws, tally: Tally) -> None:
    """Each name ends with one audience, the oldest that was ever made of it."""
    with contextlib.ExitStack() as stack:
        sandbox, variables = processes.sandbox(tiktok.VARIABLES)
        stack.enter_context(sandbox)
        double = tiktok.Tiktok(variables["SANDBOX_CONTROL_URL"])
        env = aws.variables(variables, "control") | {"DESTINATION_CONFIG": DESTINATION}
        replies = run_at_once(bootstrap, env)
        audiences = double.audiences()
        made = sum(audience["name"] in NAMES for audience in audiences)
        name = f"{PROCESSES} processes ensure {len(NAMES)} audiences at once: {made} made, {len(NAMES)} left"
        tally.check(name, reply_problems(replies) + audience_problems(audiences))


def run_at_once(bootstrap: pathlib.Path, env: dict[str, str]) -> list[dict]:
    """The reply of each process; all of them get their invocation once the last one is up."""
    with contextlib.ExitStack() as stack:
        apis = [stack.enter_context(RuntimeApi(PAYLOAD, RUN_SECONDS)) for _ in range(PROCESSES)]
        for api in apis:
            stack.enter_context(processes.Program("control", [str(bootstrap)], env | api.variables))
        deadline = time.monotonic() + READY_SECONDS
        for api in apis:
            if not api.ready.wait(timeout=max(0.0, deadline - time.monotonic())):
                return [{"errorType": "a process did not ask for its invocation"}]
        for api in apis:
            api.release.set()
        deadline = time.monotonic() + RUN_SECONDS
        for api in apis:
            api.replied.wait(timeout=max(0.0, deadline - time.monotonic()))
        return [json.loads(api.reply or '{"errorType": "no reply in time"}') for api in apis]


def reply_problems(replies: list[dict]) -> list[str]:
    """Whether every process reports every audience, and all of them the same."""
    failed = [reply for reply in replies if "errorType" in reply]
    if failed:
        return [f"{len(failed)} invocations failed, the first with {failed[0]}"]
    found = {tuple((line["name"], line["audience_id"]) for line in reply["audiences"]) for reply in replies}
    return [] if len(found) == 1 else [f"the processes name {len(found)} different sets of audiences"]


def audience_problems(audiences: list[dict]) -> list[str]:
    """Whether one audience of each name is left, the first that was made. Ids count up."""
    found = []
    for name in NAMES:
        ever = sorted(int(audience["audience_id"]) for audience in audiences if audience["name"] == name)
        alive = [
            int(audience["audience_id"])
            for audience in audiences
            if audience["name"] == name and audience["condition"] != "dead"
        ]
        if alive != ever[:1]:
            found.append(f"{name}: of {len(ever)} audiences {len(alive)} are left")
    return found
