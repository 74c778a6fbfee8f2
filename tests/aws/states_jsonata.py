"""JSONata by its published implementation, in a process of its own; the version is the one that AWS names.

Source: AWS Step Functions Developer Guide, "Transforming data with JSONata": version 2.0.6, without `$eval`.
"""

import json
import pathlib
import subprocess
import threading
from typing import Any

from states_error import QUERY_EVALUATION, StatesError

EVALUATOR = pathlib.Path(__file__).parent / "states" / "jsonata.mjs"
OPEN, CLOSE = "{%", "%}"


class Jsonata:
    """Evaluates from its entry to its exit."""

    def __enter__(self) -> "Jsonata":
        self._turn = threading.Lock()
        self._process = subprocess.Popen(["node", str(EVALUATOR)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def fill(self, template: Any, variables: dict[str, Any], states: dict[str, Any]) -> Any:
        """A value with every expression in it evaluated; one that gives nothing is an error, as on AWS."""
        if isinstance(template, list):
            return [self.fill(inner, variables, states) for inner in template]
        if isinstance(template, dict):
            return {name: self.fill(inner, variables, states) for name, inner in template.items()}
        if not is_expression(template):
            return template
        (value,) = self._evaluate(template, {"variables": variables, "states": states})
        return value

    def fill_each(self, template: str, variables: dict[str, Any], states: dict[str, Any], items: list[dict]) -> list[Any]:
        """The value of one expression for each item of a map."""
        if not is_expression(template):
            raise ValueError("the selector of items is no expression")
        return self._evaluate(template, {"variables": variables, "states": states, "items": items})

    def _evaluate(self, template: str, scope: dict[str, Any]) -> list[Any]:
        expression = template.strip().removeprefix(OPEN).removesuffix(CLOSE).strip()
        with self._turn:
            self._process.stdin.write(json.dumps({"expression": expression} | scope) + "\n")
            self._process.stdin.flush()
            results = json.loads(self._process.stdout.readline())["results"]
        for result in results:
            if "error" in result:
                raise StatesError(QUERY_EVALUATION, f"{expression}: {result['error']}")
        return [result["value"] for result in results]


def is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.strip().startswith(OPEN) and value.strip().endswith(CLOSE)
