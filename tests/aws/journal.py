"""The journal under faults: the function under Lambda's emulator, its lines through moto's Firehose into moto's S3.

A hundred thousand people pass through Deliver as the buffer queue hands them over, while TikTok fails, throttles, breaks
connections after it took a call, and refuses some of them for good.
"""

import contextlib
import hashlib
import json
import pathlib

import calls
import processes
import tiktok
from surroundings import AUDIENCE, Aws, as_sqs_event
from tally import Tally

PEOPLE = 100_000
EVENTS_OF_A_MESSAGE = 10
MESSAGES_OF_A_BATCH = 1_000
REFUSED = [7, 4_711, 31_313, 99_999]
"""People whom TikTok refuses, wherever they come."""
STREAM, BUCKET = "journal", "journal-bucket"
ROLE = "arn:aws:iam::123456789012:role/journal"
MOST_TRIES = 60
"""Invocations for one batch: more than any fault here needs."""
COLUMNS = {
    "time", "event_id", "message_id", "mapping", "action", "advertiser_id", "audience_id", "column", "hash", "outcome",
    "reason", "request_id",
}
OPTIONAL = {"reason", "request_id"}
"""What a line has only where there is something to say."""
DESTINATION = json.dumps({"settings": {"calls_per_second": 100, "batch_rows": 1000}})


def check(bootstrap: pathlib.Path, aws: Aws, tally: Tally) -> None:
    """Every row has its line with what became of it, and no line says anything else."""
    create_stream(aws)
    with contextlib.ExitStack() as stack:
        sandbox, variables = processes.sandbox(tiktok.VARIABLES)
        stack.enter_context(sandbox)
        double = tiktok.Tiktok(variables["SANDBOX_CONTROL_URL"])
        double.reset()
        env = aws.variables(variables, "deliver") | {
            "DESTINATION_CONFIG": DESTINATION,
            "JOURNAL_STREAM": STREAM,
            "AWS_ENDPOINT_URL_FIREHOSE": aws.endpoint,
        }
        function = stack.enter_context(processes.Function(bootstrap, env))
        refuse(double)
        tries = deliver(function, double)
        lines = read(aws)
        members = {digest for _, digest in double.members()}
        aws.take(aws.rejected)
        name = f"{PEOPLE} people under faults: {len(lines)} lines of {tries} invocations, each row at least once, none wrong"
        tally.check(name, problems(lines, members))


def create_stream(aws: Aws) -> None:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    aws.client("firehose").create_delivery_stream(
        DeliveryStreamName=STREAM, DeliveryStreamType="DirectPut",
        ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{BUCKET}", "Prefix": "journal/"},
    )


def email(number: int) -> str:
    return f"person{number}@example.com"


def digest(number: int) -> str:
    return hashlib.sha256(email(number).encode()).hexdigest()


def refuse(double: tiktok.Tiktok) -> None:
    """TikTok takes nothing that has one of these people in it."""
    for number in REFUSED:
        double.fail(None, fault=40002, message="invalid id", mentioning=digest(number))


def deliver(function: processes.Function, double: tiktok.Tiktok) -> int:
    """Hands over every batch until nothing of it comes back, each under another fault; returns the invocations."""
    tries = 0
    for index, first in enumerate(range(0, PEOPLE, EVENTS_OF_A_MESSAGE * MESSAGES_OF_A_BATCH)):
        messages = batch(range(first, first + EVENTS_OF_A_MESSAGE * MESSAGES_OF_A_BATCH))
        FAULTS[index % len(FAULTS)](double)
        for _ in range(MOST_TRIES):
            tries += 1
            reply = json.loads(function.invoke(as_sqs_event(messages)))
            if "errorType" in reply:
                continue
            failed = {failure["itemIdentifier"] for failure in reply["batchItemFailures"]}
            messages = [message for message in messages if message["MessageId"] in failed]
            if not messages:
                break
    return tries


FAULTS = [
    lambda double: None,
    lambda double: double.fail(4),
    lambda double: double.fail(2, fault="hang_up_after_body", applied=True),
    lambda double: double.fail(3, fault=40100),
    lambda double: double.fail(2, fault=50000, applied=True),
]
"""Nothing; errors; calls that take effect and are not answered; throttling; calls that take effect and say no."""


def batch(numbers: range) -> list[dict]:
    """Messages of the buffer queue."""
    messages = []
    for start in range(numbers.start, numbers.stop, EVENTS_OF_A_MESSAGE):
        events = []
        for number in range(start, start + EVENTS_OF_A_MESSAGE):
            moved = calls.moved(f"person-{number}", "Audience Entered", {"email": email(number)})
            events.append(moved | {"messageId": f"m-{number}", "timestamp": "2025-11-20T09:00:00.000Z"})
        body = json.dumps(events)
        name = f"message-{start}"
        messages.append({"MessageId": name, "ReceiptHandle": name, "Body": body, "MD5OfBody": "none"})
    return messages


def read(aws: Aws) -> list[dict]:
    """Every line of the journal."""
    s3 = aws.client("s3")
    lines: list[dict] = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="journal/"):
        for found in page.get("Contents", []):
            text = s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read().decode()
            lines += [json.loads(line) for line in text.splitlines()]
    return lines


def problems(lines: list[dict], members: set[str]) -> list[str]:
    """Rows without a line, and lines that say what did not happen."""
    found = []
    ends: dict[str, set[str]] = {}
    for line in lines:
        ends.setdefault(line["hash"], set()).add(line["outcome"])
        if COLUMNS - set(line) - OPTIONAL or set(line) - COLUMNS or line["audience_id"] != AUDIENCE or line["action"] != "add":
            found.append(f"a line has {sorted(line)}, audience {line['audience_id']}, action {line['action']}")
    refused = {digest(number) for number in REFUSED}
    everybody = {digest(number): f"m-{number}" for number in range(PEOPLE)}
    named = {(line["hash"], line["message_id"]) for line in lines}
    found += [f"{len(everybody.keys() - ends.keys())} people have no line"] if everybody.keys() != ends.keys() else []
    found += ["a line names another message"] if named != set(everybody.items()) else []
    delivered = {person for person, outcomes in ends.items() if "delivered" in outcomes}
    rejected = {person for person, outcomes in ends.items() if "rejected" in outcomes}
    found += [] if rejected == refused else [f"{len(rejected)} people are said to be rejected, not {len(refused)}"]
    # What is sent again has a line for each time.
    found += [] if delivered == members == everybody.keys() - refused else [
        f"{len(delivered)} people are said to be delivered, {len(members)} are members"
    ]
    return found[:20]
