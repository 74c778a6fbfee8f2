"""Event sources as Lambda runs them: an SQS mapping, a Kinesis mapping and asynchronous invocations, stepped by hand.

They follow AWS's rules of who sees what again and when, and know nothing of what the messages hold. Time does not
pass by itself: a message that failed is visible again at once.
Sources: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "Handling errors for an SQS event source",
"Configuring partial batch response with Kinesis Data Streams and Lambda", "How Lambda handles errors and retries with
asynchronous invocation", "Capturing records of Lambda asynchronous invocations".
"""

import json
from collections.abc import Callable, Iterator

from surroundings import as_kinesis_event, as_sqs_event

Invoke = Callable[[bytes], str]
MOST_INVOCATIONS = 200
"""More than any drain needs: beyond it something comes back for ever."""


class SqsMapping:
    """Takes messages from a queue, hands them to the function, and deletes what the reply does not name."""

    def __init__(self, sqs, queue_url: str, invoke: Invoke, batch_size: int = 1000):
        self._sqs = sqs
        self._url = queue_url
        self._arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self._invoke = invoke
        self._batch_size = batch_size
        self.invocations = 0
        self.failed_invocations = 0
        self.returned = 0
        """Messages that came back."""

    def drain(self) -> None:
        """Polls until the queue gives nothing any more."""
        while self.poll():
            if self.invocations > MOST_INVOCATIONS:
                raise RuntimeError(f"the queue is not empty after {self.invocations} invocations")

    def poll(self) -> bool:
        """One batch, if there is anything."""
        messages = self._gather()
        if not messages:
            return False
        self.invocations += 1
        failed = self._failed(messages, json.loads(self._invoke(as_sqs_event(messages, self._arn))))
        self._delete([message for message in messages if message["MessageId"] not in failed])
        returned = [message for message in messages if message["MessageId"] in failed]
        self.returned += len(returned)
        for entries in in_tens(returned):
            shown = [entry | {"VisibilityTimeout": 0} for entry in entries]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=shown)
        return True

    def _gather(self) -> list[dict]:
        messages: list[dict] = []
        while len(messages) < self._batch_size:
            most = min(10, self._batch_size - len(messages))
            reply = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=most, MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            if not reply.get("Messages"):
                break
            messages += reply["Messages"]
        return messages

    def _failed(self, messages: list[dict], reply: dict) -> set[str]:
        """The ids that are sent again: all of them after an error, or if one of those named is not in the batch."""
        everything = {message["MessageId"] for message in messages}
        if "errorType" in reply:
            self.failed_invocations += 1
            return everything
        named = {item.get("itemIdentifier") for item in reply.get("batchItemFailures", [])}
        return named if named <= everything else everything

    def _delete(self, messages: list[dict]) -> None:
        for entries in in_tens(messages):
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)


def in_tens(messages: list[dict]) -> Iterator[list[dict]]:
    """Entries that name messages, as many as SQS takes at once."""
    for start in range(0, len(messages), 10):
        some = messages[start : start + 10]
        yield [{"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]} for index, message in enumerate(some)]


class KinesisMapping:
    """Reads a stream's one shard in order; nothing behind a record is read before that record has passed."""

    def __init__(self, kinesis, stream: str, invoke: Invoke, batch_size: int, bisects: bool):
        self._kinesis = kinesis
        self._stream = stream
        self._invoke = invoke
        self._batch_size = batch_size
        self._bisects = bisects
        self.invocations = 0
        self.failed_invocations = 0
        self.checkpoints = 0
        """Invocations that named a record to go on from."""

    def drain(self) -> None:
        """Reads to the end of the shard."""
        shard = self._kinesis.list_shards(StreamName=self._stream)["Shards"][0]["ShardId"]
        iterator = self._kinesis.get_shard_iterator(
            StreamName=self._stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while True:
            reply = self._kinesis.get_records(ShardIterator=iterator, Limit=self._batch_size)
            if not reply["Records"]:
                return
            self._deliver(reply["Records"], shard)
            iterator = reply["NextShardIterator"]

    def _deliver(self, records: list[dict], shard: str) -> None:
        """Invokes until every record of a batch has passed."""
        waiting = [records]
        while waiting:
            batch = waiting.pop(0)
            self.invocations += 1
            if self.invocations > MOST_INVOCATIONS:
                raise RuntimeError(f"the shard is not read after {self.invocations} invocations")
            reply = json.loads(self._invoke(as_kinesis_event(batch, shard)))
            waiting = self._again(batch, reply) + waiting

    def _again(self, batch: list[dict], reply: dict) -> list[list[dict]]:
        """What is sent again: from the record on that the reply names, or all, in halves if the mapping bisects."""
        if "errorType" in reply:
            self.failed_invocations += 1
            return self._whole(batch)
        named = [item.get("itemIdentifier") for item in reply.get("batchItemFailures", [])]
        if not named:
            return []
        numbers = [record["SequenceNumber"] for record in batch]
        if not set(named) <= set(numbers):
            return self._whole(batch)
        self.checkpoints += 1
        return [batch[min(numbers.index(number) for number in named) :]]

    def _whole(self, batch: list[dict]) -> list[list[dict]]:
        middle = len(batch) // 2
        return [batch[:middle], batch[middle:]] if self._bisects and middle else [batch]


TRIES = 3
"""An asynchronous invocation and its retries."""


class AsynchronousInvocations:
    """Invokes until it succeeds, a few times, and then writes what it invoked with to a queue."""

    def __init__(self, sqs, on_failure_url: str, invoke: Invoke):
        self._sqs = sqs
        self._url = on_failure_url
        self._invoke = invoke
        self.invocations = 0
        self.given_up = 0

    def send(self, payload: object) -> None:
        """One event of a service that hears nothing of what becomes of it."""
        for _ in range(TRIES):
            self.invocations += 1
            reply = json.loads(self._invoke(json.dumps(payload).encode()))
            if "errorType" not in reply:
                return
        self.given_up += 1
        record = {
            "version": "1.0", "timestamp": "2025-11-20T09:00:00.000Z",
            "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": TRIES},
            "requestPayload": payload,
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"}, "responsePayload": reply,
        }
        self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(record))


def redrive(sqs, dead_letters: str, queue_url: str) -> int:
    """Moves every message of a dead-letter queue back, as SQS's own redrive does, and counts them."""
    count = 0
    while True:
        reply = sqs.receive_message(QueueUrl=dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        messages = reply.get("Messages", [])
        if not messages:
            return count
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            sqs.send_message(QueueUrl=queue_url, MessageBody=message["Body"], MessageAttributes=attributes)
            sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])
        count += len(messages)
