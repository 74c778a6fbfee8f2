"""Lists once more, their machines executed by moto's interpreter: what two readings of the definitions agree on.

`python tests/aws/lists_moto.py [BOOTSTRAP]`. What moto's does not know is printed; redrives are among it.
"""

import contextlib
import pathlib
import sys

import lists_cases
import lists_files as files
import processes
import states_moto
from lists_cases import FOLDER, ended, given, unlike
from lists_world import Lists
from states_error import THRESHOLD
from states_jsonata import Jsonata
from surroundings import Aws
from tally import Tally



class MotoLists(Lists):
    """The stack of lists, its machines executed by moto; a redrive is asked for and not done."""

    MACHINE = states_moto.MotoMachine

    def __init__(self, bootstrap: pathlib.Path, aws: Aws, stack: contextlib.ExitStack):
        self.redriven: list[str] = []
        self.waits = stack.enter_context(states_moto.interpreter(stack.enter_context(Jsonata())))
        super().__init__(bootstrap, aws, stack)

    def _redrive(self, arguments: dict[str, str]) -> dict[str, str]:
        self.redriven.append(arguments["ExecutionArn"])
        return {"RedriveDate": "2025-11-20T10:00:00Z"}


def asked_for_a_redrive(lists: MotoLists) -> list[str]:
    """TikTok away for longer than a batch is retried: a report, a wait of a minute, and the redrive is asked for."""
    key = lists.put(f"{FOLDER}/moto.csv", files.csv(range(0, 600)))
    lists.double.fail()
    lists.waits.clear()
    execution = lists.start(given(key, "moto"))
    lists.double.reset()
    found = ended(execution, "FAILED", THRESHOLD) + ended(lists.follow_ups[-1])
    found += [] if lists.redriven == [execution.arn] else [f"redrives asked for are {lists.redriven}"]
    *between_attempts, before_redrive = lists.waits
    found += [] if before_redrive == 60 else [f"it waited {before_redrive} s before the redrive"]
    most = [5, 10, 20, 40]
    found += [] if len(between_attempts) % 4 == 0 and between_attempts else [f"{len(between_attempts)} waits between attempts"]
    found += [f"a wait of {wait} s" for number, wait in enumerate(between_attempts[:4]) if not 0 <= wait <= most[number]]
    return found + unlike({"phase": "failed", "may_pass": True, "proceed": False}, lists.summary(execution))


def check(bootstrap: pathlib.Path, aws: Aws, tally: Tally) -> None:
    """What the other interpreter makes of the same definitions, files and functions."""
    for unknown, instead in states_moto.NOT_KNOWN.items():
        print(f"        moto's interpreter does not know {unknown}: {instead}")
    with contextlib.ExitStack() as stack:
        lists = MotoLists(bootstrap, aws, stack)
        for name, case in (lists_cases.CASES | {"a redrive is asked for": asked_for_a_redrive}).items():
            tally.check(name, case(lists))
        executions = states_moto.MotoMachine.executions
    tally.check("moto executed them", [] if executions > len(lists_cases.CASES) else [f"only {executions} executions"])
    print(f"        {executions} executions by moto's interpreter")


def main() -> int:
    tally = Tally()
    moto, endpoint = processes.moto()
    with moto:
        check(processes.bootstrap(), Aws(endpoint), tally)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
