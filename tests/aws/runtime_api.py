"""A Runtime API for one process of the function: hands it one invocation and takes its reply.

Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
"""

import threading
import time

import loopback

FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:control"
LAMBDA = {
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/control",
    "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
}


class RuntimeApi:
    """An HTTP server on a free loopback port; holds the invocation back until it is released."""

    def __init__(self, payload: bytes, seconds: int):
        self.ready = threading.Event()
        """The process has asked for its invocation."""
        self.release = threading.Event()
        self.replied = threading.Event()
        self.reply = b""
        self._closed = threading.Event()
        api = self

        class Handler(loopback.Handler):
            def do_GET(self) -> None:
                waits_for = api._closed if api.ready.is_set() else api.release
                api.ready.set()
                if not waits_for.wait(timeout=seconds) or api._closed.is_set():
                    self.close_connection = True
                    return
                self.answer(200, invocation_headers(seconds), payload)

            def do_POST(self) -> None:
                api.reply = self.body()
                self.answer(202, {"content-type": "application/json"}, b"{}")
                api.replied.set()

        self._server = loopback.Server(Handler)
        self.variables = LAMBDA | {"AWS_LAMBDA_RUNTIME_API": self._server.authority}
        """What Lambda sets besides what every function sees of its configuration."""

    def __enter__(self) -> "RuntimeApi":
        self._server.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self._closed.set()
        self.release.set()
        self._server.__exit__(*details)


def invocation_headers(seconds: int) -> dict[str, str]:
    """What comes with an invocation that has so many seconds."""
    return {
        "lambda-runtime-aws-request-id": "invocation",
        "lambda-runtime-deadline-ms": str(int((time.time() + seconds) * 1000)),
        "lambda-runtime-invoked-function-arn": FUNCTION_ARN,
        "lambda-runtime-trace-id": "Root=1-691edc52-1f3a5c7e9b2d4f6081a3c5e7",
        "content-type": "application/json",
    }
