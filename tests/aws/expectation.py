"""Compares a reply with what expected.json says of it. Knows nothing of processes."""

import json

OUTCOMES = {"delivered": 200, "accepted": 202, "superseded": 200, "skipped": 200, "rejected": 400, "retryable": 503}


def problems(entry: dict, reply_text: str) -> list[str]:
    """What is wrong with a reply, in sentences; nothing if it is as expected."""
    try:
        reply = json.loads(reply_text)
    except ValueError:
        return ["the reply is not JSON"]
    failed = isinstance(reply, dict) and "errorType" in reply
    if "error" in entry:
        return _compare({"errorType": entry["error"]}, reply, "reply") if failed else ["the invocation did not fail"]
    if failed:
        return [f"the invocation failed: {reply['errorType']}: {reply.get('errorMessage')}"]
    found = [f"the reply lacks {text}" for text in entry.get("contains", []) if text not in reply_text]
    if "reply" in entry:
        found += _compare(entry["reply"], reply, "reply")
    if "status" not in entry:
        return found + (_report_problems(entry["outcomes"], reply) if "outcomes" in entry else [])
    found += _compare({"statusCode": entry["status"]}, reply, "reply")
    found += _compare(entry.get("headers", {}), reply.get("headers", {}), "headers")
    if found or not ("body" in entry or "outcomes" in entry):
        return found
    body = json.loads(reply["body"])
    found += _compare(entry.get("body", {}), body, "body")
    return found + (_report_problems(entry["outcomes"], body) if "outcomes" in entry else [])


def _report_problems(outcomes: list[str], report: dict) -> list[str]:
    """Each outcome reads `outcome`, or `outcome ACTION_OR_REASON`."""
    summary = dict.fromkeys(OUTCOMES, 0) | {"received": len(outcomes)}
    results = []
    for index, text in enumerate(outcomes):
        outcome, _, detail = text.partition(" ")
        summary[outcome] += 1
        results.append({"index": index, "outcome": outcome, "status": OUTCOMES[outcome]})
    found = _compare({"summary": summary, "results": results}, report, "report")
    if not found:
        for text, result in zip(outcomes, report["results"]):
            detail = text.partition(" ")[2]
            if detail and detail not in _details(result):
                found.append(f"result {result['index']} names {sorted(_details(result))}, not {detail}")
    return found


def _details(result: dict) -> set[str]:
    """The actions and reason codes of a result."""
    parts = [result, *result.get("actions", [])]
    actions = {part["action"] for part in parts if part.get("action")}
    return actions | {part["error"]["code"] for part in parts if part.get("error")}


def _compare(expected: object, actual: object, path: str) -> list[str]:
    """Objects may have more keys than expected; lists have the same length."""
    if expected == "<any>":
        return []
    if expected == "<digits>":
        return [] if isinstance(actual, str) and actual.isdigit() else [f"{path} is {actual!r}, not digits"]
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [problem for key, value in expected.items() for problem in _compare(value, actual.get(key), f"{path}.{key}")]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [problem for index, pair in enumerate(zip(expected, actual)) for problem in _compare(*pair, f"{path}[{index}]")]
    return [] if expected == actual else [f"{path} is {actual!r}, expected {expected!r}"]
