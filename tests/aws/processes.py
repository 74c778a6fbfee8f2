"""Starts the programs that the checks need, each on free loopback ports, and ends each by its own id.

Knows nothing of events or of what is expected of them.
"""

import json
import os
import pathlib
import platform
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import samcli.local.rapid

BUILT = pathlib.Path(__file__).parent.parent.parent / ".aws-sam/build/IngestFunction/bootstrap"
"""What SAM builds."""
START_SECONDS = 60
"""Longest a program may take to be ready."""
INVOKE_SECONDS = 35
"""Longest an invocation may take; the function's own limit is 30 s."""


def bootstrap() -> pathlib.Path:
    """The function's binary: the one that the command line names, else the one that SAM has built."""
    return pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else BUILT


def free_port() -> int:
    """A loopback port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, program: "Program") -> None:
    """Returns once something listens on the port."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if program.has_ended():
            raise RuntimeError(f"{program.name} ended at once:\n{program.output()}")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{program.name} does not listen on {port}:\n{program.output()}")


class Program:
    """A running program in a process group of its own, its output gathered line by line."""

    def __init__(self, name: str, command: list[str], env: dict[str, str]):
        self.name = name
        self.lines: list[str] = []
        self._news: queue.Queue[str | None] = queue.Queue()
        self._process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._news.put(self.lines[-1])
        self._news.put(None)

    def next_line(self, seconds: float) -> str | None:
        """The next line, or None once the program's output has ended."""
        return self._news.get(timeout=seconds)

    @property
    def pid(self) -> int:
        return self._process.pid

    def children(self) -> list[int]:
        """The programs that this one runs."""
        threads = pathlib.Path(f"/proc/{self._process.pid}/task").iterdir()
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def exit_code(self, seconds: float) -> int:
        """How the program ended, if it does so in time."""
        code = self._process.wait(timeout=seconds)
        self._reader.join(timeout=seconds)
        return code

    def output(self) -> str:
        return "\n".join(self.lines)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._signal_group(number):
                try:
                    self._process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    continue
        self._reader.join(timeout=5)

    def _signal_group(self, number: int) -> bool:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return False
        return True


def moto() -> tuple[Program, str]:
    """AWS's Secrets Manager and SQS as moto serves them, and where."""
    port = free_port()
    program = Program("moto", [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], dict(os.environ))
    wait_for_port(port, program)
    return program, f"http://127.0.0.1:{port}"


EXPORT = re.compile(r"^export ([A-Z_]+)=(.*)$")


def sandbox(wanted: set[str], *options: str) -> tuple[Program, dict[str, str]]:
    """The project's own TikTok, and the variables that point the function at it."""
    # A build takes as long as it takes; the start that follows does not.
    subprocess.run(["cargo", "build", "--quiet", "--package", "tta"], check=True)
    command = ["cargo", "run", "--quiet", "--package", "tta", "--", "serve", "--https", *options]
    program = Program("sandbox", command, dict(os.environ))
    try:
        return program, _exports(program, wanted)
    except BaseException:
        program.__exit__()
        raise


def _exports(program: Program, wanted: set[str]) -> dict[str, str]:
    """What a program exports, once it has printed all that is wanted."""
    exports: dict[str, str] = {}
    deadline = time.monotonic() + START_SECONDS
    while not wanted <= exports.keys():
        line = program.next_line(max(0.1, deadline - time.monotonic()))
        if line is None:
            raise RuntimeError(f"{program.name} ended before it printed {wanted - exports.keys()}:\n{program.output()}")
        if found := EXPORT.match(line):
            exports[found[1]] = found[2].strip("'\"")
    return exports


class Function(Program):
    """The release binary under AWS's own Runtime Interface Emulator."""

    def __init__(self, bootstrap: pathlib.Path, env: dict[str, str]):
        self._port = free_port()
        # The emulator takes any first argument that it does not know for the program to run, `--help` included.
        command = [
            str(emulator()),
            "--runtime-interface-emulator-address", f"127.0.0.1:{self._port}",
            "--runtime-api-address", f"127.0.0.1:{free_port()}",
            str(bootstrap),
        ]
        super().__init__("function", command, env)
        wait_for_port(self._port, self)

    def invoke(self, payload: bytes) -> str:
        """The reply to one invocation, an error's JSON included."""
        url = f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, data=payload, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=INVOKE_SECONDS) as reply:
                return reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def kill(self) -> None:
        """Ends emulator and function at once, as a machine does that is lost."""
        self._signal_group(signal.SIGKILL)

    def own_lines(self) -> list[str]:
        """What the function wrote, without the emulator's lines."""
        return [line for line in self.lines if not EMULATOR_LINE.match(line)]


EMULATOR_LINE = re.compile(r"^(\d\d \w{3} \d{4} [\d:,]+ \[|START |END |REPORT |INIT_|\s*$)")


def emulator() -> pathlib.Path:
    """The emulator that comes with the SAM CLI."""
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    path = pathlib.Path(list(samcli.local.rapid.__path__)[0]) / f"aws-lambda-rie-{machine}"
    path.chmod(path.stat().st_mode | 0o111)
    return path


def get_json(url: str) -> object:
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)


def send_json(method: str, url: str, body: object) -> object:
    request = urllib.request.Request(url, data=json.dumps(body).encode(), method=method)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)
