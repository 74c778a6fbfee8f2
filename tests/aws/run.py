"""Drives the release binary as Lambda does and checks what it answers, sends, queues and logs.

`python tests/aws/run.py [BOOTSTRAP]`: under AWS's Runtime Interface Emulator, with moto for Secrets Manager and SQS and
the project's sandbox for TikTok. What each file of events/ must bring about stands in expected.json.
"""

import contextlib
import json
import pathlib
import signal
import sys

import asynchronous
import canaries
import crowd
import expectation
import journal
import lists
import lists_moto
import logs
import processes
import queues
import sdks
import startup
import streams
import worst
from surroundings import AUDIENCE, SECRETS, Aws, as_sqs_event
from tally import Tally

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
LIMIT_SECONDS = 1200
PHASES = {
    "official SDKs": sdks.check,
    "queues": queues.check,
    "a stream": streams.check,
    "asynchronous invocations": asynchronous.check,
    "many at once": crowd.check,
    "the journal": journal.check,
    "lists": lists.check,
    "lists by moto's interpreter": lists_moto.check,
    "the worst and the usual": worst.check,
}
READ_BY_DELIVER = ("sqs_", "kinesis_", "rows_")
"""How the files of events begin that Lambda or a list's state machine reads itself."""
SANDBOX_VARIABLES = {"TIKTOK_API_BASE_URL", "SSL_CERT_FILE", "SANDBOX_CONTROL_URL"}


class Phase:
    """The function in one set-up, and the members that the audience must have."""

    def __init__(self, phase: dict, aws: Aws, sandbox: dict[str, str], bootstrap: pathlib.Path, secrets: set[str]):
        self._aws = aws
        self._control = sandbox["SANDBOX_CONTROL_URL"]
        self._canaries = secrets
        # What is read and not sent is for Deliver, whichever function the phase is about.
        self._role = phase["role"]
        self.functions = {
            role: processes.Function(bootstrap, _variables(phase, aws, sandbox, role)) for role in {self._role, "deliver"}
        }
        self.members = self._actual_members()

    def _actual_members(self) -> set[tuple[str, str]]:
        members = processes.get_json(f"{self._control}/members")
        return {(column, digest) for column, digest in members.get(AUDIENCE, [])}

    def event_problems(self, entry: dict) -> list[str]:
        payload = (ROOT / "events" / f"{entry['event']}.json").read_bytes()
        is_read = entry["event"].startswith(READ_BY_DELIVER) and self._role == "ingest"
        reply = self.functions["deliver" if is_read else self._role].invoke(payload)
        found = expectation.problems(entry, reply) + logs.leaks(reply, self._canaries)
        if messages := self._aws.take(self._aws.buffer):
            if self._actual_members() != self.members:
                found.append("members changed before the buffer was drained")
            drained = json.loads(self.functions["deliver"].invoke(as_sqs_event(messages)))
            if drained != {"batchItemFailures": []}:
                found.append(f"draining the buffer answered {drained}")
        return found + self._member_problems(entry) + self._rejected_problems(entry)

    def _member_problems(self, entry: dict) -> list[str]:
        expected = (self.members | _cells(entry.get("adds", {}))) - _cells(entry.get("removes", {}))
        self.members = self._actual_members()
        missing, extra = len(expected - self.members), len(self.members - expected)
        return [f"the audience lacks {missing} members and has {extra} too many"] if missing or extra else []

    def _rejected_problems(self, entry: dict) -> list[str]:
        messages = self._aws.take(self._aws.rejected)
        found = [] if len(messages) == entry.get("rejected", 0) else [f"{len(messages)} events in the dead-letter queue"]
        without = [message for message in messages if not message.get("MessageAttributes")]
        return found + (["a rejected event carries no reason"] if without else [])


def _variables(phase: dict, aws: Aws, sandbox: dict[str, str], role: str) -> dict[str, str]:
    variables = aws.variables(sandbox, role)
    if "config" in phase:
        variables["DESTINATION_CONFIG"] = str(HERE / phase["config"])
    if phase["buffer"]:
        variables["BUFFER_QUEUE_URL"] = aws.buffer
    return variables


def _cells(values: dict[str, list[str]]) -> set[tuple[str, str]]:
    """Hashed identifiers, from normalised ones by column."""
    return {(column, canaries.sha256(value)) for column, texts in values.items() for value in texts}


def run(bootstrap: pathlib.Path, tally: Tally) -> None:
    phases = json.loads((HERE / "expected.json").read_text())
    files = {path.stem: path.read_text() for path in sorted((ROOT / "events").glob("*.json"))}
    used = {entry["event"] for phase in phases for entry in phase["events"]}
    tally.check("every event file is driven", [f"{name} is not in expected.json" for name in sorted(files.keys() - used)])
    secrets = set(SECRETS).union(*(canaries.of_event(text) for text in files.values()))
    secrets |= {digest for phase in phases for entry in phase["events"] for _, digest in _cells(entry.get("adds", {}))}
    tally.check("the binary runs on Amazon Linux 2023 and is small", startup.package_problems(bootstrap))
    with contextlib.ExitStack() as stack:
        moto, endpoint = processes.moto()
        stack.enter_context(moto)
        aws = Aws(endpoint)
        lines = []
        for phase in phases:
            lines += run_phase(phase, aws, bootstrap, secrets, tally)
        tally.check("logs are JSON and hold nothing about a person", logs.problems(lines, secrets))
        metric_lines = [line for line in lines if line.startswith("{") and '"_aws"' in line]
        tally.check("metrics are those that the template reads", logs.metric_problems(metric_lines, ROOT / "template.yaml"))
        check_startup(aws, bootstrap, files["direct_audience_entered"].encode(), tally)
        for name, check in PHASES.items():
            print(f"\n-- {name}", flush=True)
            check(bootstrap, aws, tally)


def run_phase(phase: dict, aws: Aws, bootstrap: pathlib.Path, secrets: set[str], tally: Tally) -> list[str]:
    print(f"\n-- {phase['name']}")
    with contextlib.ExitStack() as stack:
        sandbox, variables = processes.sandbox(SANDBOX_VARIABLES)
        stack.enter_context(sandbox)
        running = Phase(phase, aws, variables, bootstrap, secrets)
        for function in running.functions.values():
            stack.enter_context(function)
        for entry in phase["events"]:
            tally.check(entry["event"], running.event_problems(entry))
        return [line for function in running.functions.values() for line in function.own_lines()]


def check_startup(aws: Aws, bootstrap: pathlib.Path, event: bytes, tally: Tally) -> None:
    print("\n-- start-up")
    with contextlib.ExitStack() as stack:
        sandbox, variables = processes.sandbox(SANDBOX_VARIABLES)
        stack.enter_context(sandbox)
        env = aws.variables(variables, "ingest")
        for case in startup.MISCONFIGURATIONS:
            tally.check(f"{case.name} ends the process", startup.misconfiguration_problems(case, bootstrap, env))
        for form in startup.SECRET_FORMS:
            tally.check(f"secret: {form.name}", startup.secret_problems(form, aws, bootstrap, env, event))


def main() -> int:
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LIMIT_SECONDS)
    tally = Tally()
    run(processes.bootstrap(), tally)
    return tally.end()


def _too_long(*_: object) -> None:
    raise TimeoutError(f"the checks take longer than {LIMIT_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
