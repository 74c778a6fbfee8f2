"""Invented people by number, their events, and what of them must reach TikTok."""

import json

import calls
import canaries
from tiktok import Cells

FIRST_SECOND = 1_763_600_000
"""Before any clock that runs these checks."""


def event(number: int, enters: bool, second: int = 0) -> dict:
    """A person enters the audience or leaves it, so many seconds after the first."""
    name = "Audience Entered" if enters else "Audience Exited"
    traits = {"email": f"Person.{number}+list@Example.com", "phone": f"+1 (202) 555-{number:04d}"}
    moved = calls.moved(f"person-{number}", name, traits)
    moment = FIRST_SECOND + second
    clock = f"{moment // 3600 % 24:02d}:{moment // 60 % 60:02d}:{moment % 60:02d}"
    return moved | {"messageId": f"{name}-{number}-{second}", "timestamp": f"2025-11-20T{clock}.000Z"}


def unusable(number: int) -> dict:
    """A person of whom nothing can be used: rejected."""
    moved = calls.moved(f"nobody-{number}", "Audience Entered", {"email": "not an address"})
    return moved | {"messageId": f"nobody-{number}"}


def private(numbers: range) -> set[str]:
    """What no log may hold of these people."""
    return set().union(*(canaries.of_event(json.dumps(event(number, True))) for number in numbers))


def cells(numbers: range | list[int]) -> Cells:
    """What TikTok must know of these people."""
    emails = {("EMAIL_SHA256", canaries.sha256(f"person{number}@example.com")) for number in numbers}
    return emails | {("PHONE_SHA256", canaries.sha256(f"+1202555{number:04d}")) for number in numbers}
