"""What lists cost: a file through the command, with faults, and the same batches through the function as it is shipped.

`python benches/lists.py --tta target/quick/tta --function .aws-sam/build/IngestFunction/bootstrap [--rows N] [--preflight N]`
(in the virtual environment that `.ci/run` makes). Everything is checked: members, summary, rejected rows. Nothing is timed
by an assertion; numbers are the machine's.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests/aws"))

import processes  # noqa: E402
import tiktok  # noqa: E402
from surroundings import ADVERTISER, AUDIENCE, Aws  # noqa: E402

BATCH = 500
"""Rows of a batch of the state machine."""
CODE = "NO_USABLE_IDENTIFIER"
REFUSED = [1_234, 567_890]
"""People whom TikTok refuses wherever they stand."""
SETTINGS = {"advertiser_id": ADVERTISER, "calls_per_second": 1000}
FAULTS = [
    {},
    {"fault": 40100},
    {"fault": 50000, "applied": True},
    {"fault": "hang_up_after_body", "applied": True},
    {"fault": "truncated_body"},
]
"""Errors, throttling, calls that take effect and say no or nothing, answers that break off."""


def email(number: int) -> str:
    return f"person{number}@example.com"


def digest(number: int) -> str:
    return hashlib.sha256(email(number).encode()).hexdigest()


def is_broken(number: int) -> bool:
    return number % 1_000 == 999


def write(path: pathlib.Path, rows: int) -> None:
    with path.open("w") as file:
        file.write("id,E-Mail Address,Mobile,City\n")
        for number in range(rows):
            address = "nobody" if is_broken(number) else email(number)
            file.write(f"{number},{address},,Springfield\n")


def children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command: list[str]) -> tuple[dict, float, float, int]:
    """What a command prints; its seconds, its processor seconds, and its most memory in KB."""
    began, cpu = time.monotonic(), children_seconds()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = Peak(process.pid)
    out, err = process.communicate()
    if not out:
        raise RuntimeError(err)
    return json.loads(out), time.monotonic() - began, children_seconds() - cpu, peak.kilobytes


class Peak:
    """The most memory of a process, looked at until it ends."""

    def __init__(self, pid: int):
        self.kilobytes = 0
        threading.Thread(target=self._watch, args=[pid], daemon=True).start()

    def _watch(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            while value := memory(pid, "VmHWM"):
                self.kilobytes = value
                time.sleep(0.05)


def memory(pid: int, name: str) -> int:
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def preflight(tta: str, folder: pathlib.Path, rows: int) -> None:
    path = folder / "preflight.csv"
    write(path, rows)
    found, seconds, cpu, peak = run([tta, *arguments(path), "--audience", "vip", "--dry-run"])
    expect("rows", found["rows"], rows)
    expect("usable", found["usable"], sum(not is_broken(number) for number in range(rows)))
    size = path.stat().st_size / 1e6
    print(f"preflight of {rows:,} rows ({size:.0f} MB): {seconds:.1f} s, {cpu:.1f} s of processor time, {peak} KB of memory")
    path.unlink()


def deliver(tta: str, folder: pathlib.Path, rows: int) -> None:
    """The command against a sandbox that fails again and again."""
    path, config = folder / "people.csv", folder / "destination.json"
    write(path, rows)
    config.write_text(json.dumps({"settings": SETTINGS}))
    refused = [number for number in REFUSED if number < rows]
    port = str(processes.free_port())
    serve = [tta, "serve", "--config", str(config), "--port", port]
    with processes.Program("sandbox", serve, dict(os.environ)) as sandbox:
        control = exported(sandbox, "SANDBOX_CONTROL_URL")
        double = tiktok.Tiktok(control)
        for number in refused:
            double.fail(None, fault=40002, message="invalid id", mentioning=digest(number))
        ends = threading.Event()
        trouble = threading.Thread(target=break_calls, args=[double, ends])
        trouble.start()
        there = ["--sandbox", f"http://127.0.0.1:{port}", "--audience", AUDIENCE]
        summary, seconds, cpu, peak = run([tta, *arguments(path), *there, "--yes"])
        ends.set()
        trouble.join()
        members = double.members()
    broken = {number for number in range(rows) if is_broken(number)}
    expect("rows", summary["rows"], rows)
    expect("delivered", summary["delivered"], rows - len(broken) - len(refused))
    expect("reasons", summary["reasons"], {CODE: len(broken)} | ({"TIKTOK_REFUSED": len(refused)} if refused else {}))
    listed = dict(line.split(",") for line in pathlib.Path(f"{path}.rejected.csv").read_text().splitlines()[1:])
    wanted = {str(number + 1): CODE for number in broken} | {str(number + 1): "TIKTOK_REFUSED" for number in refused}
    expect("rejected rows", listed, wanted)
    people = set(range(rows)) - broken - set(refused)
    expect("members", members, {("EMAIL_SHA256", digest(number)) for number in people})
    print(f"{rows:,} rows delivered with faults: {seconds:.0f} s, {rows / seconds:,.0f} rows a second")
    print(f"the command itself: {cpu:.1f} s of processor time, {peak} KB of memory")


def arguments(path: pathlib.Path) -> list[str]:
    return ["list", str(path), "--action", "add", "--column", "email=E-Mail Address", "--json"]


def break_calls(double: tiktok.Tiktok, ends: threading.Event) -> None:
    turn = 0
    while not ends.wait(1):
        turn += 1
        # Now and then more than one invocation tries, so that its whole batch is sent again.
        double.fail(4 if turn % 10 == 0 else 1, **FAULTS[turn % len(FAULTS)])


def exported(program: processes.Program, name: str) -> str:
    """What a program exports under a name, once it has printed it."""
    while (line := program.next_line(processes.START_SECONDS)) is not None:
        found = processes.EXPORT.match(line)
        if found and found[1] == name:
            return found[2].strip("'\"")
    raise RuntimeError(program.output())


def function(bootstrap: pathlib.Path, rows: int) -> None:
    """The batches of the state machine, one after the other, through the binary under Lambda's emulator."""
    with contextlib.ExitStack() as stack:
        moto, endpoint = processes.moto()
        stack.enter_context(moto)
        sandbox, variables = processes.sandbox(tiktok.VARIABLES)
        stack.enter_context(sandbox)
        aws = Aws(endpoint)
        own = {"DESTINATION_CONFIG": json.dumps({"settings": SETTINGS}), "AWS_LAMBDA_LOG_LEVEL": "INFO"}
        program = stack.enter_context(processes.Function(bootstrap, aws.variables(variables, "deliver") | own))
        for name, is_dry in (("preflight", True), ("delivery", False)):
            invoke(program, range(0, BATCH), is_dry)
            pid = child_of(program.pid)
            before, first = processor_seconds(pid), memory(pid, "VmRSS")
            for start in range(0, rows, BATCH):
                invoke(program, range(start, start + BATCH), is_dry)
            cost, last = (processor_seconds(pid) - before) * 1e6 / rows, memory(pid, "VmRSS")
            print(f"the function's {name} of a million rows in batches of {BATCH}: {cost:.1f} s of processor time")
            print(f"its memory: {first} KB after the first batch, {last} KB after the last")


def invoke(program: processes.Function, numbers: range, is_dry: bool) -> None:
    items = [{"id": str(number), "email": email(number), "city": "Springfield", "_row": number + 1} for number in numbers]
    given = {"action": "add", "audience_id": AUDIENCE, "advertiser_id": ADVERTISER, "dry_run": is_dry}
    reply = json.loads(program.invoke(json.dumps({"Items": items, "BatchInput": given}).encode()))
    expect("delivered", reply.get("usable" if is_dry else "delivered"), len(numbers))


def child_of(pid: int) -> int:
    """The function below its emulator; any of the emulator's threads may have started it."""
    threads = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return next(int(number) for thread in threads for number in (thread / "children").read_text().split())


def processor_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        shown = f"{found!r}, not {wanted!r}" if len(repr(wanted)) < 200 else "another"
        raise SystemExit(f"WRONG: {what} is {shown}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tta", default="target/quick/tta")
    parser.add_argument("--function", type=pathlib.Path, default=pathlib.Path(".aws-sam/build/IngestFunction/bootstrap"))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--preflight", type=int, default=10_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        preflight(given.tta, pathlib.Path(folder), given.rows)
        preflight(given.tta, pathlib.Path(folder), given.preflight)
        deliver(given.tta, pathlib.Path(folder), given.rows)
    function(given.function.resolve(), given.rows)


if __name__ == "__main__":
    main()
