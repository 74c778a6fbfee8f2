"""What the package is made of, configuration that must end the process, and the forms that the secret may take."""

import dataclasses
import json
import pathlib
import re
import zlib

import processes
from surroundings import ACCESS_TOKEN, ADVERTISER, Aws

EXIT_SECONDS = 10
NEWEST_GLIBC = 34
"""Amazon Linux 2023 has glibc 2.34."""
LARGEST_PACKAGE = 3_000_000
"""Bytes of the binary once compressed: its budget."""


def package_problems(bootstrap: pathlib.Path) -> list[str]:
    """Whether the binary starts where Lambda runs it, loads no library but libc, and stays within its budget."""
    binary = bootstrap.read_bytes()
    newest = max((int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", binary)), default=0)
    size = len(zlib.compress(binary, 9))
    found = [f"it needs glibc 2.{newest}"] if newest > NEWEST_GLIBC else []
    others = sorted(set(re.findall(rb"lib(?:dl|gcc_s|m|pthread)\.so\.\d", binary)))
    found += [f"each start loads {other.decode()}" for other in others]
    return found + ([f"it takes {size} bytes compressed"] if size > LARGEST_PACKAGE else [])


@dataclasses.dataclass
class Misconfiguration:
    """Variables that are wrong (None: missing), and what the one line about it must name."""

    name: str
    changes: dict[str, str | None]
    named: str


MISCONFIGURATIONS = [
    Misconfiguration("no secret", {"TIKTOK_SECRET_ID": None}, "TIKTOK_SECRET_ID"),
    Misconfiguration("plain http to another host", {"TIKTOK_API_BASE_URL": "http://example.com"}, "TIKTOK_API_BASE_URL"),
    Misconfiguration("an unknown role", {"FUNCTION_ROLE": "everything"}, "FUNCTION_ROLE"),
    Misconfiguration("a period that is no number", {"TIKTOK_SECRET_TTL_SECONDS": "soon"}, "TIKTOK_SECRET_TTL_SECONDS"),
    Misconfiguration("a queue that is no URL", {"BUFFER_QUEUE_URL": "buffer"}, "BUFFER_QUEUE_URL"),
    Misconfiguration("a file that is not there", {"DESTINATION_CONFIG": "/nowhere/destination.json"}, "DESTINATION_CONFIG"),
    Misconfiguration("an unknown setting", {"DESTINATION_CONFIG": '{"settings":{"identity_rule":"tiktok"}}'}, "identity_rule"),
    Misconfiguration(
        "a trigger that is no query",
        {"DESTINATION_CONFIG": '{"mappings":[{"name":"m","action":"addToAudience","trigger":"event = "}]}'},
        "mappings[0].trigger",
    ),
]


def misconfiguration_problems(case: Misconfiguration, bootstrap: pathlib.Path, env: dict[str, str]) -> list[str]:
    """Whether the process ends at once with one JSON error line that names the fault."""
    changed = {key: value for key, value in (env | case.changes).items() if value is not None}
    changed["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{processes.free_port()}"
    with processes.Program("function", [str(bootstrap)], changed) as program:
        code = program.exit_code(EXIT_SECONDS)
    found = [] if code != 0 else ["it ended as if nothing were wrong"]
    if len(program.lines) != 1:
        return found + [f"it wrote {len(program.lines)} lines instead of one"]
    try:
        line = json.loads(program.lines[0])
    except ValueError:
        return found + ["its line is not JSON"]
    if str(line.get("level", "")).upper() != "ERROR":
        found.append("its line is not an error")
    return found if case.named in program.lines[0] else found + [f"its line does not name {case.named}"]


@dataclasses.dataclass
class SecretForm:
    """A secret's value (None: there is no such secret), and what an event meets with it: an error, or delivery."""

    name: str
    value: str | None
    error: str | None
    mentions: str = ""


SECRET_FORMS = [
    SecretForm("the bare token", ACCESS_TOKEN, None),
    SecretForm("only a token in JSON", json.dumps({"access_token": ACCESS_TOKEN}), None),
    SecretForm("with advertisers", json.dumps({"access_token": ACCESS_TOKEN, "advertiser_ids": [ADVERTISER]}), None),
    SecretForm("the template's placeholder", "{}", "Retryable", "access_token"),
    SecretForm("a token that TikTok does not know", "another-token", "Retryable", "TIKTOK_UNAUTHORIZED"),
    SecretForm("no such secret", None, "Retryable", "SECRET_UNAVAILABLE"),
]


def secret_problems(form: SecretForm, aws: Aws, bootstrap: pathlib.Path, env: dict[str, str], event: bytes) -> list[str]:
    """Whether one event is delivered, or fails with a named error, given a form of the secret."""
    secret = aws.store_secret(f"form/{form.name.replace(' ', '-')}", form.value) if form.value else "no-such-secret"
    with processes.Function(bootstrap, env | {"TIKTOK_SECRET_ID": secret}) as function:
        reply = json.loads(function.invoke(event))
        repeated = json.loads(function.invoke(event))
    if form.error is None:
        return [] if reply.get("summary", {}).get("delivered") == 1 else [f"not delivered: {reply}"]
    found = [] if repeated.get("errorType") == reply.get("errorType") else ["the second try ended differently"]
    if reply.get("errorType") != form.error:
        return found + [f"ended with {reply.get('errorType')} instead of {form.error}"]
    text = reply.get("errorMessage", "") + "\n".join(function.own_lines())
    return found if form.mentions in text else found + [f"neither error nor log mentions {form.mentions}"]
