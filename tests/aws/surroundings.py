"""The AWS around the function: secret and queues in moto, and the variables that name them."""

import base64
import json

import boto3

REGION = "us-east-1"
ADVERTISER = "7000000000000000001"
AUDIENCE = "1800000000000000001"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "example"}
ACCESS_TOKEN = "sandbox-access-token"
SECRET = {
    "access_token": ACCESS_TOKEN,
    "advertiser_ids": [ADVERTISER],
    "app_id": "7100000000000000001",
    "app_secret": "sandbox-app-secret",
    "webhook_secrets": ["sandbox-webhook-secret"],
    "write_keys": ["sandbox-write-key"],
}
SECRETS = {"sandbox-access-token", "sandbox-app-secret", "sandbox-webhook-secret", "sandbox-write-key"}
"""Credentials that no log and no reply may hold."""


class Aws:
    """A Secrets Manager and an SQS of one's own."""

    def __init__(self, endpoint: str):
        keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "example"}
        self._session = boto3.Session(region_name=REGION, **keys)
        self.endpoint = endpoint
        self._secrets = self.client("secretsmanager")
        self._sqs = self.client("sqs")
        self.rejected = self._sqs.create_queue(QueueName="rejected")["QueueUrl"]
        self.buffer = self._sqs.create_queue(QueueName="buffer")["QueueUrl"]
        self.secret_id = self.store_secret("tiktok", json.dumps(SECRET))

    def client(self, service: str):
        """A client of another service, or of the same one."""
        return self._session.client(service, endpoint_url=self.endpoint)

    def store_secret(self, name: str, value: str) -> str:
        """Stores a secret and returns its ARN."""
        return self._secrets.create_secret(Name=name, SecretString=value)["ARN"]

    def variables(self, sandbox: dict[str, str], role: str) -> dict[str, str]:
        """The function's environment: what Lambda sets, what template.yaml sets, and where the doubles are."""
        return CREDENTIALS | {
            "AWS_REGION": REGION,
            "AWS_LAMBDA_FUNCTION_NAME": f"tiktok-audiences-{role}",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.endpoint,
            "AWS_ENDPOINT_URL_SQS": self.endpoint,
            "AWS_ENDPOINT_URL_CLOUDWATCH": self.endpoint,
            "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": self.endpoint,
            "FUNCTION_ROLE": role,
            "TIKTOK_SECRET_ID": self.secret_id,
            "TIKTOK_API_BASE_URL": sandbox["TIKTOK_API_BASE_URL"],
            "SSL_CERT_FILE": sandbox["SSL_CERT_FILE"],
            "REJECTED_QUEUE_URL": self.rejected,
        }

    def take(self, queue_url: str) -> list[dict]:
        """Every message of a queue, removed from it."""
        taken = []
        while True:
            reply = self._sqs.receive_message(
                QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            messages = reply.get("Messages", [])
            if not messages:
                return taken
            for message in messages:
                self._sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            taken += messages


def as_sqs_event(messages: list[dict], arn: str = f"arn:aws:sqs:{REGION}:123456789012:buffer") -> bytes:
    """What Lambda makes of messages that it took from a queue."""
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _as_message_attribute(attribute) for name, attribute in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
            "awsRegion": REGION,
        }
        for message in messages
    ]
    return json.dumps({"Records": records}).encode()


def _as_message_attribute(attribute: dict) -> dict:
    """Lambda's spelling of an attribute, its two lists always there."""
    named = {name[0].lower() + name[1:]: value for name, value in attribute.items()}
    return {"stringListValues": [], "binaryListValues": []} | named


def as_kinesis_event(records: list[dict], shard: str) -> bytes:
    """What Lambda makes of records that it read from a shard."""
    events = [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": base64.b64encode(record["Data"]).decode(),
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::123456789012:role/deliver",
            "awsRegion": REGION,
            "eventSourceARN": f"arn:aws:kinesis:{REGION}:123456789012:stream/events",
        }
        for record in records
    ]
    return json.dumps({"Records": events}).encode()
