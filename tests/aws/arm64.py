"""Drives the arm64 binary on another processor, by qemu-user, with the events of the first phase of expected.json.

`python tests/aws/arm64.py BOOTSTRAP`. Everything else is checked with the binary of the machine's own processor.
"""

import contextlib
import json
import pathlib
import sys
import tempfile

import processes
import run
from surroundings import Aws
from tally import Tally

LIBRARIES = "/usr/aarch64-linux-gnu"
ELF_MACHINE = slice(18, 20)
AARCH64 = (183).to_bytes(2, "little")


def main() -> int:
    bootstrap = pathlib.Path(sys.argv[1]).resolve()
    tally = Tally()
    is_arm64 = bootstrap.read_bytes()[ELF_MACHINE] == AARCH64
    tally.check("the binary is of arm64", [] if is_arm64 else ["another processor's"])
    phase = json.loads((run.HERE / "expected.json").read_text())[0]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        emulated = pathlib.Path(folder, "bootstrap")
        emulated.write_text(f'#!/bin/sh\nexec qemu-aarch64 -L {LIBRARIES} "{bootstrap}"\n')
        emulated.chmod(0o755)
        moto, endpoint = processes.moto()
        stack.enter_context(moto)
        run.run_phase(phase, Aws(endpoint), emulated, set(), tally)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
