"""Executes state machines by moto's interpreter: a second reading of the same definitions, by another hand.

Moto's is LocalStack's. `NOT_KNOWN` has what it does not know of these definitions, and what is done instead. It runs in
this process, over the services that it is given; waits take no time.
"""

import contextlib
import io
import itertools
import json
import logging
import re
import time
import types
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_lambda,
    state_task_service_sns,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval import states as moto_states
from moto.stepfunctions.parser.asl.eval import variable_store
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from states_definition import ACCOUNT
from states_error import StatesError, within_limit
from states_jsonata import Jsonata
from states_machine import Execution, Machine
from surroundings import REGION

NOT_KNOWN = {
    "ItemBatcher, EXPRESS children and an expression as ItemSelector": "a Map is a Task to it, with the Map's expressions as arguments",
    "readers but of CSV and JSON": "files are read by pyarrow, and cut into batches by the driver",
    "the evaluation of JSONata, which LocalStack does in Java": "the published implementation evaluates",
    "a quote in the value of a variable": "variables are declared as JSON",
    "redriveExecution": "it is asked for, and no more",
}
"""What of the definitions moto's interpreter does not know, and what is done instead."""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/states"
SECONDS = 120
"""Longest that an execution may take."""
MAP = "map"
"""The function that stands for the Maps of every machine."""
EXPRESSIONS = ("MaxConcurrency", "ToleratedFailureCount", "ItemReader", "ItemBatcher", "ResultWriter")
"""What moto evaluates of a Map; the selector of its items sees each item."""


class MotoMachine(Machine):
    """The same as `Machine`, with moto as its interpreter."""

    executions = 0
    _numbers = itertools.count()
    _running: dict[str, tuple["MotoMachine", Execution]] = {}
    _services: dict[str, Callable] = {}

    def __init__(self, name: str, definition: dict[str, Any], services: dict, jsonata: Jsonata, run_map: Callable | None = None):
        super().__init__(name, definition, services, jsonata, run_map)
        states = {of: _as_task(of, state) if state["Type"] == "Map" else state for of, state in definition["States"].items()}
        runnable = {"QueryLanguage": "JSONata", "StartAt": definition["StartAt"], "States": states}
        moto_name = f"{re.sub('[^A-Za-z]', '-', name)}-{next(self._numbers)}"
        self._services.update(services)
        self._backend = stepfunctions_parser_backends[ACCOUNT][REGION]
        self._arn = self._backend.create_state_machine(name=moto_name, definition=json.dumps(runnable), roleArn=ROLE).arn

    def go_on(self, execution: Execution) -> None:
        if execution.redrives:
            raise NotImplementedError("moto redrives nothing")
        within_limit(execution.input, "the input")
        self._running[execution.name] = (self, execution)
        run = self._backend.start_execution(self._arn, execution.name, json.dumps(execution.input))
        deadline = time.monotonic() + SECONDS
        while run.status == "RUNNING":
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} takes moto longer than {SECONDS} s")
            time.sleep(0.005)
        del self._running[execution.name]
        MotoMachine.executions += 1
        execution.status, execution.output = run.status, run.output
        execution.error, execution.cause = run.error or "", run.cause or ""
        if execution.failed_map is not None and execution.failed_map.error == execution.error:
            execution.cause = execution.failed_map.cause

    @classmethod
    def call(cls, service: str, arguments: dict[str, Any]) -> Any:
        """What a Task of any machine calls; a Map is one."""
        payload = arguments.get("Payload")
        if service == "lambda:invoke" and arguments["FunctionName"] == MAP:
            machine, execution = cls._running[payload["execution"]]
            return {"Payload": machine.map(execution, payload), "StatusCode": 200}
        return cls._services[service](arguments)

    def map(self, execution: Execution, payload: dict[str, Any]) -> dict[str, Any]:
        """Runs a Map whose expressions moto has evaluated; its children are executed by moto too."""
        state = self._states[payload["state"]] | {field: payload[field] for field in EXPRESSIONS}
        execution.open_map_run = None
        try:
            return self._run_map(self, state, execution, lambda filled: filled)
        except StatesError as failed:
            execution.failed_map = failed
            raise


def _as_task(name: str, state: dict[str, Any]) -> dict[str, Any]:
    """A Map as a Task whose arguments are the Map's expressions."""
    payload = {"execution": "{% $states.context.Execution.Name %}", "state": name}
    payload |= {field: state[field] for field in EXPRESSIONS}
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Output": "{% $states.result.Payload %}"}
    return task | {"Arguments": {"FunctionName": MAP, "Payload": payload}, "Next": state["Next"]}


@contextlib.contextmanager
def interpreter(jsonata: Jsonata) -> Iterator[list[float]]:
    """Moto's interpreter with an evaluator of JSONata, over our services; gives the seconds that it would have waited."""
    waits: list[float] = []
    evaluate = lambda expression: jsonata.fill(f"{{% {expression} %}}", {}, {})  # noqa: E731
    with contextlib.ExitStack() as stack:
        put = lambda owner, name, value: stack.enter_context(mock.patch.object(owner, name, value))  # noqa: E731
        put(moto_jsonata, "_eval_jsonata", evaluate)
        put(retrier_decl, "time", types.SimpleNamespace(sleep=waits.append))
        put(WaitFunction, "_wait_interval", lambda self, env, wait_seconds: waits.append(wait_seconds))
        for module in (moto_states, variable_store):
            put(module, "encode_jsonata_variable_declarations", _declarations)
        # The failures of a Map begin with what no function's error may.
        put(state_task_service_lambda, "CustomErrorName", ErrorName)
        for module in (lambda_eval_utils, state_task_service_aws_sdk, state_task_service_sns):
            put(module, "boto_client_for", lambda service, **_: Client(service))
        # It logs each failure of a state, with data.
        logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
        yield waits


def _declarations(bindings: dict[str, Any]) -> str:
    """Variables as JSONata declares them."""
    return "".join(f"{name}:={to_json_str(value)};" for name, value in bindings.items())


class Client:
    """A client of a service, as moto's interpreter asks for one."""

    def __init__(self, service: str):
        self._service = service

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        result = self._called("lambda:invoke", {"FunctionName": FunctionName, "Payload": json.loads(Payload)})
        return result | {"Payload": io.BytesIO(json.dumps(result["Payload"]).encode())}

    def publish(self, **arguments: Any) -> dict[str, Any]:
        return self._called("sns:publish", arguments)

    def describe_execution(self, **arguments: Any) -> dict[str, Any]:
        return self._called("aws-sdk:sfn:describeExecution", arguments)

    def list_map_runs(self, **arguments: Any) -> dict[str, Any]:
        return self._called("aws-sdk:sfn:listMapRuns", arguments)

    def redrive_execution(self, **arguments: Any) -> dict[str, Any]:
        return self._called("aws-sdk:sfn:redriveExecution", arguments)

    def _called(self, service: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The result, or the failure as the interpreter knows it."""
        try:
            return MotoMachine.call(service, arguments)
        except StatesError as failed:
            of_service, _, code = failed.error.partition(".")
            if of_service in ("Lambda", "SNS"):
                answer = {"Error": {"Code": code, "Message": failed.cause}}
                raise ClientError(answer | {"ResponseMetadata": {"HTTPStatusCode": 500, "RequestId": "1"}}, self._service) from failed
            raise lambda_eval_utils.LambdaFunctionErrorException("Unhandled", _payload(failed)) from failed


def _payload(failed: StatesError) -> str:
    """What a function that failed answers; a failure of a Map has the same form here."""
    try:
        return json.dumps(json.loads(failed.cause) | {"errorType": failed.error})
    except (ValueError, TypeError):
        return json.dumps({"errorType": failed.error, "errorMessage": failed.cause})
