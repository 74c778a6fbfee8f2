"""Requests that were made to hurt, and the most memory that the release binary takes for each: 256 MB is what it has.

And the other end: how many bytes of log a webhook costs that is plainly accepted.
"""

import base64
import gzip
import json
import pathlib

import processes
from surroundings import Aws, as_sqs_event
from tally import Tally

ROOT = pathlib.Path(__file__).parent.parent.parent
MOST_BYTES = 256 * 1024 * 1024
"""`MemorySize` of the functions, in which Lambda's own runtime has a part: there is room to spare."""
NOWHERE = {"TIKTOK_API_BASE_URL": "http://127.0.0.1:9", "SSL_CERT_FILE": ""}
"""Nothing here reaches TikTok."""
WEBHOOKS = 50
LOG_OVERHEAD = 26
"""What CloudWatch adds to each line when it counts bytes. Source: `PutLogEvents`, CloudWatch Logs API reference."""
MOST_LOG_BYTES = 700
"""Of a webhook in a quiet minute, by the function and the API's access log: what the cost page is calculated with."""


def check(bootstrap: pathlib.Path, aws: Aws, tally: Tally) -> None:
    """Each hostile request meets a process of its own, whose peak is read when it has answered."""
    for name, role, payload, expected in hostile():
        with processes.Function(bootstrap, variables(aws, role)) as function:
            reply = function.invoke(payload)
            peak = peak_memory(function)
        found = [] if expected in reply else [f"the reply is {reply[:300]}"]
        found += [] if peak < MOST_BYTES else [f"it took {peak >> 20} MB"]
        tally.check(f"{name}, {len(payload) >> 10} KB: at most {peak >> 20} MB", found)
    logged = log_bytes(bootstrap, aws)
    tally.check(
        f"an accepted webhook logs {logged} bytes, of them {access_log_bytes()} by the API",
        [] if logged <= MOST_LOG_BYTES else [f"more than {MOST_LOG_BYTES}"],
    )


def variables(aws: Aws, role: str) -> dict[str, str]:
    """The environment with queues of its own, which nobody has to empty."""
    sqs = aws.client("sqs")
    buffer, rejected = (sqs.create_queue(QueueName=f"worst-{name}")["QueueUrl"] for name in ("buffer", "rejected"))
    own = {"AWS_LAMBDA_LOG_LEVEL": "INFO", "BUFFER_QUEUE_URL": buffer, "REJECTED_QUEUE_URL": rejected}
    changed = aws.variables(NOWHERE, role) | own
    return {name: value for name, value in changed.items() if value}


def hostile() -> list[tuple[str, str, bytes, str]]:
    """What it is, which function gets it, the invocation, and what its reply must have in it."""
    many = [{"type": "track"}] * 4000
    outer = batch(json.dumps({"batch": many, "context": {"a": "x" * 100_000}}))
    keys = batch(json.dumps({"batch": [{"type": "track", "userId": "u"}], "context": {f"k{n}": n for n in range(100_000)}}))
    ones = "[" + ",".join("1" * 500_000) + "]"
    message = {"MessageId": "m", "ReceiptHandle": "m", "Body": ones, "MD5OfBody": "none"}
    objects = ("[" + ",".join(["{}"] * 1_990_000) + "]").encode()
    return [
        ("a batch whose outer context would be copied 4,000 times", "ingest", outer, '"statusCode":'),
        ("an outer context of 100,000 keys", "ingest", keys, '"statusCode":'),
        ("half a million elements in one message", "deliver", as_sqs_event([message]), '"batchItemFailures":[]'),
        ("two million elements in one invocation", "ingest", objects, "TOO_MANY_EVENTS"),
        ("the same inside of `events`", "ingest", b'{"events":' + objects + b"}", "TOO_MANY_EVENTS"),
    ]


def batch(body: str) -> bytes:
    """A gzipped call of an SDK to /v1/batch."""
    request = json.loads((ROOT / "events/http_v2_sdk_batch.json").read_text())
    request["headers"] |= {"content-encoding": "gzip"}
    request |= {"body": base64.b64encode(gzip.compress(body.encode())).decode(), "isBase64Encoded": True}
    return json.dumps(request).encode()


def peak_memory(function: processes.Function) -> int:
    """The kernel's account of the function's own process, which is a child of the emulator."""
    (child,) = function.children()
    status = pathlib.Path(f"/proc/{child}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def log_bytes(bootstrap: pathlib.Path, aws: Aws) -> int:
    """Bytes that CloudWatch counts for a webhook that is accepted, after the first of an instance."""
    webhook = json.loads((ROOT / "events/http_v2_signed_webhook.json").read_text())
    with processes.Function(bootstrap, variables(aws, "ingest")) as function:
        invoke(function, webhook)
        before = len(function.own_lines())
        for _ in range(WEBHOOKS):
            invoke(function, webhook)
        lines = function.own_lines()[before:]
    return sum(len(line.encode()) + LOG_OVERHEAD for line in lines) // WEBHOOKS + access_log_bytes()


def invoke(function: processes.Function, webhook: dict) -> None:
    reply = json.loads(function.invoke(json.dumps(webhook).encode()))
    if reply.get("statusCode") != 202:
        raise RuntimeError(f"a webhook is not accepted: {reply}")


def access_log_bytes() -> int:
    """A line of the API's access log as the template asks for it, with values of usual length."""
    line = {
        "requestId": "UABcdjH3oAMEPQw=", "time": "20/Nov/2025:09:30:00 +0000", "route": "POST /events", "status": "202",
        "responseLength": "178", "responseLatency": "12", "integrationStatus": "200", "integrationError": "-",
    }
    return len(json.dumps(line, separators=(",", ":"))) + LOG_OVERHEAD
