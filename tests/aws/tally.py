"""Counts the checks and prints each."""


class Tally:
    """What held and what did not."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, name: str, problems: list[str]) -> None:
        """Counts one check: it holds if there are no problems."""
        if problems:
            self.failed += 1
            print(f"FAILED  {name}", flush=True)
            for problem in problems:
                print(f"        {problem}")
        else:
            self.passed += 1
            print(f"ok      {name}", flush=True)

    def end(self) -> int:
        """Prints the sum; what the process ends in."""
        print(f"\n{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
