"""What the function may write: JSON lines, metrics that template.yaml shows, and nothing about a person."""

import json
import pathlib
import re

REQUIRED_METRICS = {"Received", "Delivered", "Accepted", "Rejected", "TikTokCalls", "TikTokLatency", "TokenValid"}


def problems(lines: list[str], canaries: set[str]) -> list[str]:
    """What is wrong with log lines; never repeats what must not be there."""
    found = []
    for number, line in enumerate(lines, 1):
        try:
            is_object = isinstance(json.loads(line), dict)
        except ValueError:
            is_object = False
        if not is_object:
            found.append(f"log line {number} is not a JSON object")
        found += [f"log line {number} holds {_kind(canary)}" for canary in canaries if canary in line]
    return found


def leaks(text: str, canaries: set[str]) -> list[str]:
    """What a reply must not hold."""
    return [f"the reply holds {_kind(canary)}" for canary in canaries if canary in text]


def _kind(canary: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{64}", canary):
        return "a hash"
    if "@" in canary:
        return "an email address"
    return "a phone number, advertising id or credential"


def metric_problems(lines: list[str], template: pathlib.Path) -> list[str]:
    """Whether the metrics that were written are those that dashboard and alarms read."""
    text = template.read_text()
    seen: dict[str, set[frozenset[str]]] = {}
    found = []
    for line in lines:
        for directive in json.loads(line).get("_aws", {}).get("CloudWatchMetrics", []):
            if directive["Namespace"] != "TikTokAudiences":
                found.append(f"a metric is in the name space {directive['Namespace']}")
            for metric in directive["Metrics"]:
                dimensions = {frozenset(names) for names in directive["Dimensions"]}
                seen.setdefault(metric["Name"], set()).update(dimensions)
    for name, dimensions in sorted(seen.items()):
        if not re.search(rf"\b{name}\b", text):
            found.append(f"{template.name} does not show the metric {name}")
        if frozenset({"FunctionName"}) not in dimensions:
            found.append(f"{name} is not written by FunctionName alone, which {template.name} reads")
    found += [f"the metric {name} was never written" for name in sorted(REQUIRED_METRICS - seen.keys())]
    return found
