"""A Distributed Map: items to batches, a child for each, results in S3, and what a redrive does again.

Sources: AWS Step Functions Developer Guide, "ItemBatcher (Map)", "ResultWriter (Map)", "Redriving Map Runs".
"""

import concurrent.futures
import dataclasses
import threading
import uuid
from collections.abc import Callable
from typing import Any

import states_reader
from states_definition import arn_of_machine
from states_error import DATA_LIMIT, THRESHOLD, StatesError, text_of, within_limit
from states_machine import EXPRESS_SECONDS, Clock, Execution, Machine, Stopped

CHUNK = 5_000
"""Items whose selector is evaluated at once."""


@dataclasses.dataclass
class Child:
    """A batch and what became of it."""

    input: Any
    status: str = "PENDING"
    output: Any = None
    error: str = ""
    cause: str = ""


@dataclasses.dataclass
class MapRun:
    """One run of a Map, kept over redrives."""

    machine: str
    label: str
    children: list[Child] | None = None
    """None as long as its items could not be read."""
    id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def arn(self) -> str:
        return f"{arn_of_machine(self.machine).replace(':stateMachine:', ':mapRun:')}/{self.label}:{self.id}"


class Maps:
    """Runs the Maps of a machine; `stop_after` children somebody stops the execution."""

    def __init__(self, s3: Any):
        self._s3 = s3
        self.stop_after: int | None = None
        self._turn = threading.Lock()

    def run(self, machine: Machine, state: dict[str, Any], execution: Execution, fill: Callable) -> dict[str, Any]:
        run = execution.open_map_run
        if run is None:
            run = MapRun(machine.name, state["Label"])
            execution.open_map_run = run
            execution.map_runs.append(run)
        if run.children is None:
            run.children = [Child(batch) for batch in self._batches(machine, state, execution, fill)]
        try:
            self._run_children(machine, state, run, fill)
        finally:
            writer = fill(state["ResultWriter"])
            details = self._write(run, writer)
        return {"MapRunArn": run.arn, "ResultWriterDetails": details}

    def _batches(self, machine: Machine, state: dict[str, Any], execution: Execution, fill: Callable) -> list[Any]:
        states = {"input": execution.data, "context": execution.context()}
        batcher = dict(state["ItemBatcher"])
        common = fill(batcher.pop("BatchInput"))
        most_items, most_bytes = batcher.pop("MaxItemsPerBatch"), batcher.pop("MaxInputBytesPerBatch")
        if batcher:
            raise ValueError(f"{sorted(batcher)} are not known here")
        read = list(states_reader.items(self._s3, fill(state["ItemReader"])))
        envelope = len(text_of({"Items": [], "BatchInput": common}).encode())
        batches, batch, size = [], [], envelope
        for start in range(0, len(read), CHUNK):
            chunk = read[start:start + CHUNK]
            for item in machine.jsonata.fill_each(state["ItemSelector"], execution.variables, states, chunk):
                length = len(text_of(item).encode()) + 1
                if batch and (len(batch) == most_items or size + length > most_bytes):
                    batches.append(batch)
                    batch, size = [], envelope
                if size + length > most_bytes:
                    raise StatesError(DATA_LIMIT, f"an item has {length} bytes")
                batch.append(item)
                size += length
        return [{"Items": items, "BatchInput": common} for items in [*batches, batch] if items]

    def _run_children(self, machine: Machine, state: dict[str, Any], run: MapRun, fill: Callable) -> None:
        processor = state["ItemProcessor"]
        if processor["ProcessorConfig"] != {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}:
            raise ValueError("only EXPRESS children are known here")
        of_child = type(machine)(f"{machine.name}/{state['Label']}", processor, machine.services, machine.jsonata)
        tolerated, ends = fill(state["ToleratedFailureCount"]), threading.Event()
        left = [child for child in run.children if child.status != "SUCCEEDED"]
        for child in left:
            child.status = "PENDING"
        with concurrent.futures.ThreadPoolExecutor(fill(state["MaxConcurrency"])) as pool:
            for _ in pool.map(lambda child: self._run_child(of_child, child, run, tolerated, ends), left):
                pass
        if self.stop_after is not None and self.stop_after <= 0:
            self.stop_after = None
            raise Stopped
        if _failed(run) > tolerated:
            raise StatesError(THRESHOLD, "The specified tolerated failure threshold was exceeded")

    def _run_child(self, machine: Machine, child: Child, run: MapRun, tolerated: int, ends: threading.Event) -> None:
        if ends.is_set():
            return
        execution = machine.start(within_limit(child.input, "a batch"), Clock(EXPRESS_SECONDS))
        with self._turn:
            if ends.is_set():
                # The map run was over before it: what it did was done, and nobody wrote it down.
                child.status = "ABORTED"
                return
            child.status, child.output = execution.status, execution.output
            child.error, child.cause = execution.error, execution.cause
            if self.stop_after is not None:
                self.stop_after -= 1
            if _failed(run) > tolerated or self.stop_after == 0:
                ends.set()

    def _write(self, run: MapRun, writer: dict[str, Any]) -> dict[str, str]:
        if writer["WriterConfig"] != {"OutputType": "JSONL", "Transformation": "COMPACT"}:
            raise ValueError("only compact JSON lines are known here")
        bucket, prefix = writer["Arguments"]["Bucket"], f"{writer['Arguments']['Prefix']}/{run.id}"
        files: dict[str, list[dict[str, Any]]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
        for status, listed in files.items():
            children = [child for child in run.children if child.status == status]
            lines = [text_of(child.output if status == "SUCCEEDED" else _record(child)) for child in children]
            if lines:
                key, body = f"{prefix}/{status}_0.jsonl", "\n".join(lines).encode()
                self._s3.put_object(Bucket=bucket, Key=key, Body=body)
                listed.append({"Key": key, "Size": len(body)})
        manifest = {"DestinationBucket": bucket, "MapRunArn": run.arn, "ResultFiles": files}
        self._s3.put_object(Bucket=bucket, Key=f"{prefix}/manifest.json", Body=text_of(manifest).encode())
        return {"Bucket": bucket, "Key": f"{prefix}/manifest.json"}


def _failed(run: MapRun) -> int:
    return sum(child.status == "FAILED" for child in run.children)


def _record(child: Child) -> dict[str, Any]:
    """A child that did not succeed is written with its input, whatever the transformation."""
    record = {"Input": text_of(child.input), "Status": child.status}
    return record | ({"Error": child.error, "Cause": child.cause} if child.error else {})
