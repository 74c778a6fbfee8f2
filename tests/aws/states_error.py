"""What a state fails by, and the size that its data may have."""

import json
from typing import Any

DATA_LIMIT = "States.DataLimitExceeded"
ITEM_READER = "States.ItemReaderFailed"
QUERY_EVALUATION = "States.QueryEvaluationError"
THRESHOLD = "States.ExceedToleratedFailureThreshold"
TIMEOUT = "States.Timeout"
RUNTIME = "States.Runtime"
MOST_BYTES = 256 * 1024
"""Input and result of a state. Source: AWS Step Functions Developer Guide, "Service quotas"."""


class StatesError(Exception):
    """A named failure of a state."""

    def __init__(self, error: str, cause: str = ""):
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


def text_of(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def within_limit(value: Any, what: str) -> Any:
    """The value, if a state may carry it."""
    size = len(text_of(value).encode())
    if size > MOST_BYTES:
        raise StatesError(DATA_LIMIT, f"{what} has {size} bytes")
    return value
