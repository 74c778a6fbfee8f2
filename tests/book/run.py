"""Runs what README and book tell people to type, and compares what they say is printed.

Every fenced block has a kind; a kind that is not known here fails. A page's blocks share one shell, so that later ones see
the variables of earlier ones, in a folder of its own with the repository's files. The stack's outputs are variables only
where the page reads them, or where it or its folder's index links to the block that does.

    sh run      is run, with the real `tta` and a sandbox in the place of the deployed API
    sh cloud    needs AWS, GitHub, a registry or minutes of compiling: the shell runs it, a stand-in checks how each such
                command is called, and invocations of functions go to the sandbox's. Listed as NOT run.
    sh serve    a server: is started, must listen, is stopped
    sh walk     is run by `tta`'s own tests, command by command: only its syntax is checked here
    text output is what the block before it prints; … stands for any lines, or for anything in its line
    text, js    a drawing; JavaScript that must stand in the file it is from
    jsonata template, liquid template
                what a platform makes a request of: is rendered by the platform's engine, must give the block of JSON that
                follows, and the sandbox must deliver every event of it
    json …      is read by `cargo test --test it tidy::book`, and counted here

Needs the built `tta` (target/debug), boto3, SAM CLI, Node, and what .ci/run installs for tests/aws/states and tests/segment. `run.py PAGE…` runs some pages.
"""

import collections
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request

import arguments

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAND_IN = pathlib.Path(__file__).with_name("stand_in.sh")
TTA = ROOT / "target/debug/tta"
# Named in blocks and not to be run here.
STOOD_IN = ("aws", "sam", "cargo", "gh", "git", "npm", "npx", "pip", "rustup", "tar", "unzip", "sha256sum", "python3",
           "openssl")
# Scripts of the repository that a page names and that take minutes.
SCRIPTS = ("benches/wire/run",)
# The block that sets the stack's outputs, as pages link to it; and what reads them.
READS_OUTPUTS, READ = "deploy.md#read-the-outputs", "Stacks[0].Outputs"
# Operations that the sandbox's world cannot carry out: it has one audience, and two are compared.
REAL_ACCOUNT = ("compareAudiences",)
# What the blocks expect to be set by an earlier page or by the reader.
GIVEN = {
    "WRITE_KEY": "sandbox-write-key", "WEBHOOK_SECRET": "sandbox-webhook-secret", "UUID": "7a1d",
    "EXECUTION_ARN": "arn:aws:states:execution",
}
# What a platform's template is rendered with: everybody, or the first of them; the connection is RudderStack's.
PEOPLE = [
    {"id": "u-1", "email": "jane.doe@example.com", "phone": "+14155550100", "country": "US"},
    {"id": "u-2", "email": "john.roe@example.com"},
]
ROWS = {"records": PEOPLE, "record": PEOPLE[0], "row": PEOPLE[0], "connection": {"audienceId": "1800000000000000001"}}
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = {"sh run", "sh cloud"}
JSON = {"json", "json destination", "json event", "json request", "json envelope"}
SECONDS = 60

Result = collections.namedtuple("Result", "page counts called failures")


def pages(named):
    if named:
        return [ROOT / name for name in named]
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md")]
    return top + sorted((ROOT / "docs/src").rglob("*.md"))


def workplace(folder):
    """The repository's files that blocks name, where they may be written over."""
    folder.mkdir(parents=True)
    for name in ("config", "events", "template.yaml", "samconfig.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "packaging/cdk").mkdir(parents=True)
    for script in SCRIPTS:
        (folder / script).parent.mkdir(parents=True)
        (folder / script).symlink_to(STAND_IN)
    # What Segment's Public API answers, as the page shows it.
    export = json.loads((ROOT / "cli/tests/commands/configuration.in/export.json").read_text())
    export["data"]["subscriptions"] = [one for one in export["data"]["subscriptions"] if "Web" not in one["actionSlug"]]
    export["data"]["pagination"]["totalEntries"] = len(export["data"]["subscriptions"])
    (folder / "export.json").write_text(json.dumps(export))
    return folder


def bash(script, folder, environment):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
    )
    return done.returncode, done.stdout


def notes(path):
    """What the stand-ins noted: block, folder, command, arguments."""
    fields = path.read_text().split("\0")[:-1] if path.exists() else []
    while fields:
        count = int(fields[0])
        block, folder, name, *rest = fields[1:count + 1]
        yield int(block), pathlib.Path(folder), name, rest
        fields = fields[count + 1:]


def as_printed(said, printed):
    """Whether a page's text is what was printed, where … stands for any lines, or for anything within a line."""
    def line(text):
        return r"(?:.*\n)*?" if text.strip() == "…" else re.escape(text.rstrip()).replace("…", ".*") + r"[ ]*\n"

    wanted = "".join(map(line, said.splitlines()))
    return re.fullmatch(r"\n*" + wanted + r"\n*", printed.rstrip() + "\n") is not None


def free_ports(text):
    """The same command, on ports that are free."""
    for named in ("9000", "9001"):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            text = text.replace(named, str(one.getsockname()[1]))
    return text


def start(command, environment, folder):
    """A server that runs, with the address of its page; the end of its standard input stops it."""
    server = subprocess.Popen(
        ["bash", "-c", f"exec {command}"], cwd=folder, env=environment, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    first = server.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", first)
    return server, found and found[0]


def stop(server):
    server.stdin.close()
    server.stdout.read()
    return server.wait(SECONDS)


def serve(text, folder, environment):
    server, address = start(free_ports(text.strip()), environment, folder)
    code = stop(server)
    return [] if address and code == 0 else [f"does not serve, exit code {code}: {text}"]


def shell(blocks, folder, environment):
    """Runs a page's blocks in one shell; what each printed."""
    script = "\n".join(f"printf '\\036{number}\\036'; export BLOCK={number}\n{text}" for number, _, text in blocks)
    code, said = bash(script, folder, environment)
    parts = said.split("\036")[1:]
    printed = dict(zip(map(int, parts[::2]), parts[1::2]))
    return printed, [f"exit code {code}\n{said[-2000:]}"] if code else []


def template(language, text, following, environment):
    """What is wrong with a platform's template, or with what it gives."""
    asked = json.dumps({"language": language, "template": text, "data": ROWS})
    done = subprocess.run(
        ["node", str(ROOT / "tests/book/render.mjs")], input=asked, text=True, capture_output=True, timeout=SECONDS,
        check=False, env=environment,
    )
    if done.returncode:
        return [f"cannot be rendered: {done.stderr[-500:]}\n{text}"]
    _, info, said = following
    if info not in {"json event", "json request"} or json.loads(said) != json.loads(done.stdout):
        return [f"the block behind a template is not what it gives:\n{done.stdout}"]
    headers = {"Authorization": f"Bearer {GIVEN['WRITE_KEY']}", "Prefer": "wait", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{environment['SANDBOX']}/events", done.stdout.encode(), headers)
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        summary = json.load(answer)["summary"]
    return [] if 0 < summary["received"] == summary["delivered"] else [f"is not delivered: {summary}"]


def told(page, given):
    """What a page's shell starts with: the outputs where a reader is led to the block that sets them."""
    text, index = page.read_text(), page.with_name("index.md")
    is_led = READS_OUTPUTS in text or (index.exists() and READS_OUTPUTS in index.read_text())
    unknown = () if is_led and READ not in text else arguments.section("Outputs")
    return {name: value for name, value in given.items() if name not in unknown}


def run(page, scratch, given):
    blocks = [(number, *found) for number, found in enumerate(FENCE.findall(page.read_text()))]
    counts = collections.Counter(info for _, info, _ in blocks)
    failures = [f"a block of an unknown kind: {info!r}" for info in counts if info not in KINDS]
    folder = workplace(scratch / "pages" / page.relative_to(ROOT))
    environment = {**told(page, given), "HOME": str(folder), "NOTES": str(folder / "notes"), "BLOCK": "-1"}
    printed, failed = shell([block for block in blocks if block[1] in SHELL], folder, environment)
    failures += failed
    for number, info, text in blocks:
        if info == "sh walk":
            code, said = bash(f"bash -n <<'BLOCK'\n{text}\nBLOCK", folder, environment)
            failures += [said] if code else []
        elif info == "sh serve":
            failures += serve(text, folder, environment)
        elif info == "text output" and not as_printed(text, printed.get(number - 1, "")):
            failures.append(f"is not printed:\n{text}\nbut\n{printed.get(number - 1)}")
        elif info in TEMPLATES:
            failures += template(info.split()[0], text, blocks[number + 1], environment)
        elif info == "js" and "".join(text.split()) not in "".join((ROOT / "packaging/cdk/app.mjs").read_text().split()):
            failures.append(f"is not in packaging/cdk/app.mjs:\n{text}")
    called = collections.Counter()
    for number, where, name, rest in notes(folder / "notes"):
        try:
            arguments.check(name, rest, where)
        except (arguments.Mistake, ValueError, KeyError, IndexError) as mistake:
            failures.append(f"{name} {' '.join(rest)}\n  {mistake}")
        command = " ".join([name, *itertools.takewhile(lambda word: not word.startswith("-"), rest)][:3])
        if command == "cargo run":
            continue
        operation = next((one for one in REAL_ACCOUNT if f'"{one}"' in "".join(rest)), None)
        if operation:
            command += f", operation {operation}"
        called[command] += 1
        if number >= 0 and blocks[number][1] == "sh run":
            failures.append(f"`sh run`, but {name} is stood in for: `sh cloud`")
    return Result(page.relative_to(ROOT), counts, called, failures)


TEMPLATES = {"jsonata template", "liquid template"}
KINDS = SHELL | JSON | TEMPLATES | {"sh serve", "sh walk", "text output", "text", "js"}


def surroundings(scratch):
    """Stand-ins first in the path, and the variables that they and the blocks read."""
    commands = scratch / "bin"
    commands.mkdir()
    for name in STOOD_IN:
        (commands / name).symlink_to(STAND_IN)
    outputs = {name: arguments.output(name) for name in arguments.section("Outputs")}
    environment = {
        "PATH": f"{commands}:{os.environ['PATH']}", "TTA": str(TTA), "NO_COLOR": "1",
        "CURL": shutil.which("curl"), "OPENSSL": shutil.which("openssl"), "SANDBOX_KEY": GIVEN["WRITE_KEY"],
        "REAL_ACCOUNT": "|".join(REAL_ACCOUNT),
        "no_proxy": "127.0.0.1", "OUTPUTS": str(scratch / "outputs"), "LC_ALL": "C.UTF-8", **GIVEN, **outputs,
    }
    sandbox, address = start(f"{TTA} serve --buffered --port 0", environment, ROOT)
    environment |= {"SANDBOX": address, "ApiUrl": address, "OAuthRedirectUri": f"{address}/oauth/callback"}
    named = {**outputs, "ApiUrl": address, "OAuthRedirectUri": environment["OAuthRedirectUri"]}
    # The audience that most pages name.
    ensure = json.dumps({"operation": "ensureAudiences", "audiences": [{"name": "vip"}]}).encode()
    urllib.request.urlopen(f"{address}/2015-03-31/functions/book/invocations", ensure, timeout=SECONDS).close()
    (scratch / "outputs").write_text("".join(f"{name}\t{value}\n" for name, value in sorted(named.items())))
    return sandbox, environment


def report(results):
    counts = sum((result.counts for result in results), collections.Counter())
    called = sum((result.called for result in results), collections.Counter())
    failed = 0
    for result in results:
        for failure in result.failures:
            failed += 1
            print(f"FAILED {result.page}\n{failure}")
    print("blocks: " + ", ".join(f"{count} {info}" for info, count in sorted(counts.items())))
    print(f"answered by the sandbox's function: {called.pop('aws lambda invoke', 0)} invocations")
    print(f"NOT run here, only their arguments checked: {called.total()} commands of {counts['sh cloud']} blocks `sh cloud`")
    for command, count in sorted(called.items()):
        print(f"  {count:3} {command}")
    print(f"README and book: {counts.total()} blocks, {failed} failed")
    return failed


def main():
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        sandbox, given = surroundings(scratch)
        try:
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                results = list(pool.map(lambda page: run(page, scratch, given), pages(sys.argv[1:])))
        finally:
            stop(sandbox)
    return 1 if report(results) else 0


if __name__ == "__main__":
    sys.exit(main())
