"""What stands between a client and the function: an HTTP server that keeps an account of every request.

It answers as a function URL does, or passes requests on to one. Knows nothing of what the requests mean.
"""

import base64
import dataclasses
import gzip
import http.client
import json
import threading
from collections.abc import Callable

import loopback

ANSWER_SECONDS = 35
"""Longest a request may take; the function's own limit is 30 s."""


@dataclasses.dataclass
class Request:
    """A request, and the status that it was answered with."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0

    def is_gzipped(self) -> bool:
        return self.headers.get("content-encoding") == "gzip"

    def json(self) -> dict:
        """The body, decoded."""
        return json.loads(gzip.decompress(self.body) if self.is_gzipped() else self.body)


@dataclasses.dataclass
class Answer:
    """Status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Front:
    """An HTTP server on a free loopback port; `requests` is its account."""

    def __init__(self, answer: Callable[[Request], Answer]):
        self.requests: list[Request] = []
        front = self

        class Handler(loopback.Handler):
            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, self.body())
                front.requests.append(request)
                reply = answer(request)
                request.status = reply.status
                self.answer(reply.status, reply.headers, reply.body)

        self._server = loopback.Server(Handler)
        self.origin = f"http://{self._server.authority}"

    def __enter__(self) -> "Front":
        self._server.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self._server.__exit__(*details)


def function_url(invoke: Callable[[bytes], str]) -> Callable[[Request], Answer]:
    """Answers with what the function makes of a request; one invocation at a time, as one instance of it.

    Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs" (payload format 2.0).
    """
    instance = threading.Lock()

    def answer(request: Request) -> Answer:
        with instance:
            reply = json.loads(invoke(json.dumps(as_payload(request)).encode()))
        if "statusCode" not in reply:
            return Answer(502, {"content-type": "application/json"}, b'{"Message":"Internal Server Error"}')
        body = reply.get("body", "")
        raw = base64.b64decode(body) if reply.get("isBase64Encoded") else body.encode()
        return Answer(reply["statusCode"], reply.get("headers", {}), raw)

    return answer


def as_payload(request: Request) -> dict:
    """A request in payload format 2.0; a body that is no text comes as base64."""
    is_text = not request.is_gzipped()
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": "",
        "headers": request.headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "front",
            "domainName": "front.lambda-url.us-east-1.on.aws",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": "front",
            "routeKey": "$default",
            "stage": "$default",
        },
        "body": request.body.decode() if is_text else base64.b64encode(request.body).decode(),
        "isBase64Encoded": not is_text,
    }


def passed_on(port: int) -> Callable[[Request], Answer]:
    """Answers as whoever listens on a loopback port."""

    def answer(request: Request) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        try:
            connection.request(request.method, request.path, request.body, request.headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        skipped = {"content-length", "connection", "transfer-encoding", "date", "server"}
        headers = {name: value for name, value in response.getheaders() if name.lower() not in skipped}
        return Answer(response.status, headers, body)

    return answer
