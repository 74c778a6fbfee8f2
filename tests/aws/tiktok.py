"""The sandbox's TikTok from outside: what it holds, how to break it and fix it."""

import processes
from surroundings import AUDIENCE

VARIABLES = {"TIKTOK_API_BASE_URL", "SSL_CERT_FILE", "SANDBOX_CONTROL_URL"}
"""What the sandbox must print before it is of use."""
MAPPING = "/segment/mapping/"
ATTEMPTS = 3
"""How often the function tries a call that fails for the moment."""
Cells = set[tuple[str, str]]
"""Hashed identifiers with their columns."""


class Tiktok:
    """The sandbox at its control address."""

    def __init__(self, control: str):
        self._control = control

    def reset(self) -> None:
        """An empty audience, a valid token, no faults, nothing seen."""
        processes.send_json("POST", f"{self._control}/reset", {})

    def fail(self, calls: int | None = None, **fault: object) -> None:
        """Answers HTTP 500 to so many mapping calls, or to all, unless another fault is given."""
        order = {"fault": "status", "status": 500} if "fault" not in fault else {}
        processes.send_json("POST", f"{self._control}/faults", {"endpoint": MAPPING, "times": calls} | order | fault)

    def token(self, life: str) -> None:
        """`valid`, `revoked` or `expired`."""
        processes.send_json("PUT", f"{self._control}/token", {"life": life})

    def audience(self, condition: str) -> None:
        """`ready`, `busy`, `expired` or `dead`."""
        processes.send_json("PUT", f"{self._control}/audiences", {"audience_id": AUDIENCE, "condition": condition})

    def audiences(self) -> list[dict]:
        """Every audience there ever was, deleted ones included."""
        return processes.get_json(f"{self._control}/audiences")

    def rejected(self) -> int:
        """Messages in the sandbox's own dead-letter queue."""
        return len(processes.get_json(f"{self._control}/rejected"))

    def mapping_calls(self) -> int:
        """Calls that TikTok took to add or remove people."""
        calls = processes.get_json(f"{self._control}/calls")
        return sum(call["path"].endswith(MAPPING) and call["code"] == 0 for call in calls)

    def members(self) -> Cells:
        everything = processes.get_json(f"{self._control}/members")
        return {(column, digest) for column, digest in everything.get(AUDIENCE, [])}

    def member_problems(self, expected: Cells) -> list[str]:
        """How the audience differs from what it should hold."""
        members = self.members()
        missing, extra = len(expected - members), len(members - expected)
        return [f"the audience lacks {missing} members and has {extra} too many"] if missing or extra else []
