"""Lists: the state machines of template.yaml, executed as CloudFormation would create them, over the real functions.

`python tests/aws/lists.py [BOOTSTRAP]`. It is a model of Step Functions by its documentation: what that leaves open, only
a first real run with a small file can say.
"""

import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

import lists_cases
import lists_files
import lists_trouble
import logs
import processes
import states_definition
import states_machine
from lists_world import Lists
from surroundings import SECRETS, Aws
from tally import Tally

HERE = pathlib.Path(__file__).parent
VALIDATOR = HERE / "states/node_modules/.bin/asl-validator"
REDRIVES = {"ListRedrives": "3"}
"""Fewer than the stack's own, so that giving up takes no hours of anybody's clock and seconds of ours."""


def check(bootstrap: pathlib.Path, aws: Aws, tally: Tally) -> None:
    """Every list ends as it must, and nothing about a person is kept or logged."""
    tally.check("the definitions are valid, and a broken one is not", invalid())
    tally.check("a batch ends within the five minutes of an EXPRESS execution", too_long())
    with contextlib.ExitStack() as stack:
        lists = Lists(bootstrap, aws, stack, REDRIVES)
        for name, case in (lists_cases.CASES | lists_trouble.CASES).items():
            tally.check(name, case(lists))
        alone = Lists(bootstrap, aws, stack, REDRIVES | {"ListTopicArn": ""})
        tally.check("stopped where no topic is set", lists_cases.stopped_without_a_topic(alone))
        invocations, deaths, kept = lists.functions.invocations, lists.functions.deaths, lists.results()
    emails = {lists_files.email(number) for number in range(0, 2_000, 7)}
    secrets = emails | {lists_files.digest(email) for email in emails} | SECRETS
    print(f"        {invocations} invocations, {deaths} processes killed, {len(lists.functions.lines)} lines")
    tally.check("logs are JSON and hold nothing about a person", logs.problems(lists.functions.lines, secrets))
    tally.check("what is kept for long holds nothing about a person", [leak for text in kept for leak in logs.leaks(text, secrets)])


def invalid() -> list[str]:
    """What the published validator says of both definitions; and whether it says anything of a broken one."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in (states_definition.LIST, states_definition.FOLLOW_UP):
            definition = states_definition.Stack().definition(name)
            path = pathlib.Path(folder) / f"{name}.asl.json"
            path.write_text(json.dumps(definition))
            run = subprocess.run([VALIDATOR, "--json-path", path], capture_output=True, text=True, timeout=60)
            found += [] if run.returncode == 0 else [f"{name}: {run.stdout}{run.stderr}"]
            path.write_text(json.dumps(definition | {"StartAt": "Nowhere"}))
            run = subprocess.run([VALIDATOR, "--json-path", path], capture_output=True, text=True, timeout=60)
            found += [] if run.returncode else [f"{name}: a broken definition is valid to it"]
    return found


def too_long() -> list[str]:
    """Batches whose attempts and waits together outlive their execution."""
    stack = states_definition.Stack()
    found = []
    for name, state in stack.definition(states_definition.LIST)["States"].items():
        for task, of_task in state.get("ItemProcessor", {}).get("States", {}).items():
            seconds = states_machine.longest_seconds(of_task, of_task["TimeoutSeconds"])
            if seconds >= states_machine.EXPRESS_SECONDS:
                found.append(f"{name}: {task} may take {seconds} s")
    return found


def main() -> int:
    tally = Tally()
    moto, endpoint = processes.moto()
    with moto:
        check(processes.bootstrap(), Aws(endpoint), tally)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
