"""Runs what README and book tell people to type.

Each fenced block of `sh` is run by bash in a folder of its own with the repository's files. `tta` is the real one. What
would reach AWS, GitHub or the network is not run: a stand-in (`stand_in.py`) of that name checks the arguments instead,
against AWS's own service models, SAM's own options, the template's parameters and outputs, and the operations of the
reference. A page's blocks share one shell, so that later ones see the variables of earlier ones.

    sh         as above
    sh run     the same; the page shows what it prints
    sh serve   a server, started by the test of the walk and by the page's own tests: only its syntax is checked here
    sh walk    the walk, which has a test of its own in `tta`: the same

Needs the built `tta` (target/debug), boto3 and SAM CLI. Prints one line per page.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAND_IN = pathlib.Path(__file__).with_name("stand_in.py")
TTA = ROOT / "target/debug/tta"
# Named in blocks and not to be run here.
STOOD_IN = ("aws", "sam", "curl", "cargo", "gh", "git", "npm", "npx", "pip", "rustup", "unzip", "sha256sum", "python3")
# What the blocks expect to be set by an earlier page or by the reader.
GIVEN = {"WRITE_KEY": "key", "WEBHOOK_SECRET": "secret", "UUID": "7a1d", "EXECUTION_ARN": "arn:aws:states:execution"}
FENCE = re.compile(r"^```(sh[^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 60


def pages():
    yield ROOT / "README.md"
    yield ROOT / "CONTRIBUTING.md"
    yield from sorted((ROOT / "docs/src").rglob("*.md"))


def outputs():
    """The template's outputs, which the blocks use as variables."""
    template = (ROOT / "template.yaml").read_text()
    section = template.split("\nOutputs:\n", 1)[1]
    return re.findall(r"^  (\w+):$", section, re.MULTILINE)


def stand_ins(folder):
    """A folder of commands that check instead of doing."""
    folder.mkdir()
    for name in STOOD_IN:
        command = folder / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" {name} "$@"\n')
        command.chmod(0o755)
    return folder


def workplace(folder):
    """The repository's files that blocks name, where they may be written over."""
    for name in ("config", "events", "template.yaml", "samconfig.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "packaging/cdk").mkdir(parents=True)
    people = "".join(f"person{number}@example.com,+1415555{number:04}\n" for number in range(100, 120))
    (folder / "customers.csv").write_text("email,phone\n" + people)
    return folder


def bash(script, folder, environment):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=environment, text=True, capture_output=True, timeout=SECONDS, check=False,
    )
    return done.returncode, done.stdout + done.stderr


def run(page, scratch):
    found = FENCE.findall(page.read_text())
    if not found:
        return 0, []
    folder = scratch / page.stem
    suffix = 0
    while folder.exists():
        suffix += 1
        folder = scratch / f"{page.stem}-{suffix}"
    folder.mkdir()
    workplace(folder)
    environment = {
        "PATH": f"{scratch / 'bin'}:{os.environ['PATH']}", "HOME": str(folder), "TTA": str(TTA), "ROOT": str(ROOT),
        "NO_COLOR": "1", **GIVEN, **{name: f"output-{name}" for name in outputs()},
    }
    plain = [text for info, text in found if info in ("sh", "sh run")]
    failures = []
    for text in (text for info, text in found if info in ("sh serve", "sh walk")):
        code, said = bash(f"exec bash -n <<'BLOCK'\n{text}\nBLOCK", folder, environment)
        failures += [said] if code else []
    if plain:
        code, said = bash("\n".join(plain), folder, environment)
        failures += [said] if code else []
    unknown = {info for info, _ in found} - {"sh", "sh run", "sh serve", "sh walk"}
    if unknown:
        failures.append(f"blocks of an unknown kind: {unknown}")
    return len(found), failures


def main():
    failed = blocks = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        stand_ins(scratch / "bin")
        for page in pages():
            count, failures = run(page, scratch)
            blocks += count
            for failure in failures:
                failed += 1
                print(f"FAILED {page.relative_to(ROOT)}\n{failure}")
    print(f"commands of the book: {blocks} blocks, {failed} failed")
    return 1 if failed or blocks < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
