"""The buffer queue and its dead-letter queue, on moto, with the real function in front of them and behind them."""

import base64
import contextlib
import gzip
import json
import pathlib
from collections.abc import Callable

import logs
import people
import processes
import tiktok
from sources import SqsMapping, redrive
from surroundings import SECRETS, Aws
from tally import Tally

MOST_RECEIVES = 4
"""The buffer queue's `maxReceiveCount`, small so that the dead-letter queue is reached soon."""
AUTHORIZATION = "Basic " + base64.b64encode(b"sandbox-write-key:").decode()


class Stage:
    """Two queues of its own, the functions in front of them and behind them, and TikTok."""

    def __init__(
        self,
        aws: Aws,
        ingest: processes.Function,
        deliver: processes.Function,
        urls: dict[str, str],
        double: tiktok.Tiktok,
    ):
        self.sqs = aws.client("sqs")
        self._take = aws.take
        self.urls = urls
        self.tiktok = double
        self.invoke = ingest.invoke
        self.deliver = deliver.invoke
        self.reset()

    def reset(self) -> None:
        """Empty queues, an empty audience, and a mapping that has seen nothing."""
        self.tiktok.reset()
        for url in self.urls.values():
            self._take(url)
        self.mapping = SqsMapping(self.sqs, self.urls["buffer"], self.deliver)

    def put(self, bodies: list[object], **common: object) -> None:
        """Writes messages straight to the buffer queue."""
        self.write("buffer", [{"MessageBody": json.dumps(body)} | common for body in bodies])

    def write(self, queue: str, entries: list[dict]) -> None:
        for start in range(0, len(entries), 10):
            batch = [entry | {"Id": str(index)} for index, entry in enumerate(entries[start : start + 10])]
            reply = self.sqs.send_message_batch(QueueUrl=self.urls[queue], Entries=batch)
            if reply.get("Failed"):
                raise RuntimeError(f"moto refuses {reply['Failed']}")

    def dead(self) -> int:
        """Messages in the dead-letter queue."""
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.urls["dead"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])

    def problems(self, members: tiktok.Cells, dead: int = 0) -> list[str]:
        """How audience and dead-letter queue differ from what they should hold."""
        found = self.tiktok.member_problems(members)
        return found if self.dead() == dead else found + [f"{self.dead()} messages in the dead-letter queue, not {dead}"]


def check(bootstrap: pathlib.Path, aws: Aws, tally: Tally) -> None:
    """Every scenario, with its own empty queues and audience."""
    with contextlib.ExitStack() as stack:
        sandbox, variables = processes.sandbox(tiktok.VARIABLES)
        stack.enter_context(sandbox)
        urls = create_queues(aws)
        queues = {"BUFFER_QUEUE_URL": urls["buffer"], "REJECTED_QUEUE_URL": urls["dead"]}
        functions = [
            stack.enter_context(processes.Function(bootstrap, aws.variables(variables, role) | queues))
            for role in ("ingest", "deliver")
        ]
        stage = Stage(aws, *functions, urls, tiktok.Tiktok(variables["SANDBOX_CONTROL_URL"]))
        for name, scenario in SCENARIOS.items():
            tally.check(name, scenario(stage))
            stage.reset()
        private = SECRETS | people.private(range(0, 50))
        lines = [line for function in functions for line in function.own_lines()]
        tally.check("logs hold nothing about the people in the queues", logs.problems(lines, private))


def create_queues(aws: Aws) -> dict[str, str]:
    """The queues of template.yaml, and a FIFO one."""
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MOST_RECEIVES})
    buffer = sqs.create_queue(
        QueueName="events", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "180"}
    )["QueueUrl"]
    fifo = sqs.create_queue(
        QueueName="events.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "180"},
    )["QueueUrl"]
    return {"buffer": buffer, "dead": dead, "fifo": fifo}


def every_way_in(stage: Stage) -> list[str]:
    """Events by HTTP, bus, topic and invocation are accepted, wait, and reach TikTok in a few calls.

    Bus and topic write to the queue themselves, as the template connects them, or come as invocations.
    """
    found = []
    for number in range(0, 200):
        found += accepted(stage, as_http("/events", people.event(number, True)), 202)
    batch = {"batch": [people.event(number, True) for number in range(200, 400)]}
    found += accepted(stage, as_http("/v1/batch", batch, is_gzipped=True), 200)
    found += accepted(stage, [people.event(number, True) for number in range(400, 1400)], None)
    for number in range(1400, 1420):
        found += accepted(stage, as_bus(people.event(number, True)), None)
        found += accepted(stage, as_topic(people.event(number + 20, True)), None)
    stage.put([as_bus(people.event(number, True)) for number in range(1440, 1460)])
    stage.put([notification(people.event(number, True)) for number in range(1460, 1480)])
    if stage.tiktok.mapping_calls():
        found.append("TikTok was called before the queue was drained")
    stage.mapping.drain()
    if stage.tiktok.mapping_calls() > 4:
        found.append(f"{stage.tiktok.mapping_calls()} calls for 1,480 people")
    return found + stage.problems(people.cells(range(0, 1480)))


def accepted(stage: Stage, payload: object, status: int | None) -> list[str]:
    """Whether the function says that it keeps an event: by status over HTTP, else by not failing."""
    reply = json.loads(stage.invoke(json.dumps(payload).encode()))
    if isinstance(reply, dict) and reply.get("errorType"):
        return [f"not accepted: {reply['errorType']}"]
    return [] if status is None or reply["statusCode"] == status else [f"answered {reply['statusCode']}"]


def by_ten(numbers: range) -> list[list[dict]]:
    """Entries, ten to a message."""
    return [[people.event(number, True) for number in numbers[start : start + 10]] for start in range(0, len(numbers), 10)]


def short_outage(stage: Stage) -> list[str]:
    """TikTok fails for two invocations; everything is sent again and nothing is given up."""
    stage.tiktok.fail(2 * tiktok.ATTEMPTS)
    stage.put(by_ten(range(0, 300)))
    stage.mapping.drain()
    found = stage.problems(people.cells(range(0, 300)))
    counts = (stage.mapping.invocations, stage.mapping.failed_invocations, stage.mapping.returned)
    return found if counts == (3, 2, 60) else found + [f"invocations, failed ones, messages returned: {counts}"]


def partial_failure(stage: Stage) -> list[str]:
    """Removes fail and adds do not: only the messages with removes are sent again."""
    stage.put([people.event(number, True) for number in range(0, 100)])
    stage.mapping.drain()
    stage.tiktok.fail(tiktok.ATTEMPTS, mentioning='"delete"')
    stage.put([people.event(number, number >= 50, 60) for number in range(40, 140)])
    stage.mapping.drain()
    found = stage.problems(people.cells([*range(0, 40), *range(50, 140)]))
    counts = (stage.mapping.failed_invocations, stage.mapping.returned)
    return found if counts == (0, 10) else found + [f"failed invocations, messages returned: {counts}"]


def bad_records(stage: Stage) -> list[str]:
    """What can never be delivered goes to the dead-letter queue, with its reason, and sinks nobody."""
    stage.put([people.unusable(number) if number % 10 == 0 else people.event(number, True) for number in range(0, 100)])
    stage.write("buffer", [{"MessageBody": "{broken"}])
    stage.mapping.drain()
    found = stage.problems(people.cells([number for number in range(0, 100) if number % 10]), dead=11)
    reply = stage.sqs.receive_message(
        QueueUrl=stage.urls["dead"], MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    bare = [message for message in reply["Messages"] if not message.get("MessageAttributes")]
    found += ["a dead letter carries no reason"] if bare else []
    return found + ([f"{stage.mapping.returned} messages came back"] if stage.mapping.returned else [])


def long_outage(stage: Stage) -> list[str]:
    """TikTok stays away until the queue gives up; the redrive brings everything back."""
    stage.tiktok.fail(None)
    stage.put(by_ten(range(0, 200)))
    stage.mapping.drain()
    found = stage.problems(set(), dead=20)
    return found + redriven(stage, people.cells(range(0, 200)), stage.tiktok.reset)


def dead_token(stage: Stage) -> list[str]:
    """A revoked token blames no event: all of them wait for a new one."""
    stage.tiktok.token("revoked")
    stage.put([people.event(number, True) for number in range(0, 50)])
    for _ in range(2):
        stage.mapping.poll()
    found = stage.problems(set())
    stage.tiktok.token("valid")
    stage.mapping.drain()
    failed = stage.mapping.failed_invocations
    return found + stage.problems(people.cells(range(0, 50))) + ([] if failed == 2 else [f"{failed} failed invocations"])


def dead_audience(stage: Stage) -> list[str]:
    """An audience that is gone rejects its events; they can be redriven once it is there again."""
    stage.tiktok.audience("dead")
    stage.put([people.event(number, True) for number in range(0, 50)])
    stage.mapping.drain()
    found = stage.problems(set(), dead=50)
    return found + redriven(stage, people.cells(range(0, 50)), lambda: stage.tiktok.audience("ready"))


def redriven(stage: Stage, members: tiktok.Cells, fix: Callable[[], None]) -> list[str]:
    """What is wrong after the cause is fixed and the dead-letter queue is moved back."""
    expected = stage.dead()
    fix()
    count = redrive(stage.sqs, stage.urls["dead"], stage.urls["buffer"])
    stage.mapping.drain()
    return stage.problems(members) + ([] if count == expected else [f"{count} of {expected} messages moved"])


def fifo(stage: Stage) -> list[str]:
    """Position decides on a FIFO queue, whatever the timestamps say, also when a part of a batch is sent again."""
    mapping = SqsMapping(stage.sqs, stage.urls["fifo"], stage.deliver, batch_size=10)
    stage.tiktok.fail(tiktok.ATTEMPTS, mentioning='"delete"')
    rounds = [(0, True, 50), (1, False, 10), (2, True, 30)]
    entries = [
        {"MessageBody": json.dumps(people.event(number, enters, second)), "MessageGroupId": f"person-{number}"}
        for index, enters, second in rounds
        for number in range(0, 40)
        if not (index == 2 and number % 2)
    ]
    stage.write("fifo", entries)
    mapping.drain()
    found = stage.problems(people.cells(range(0, 40, 2)))
    return found if mapping.returned else found + ["nothing came back"]


def as_http(path: str, body: object, is_gzipped: bool = False) -> dict:
    """An HTTP API's request with the write key."""
    text = json.dumps(body)
    headers = {"authorization": AUTHORIZATION, "content-type": "application/json"}
    if is_gzipped:
        headers["content-encoding"] = "gzip"
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
        "requestContext": {"http": {"method": "POST", "path": path, "sourceIp": "192.0.2.1"}, "requestId": "r"},
        "body": base64.b64encode(gzip.compress(text.encode())).decode() if is_gzipped else text,
        "isBase64Encoded": is_gzipped,
    }


def as_bus(event: dict) -> dict:
    """What a rule of Segment's partner bus passes on."""
    return {
        "version": "0", "id": "e", "detail-type": "track", "source": "aws.partner/segment.com/example",
        "account": "123456789012", "time": "2025-11-20T09:00:00Z", "region": "us-east-1", "resources": [], "detail": event,
    }


def as_topic(event: dict) -> dict:
    """What a topic invokes a function with."""
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification(event)}]}


def notification(event: dict) -> dict:
    """What a topic writes to a queue."""
    return {
        "Type": "Notification", "MessageId": "n", "TopicArn": "arn:aws:sns:us-east-1:123456789012:events",
        "Message": json.dumps(event), "Timestamp": "2025-11-20T09:00:00.000Z",
    }


SCENARIOS: dict[str, Callable[[Stage], list[str]]] = {
    "1,480 people by HTTP, bus, topic and invocation reach TikTok through the buffer": every_way_in,
    "a short outage loses nothing": short_outage,
    "only what failed is sent again": partial_failure,
    "bad records are kept and sink nobody": bad_records,
    "a long outage ends in the dead-letter queue and is redriven": long_outage,
    "a dead token blames no event": dead_token,
    "events of a deleted audience are redriven": dead_audience,
    "a FIFO queue keeps its order": fifo,
}
