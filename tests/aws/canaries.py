"""What must never leave the function except hashed and to TikTok: identifiers, their hashes, and credentials."""

import base64
import binascii
import gzip
import hashlib
import json
from collections.abc import Iterator

IDENTIFIER_KEYS = {"email", "phone", "advertisingid", "idfa", "aaid", "email_sha256", "phone_sha256", "idfa_sha256", "aaid_sha256"}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def of_event(text: str) -> set[str]:
    """The identifiers in an event file, however deep its envelope hides them, and the hashes of their spellings."""
    found = set(_identifiers(json.loads(text)))
    return found | {sha256(value) for value in found}


def _identifiers(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _identifiers(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _identifiers(item, key)
    elif isinstance(value, str):
        if key.lower() in IDENTIFIER_KEYS and _is_telling(value):
            yield value.strip()
        for inner in _embedded(value, key):
            yield from _identifiers(inner)


def _is_telling(value: str) -> bool:
    return "@" in value or sum(char.isdigit() for char in value) >= 7


def _embedded(value: str, key: str) -> Iterator[object]:
    """JSON inside a string: bodies, messages, base64 data, gzip."""
    texts = [value]
    if key in ("data", "body"):
        try:
            raw = base64.b64decode(value, validate=True)
            texts.append((gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode())
        except (binascii.Error, ValueError, OSError):
            pass
    for text in texts:
        for line in [text, *text.splitlines()]:
            if line.lstrip()[:1] in ("{", "["):
                try:
                    yield json.loads(line)
                except ValueError:
                    continue
