#!/usr/bin/env python3
"""Writes `packaging/first-reply.ld`: the functions that run before the first reply, for the linker to put side by side.

The kernel maps a file's pages by neighbourhoods. A third of the code runs before the first reply, and where the linker
leaves it, it is spread over all of the rest, so that all of it is in memory after one event. What runs again in every
invocation comes first, so that it is in as few pages as can be.

    cargo build --release --package tiktok-audiences --bin tiktok-audiences --config 'profile.release.strip=false'
    cargo build --profile quick --package wire
    packaging/order.py target/release/tiktok-audiences

Needs valgrind, which writes down what runs: events one by one, as `benches/wire` sends them. Names hold, whatever their
hashes; one that is no longer there costs nothing but its place in the order. Repeat it when the memory at the first
reply, as `benches/wire/run --only starts` prints it, has grown.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "packaging" / "first-reply.ld"
# Valgrind's processor lacks what these ask for, so that it sees their slower siblings run instead.
UNSEEN = ["*libring*:*(.text)", "*(.text.*_ZN4sha2*)"]
HEAD = """/* Written by packaging/order.py: the functions that run before the first reply, side by side. Also leaves out what only
   unwinding reads: the release profile aborts, and there are no symbols for a backtrace. */
SECTIONS { /DISCARD/ : { *(.eh_frame) *(.eh_frame_hdr) } } INSERT AFTER .text;
SECTIONS {
  .text.first : {
"""
TAIL = "  }\n} INSERT BEFORE .text;\n"


def run_names(binary: Path) -> tuple[set[str], set[str]]:
    """The names of the functions that run while the binary serves events one by one: in every invocation, and at all."""
    with tempfile.TemporaryDirectory() as folder:
        wrapper = Path(folder) / "function"
        valgrind = "valgrind --tool=callgrind --demangle=no --compress-strings=no --dump-every-bb=1500000"
        out = f"--callgrind-out-file={folder}/run.$$ --log-file={folder}/log.$$"
        wrapper.write_text(f"#!/bin/sh\nexec {valgrind} {out} {binary}\n")
        wrapper.chmod(0o755)
        wire = [ROOT / "target/quick/wire", "--small", "--only", "single", "--function", wrapper]
        subprocess.run(wire, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        # `run.PID` is empty, since the process does not end by itself; of the others the first has the start.
        parts = sorted((int(part.suffix[1:]), part.read_text(errors="replace")) for part in Path(folder).glob("run.*.*"))
    start, *invocations = (set(re.findall(r"^c?fn=([^\s']+)", part, re.MULTILINE)) for _, part in parts)
    again = set().union(*invocations)
    return again, start | again


def own_names(binary: Path) -> set[str]:
    """The names of the binary's own functions."""
    listed = subprocess.run(["nm", binary], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^\S+ [tTwW] (\S+)$", listed, re.MULTILINE))


def pattern(name: str) -> str:
    """What the linker finds a function by in any build: without its hash, and without the number of a copy."""
    stem = re.sub(r"(17h)[0-9a-f]{16}E.*$", r"\1*", name)
    return re.sub(r"\.(llvm\.)?\d+$", "*", stem)


def main() -> None:
    """Runs the binary and writes the script."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    binary = Path(sys.argv[1]).resolve()
    own = own_names(binary)
    again, once = (sorted({pattern(name) for name in names & own}) for names in run_names(binary))
    if not again:
        sys.exit(f"{binary} has no symbols: build it with `--config 'profile.release.strip=false'`")
    found = list(dict.fromkeys(again + once))
    # The star: what the compiler takes for seldom called is in `.text.unlikely.`.
    lines = UNSEEN + [f"*(.text.*{each})" for each in found]
    SCRIPT.write_text(HEAD + "".join(f"    {line}\n" for line in lines) + TAIL)
    print(f"{SCRIPT.relative_to(ROOT)}: {len(found)} functions, {len(again)} of them in every invocation")


if __name__ == "__main__":
    main()
