"""Files of people in every form that a list may have, and what they must become."""

import gzip
import hashlib
import io
import json

import pyarrow
import pyarrow.parquet

Cells = set[tuple[str, str]]


def email(number: int) -> str:
    return f"person{number}@example.com"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def cells(numbers: range | set[int]) -> Cells:
    """What the audience has of these people."""
    return {("EMAIL_SHA256", digest(email(number))) for number in numbers}


def csv(numbers: range, broken: set[int] = frozenset(), header: str = "id,email") -> bytes:
    """Rows in their order; a broken one has no usable address."""
    rows = [f"{number},{'nobody' if number in broken else email(number)}" for number in numbers]
    return "\n".join([header, *rows, ""]).encode()


def json_lines(numbers: range) -> bytes:
    return "".join(json.dumps({"id": number, "email": email(number)}) + "\n" for number in numbers).encode()


def zstd(content: bytes) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as packed:
        packed.write(content)
    return sink.getvalue().to_pybytes()


def parquet(numbers: range, compression: str) -> bytes:
    table = pyarrow.table({"id": list(numbers), "email": [email(number) for number in numbers]})
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression=compression, row_group_size=400)
    return sink.getvalue().to_pybytes()


FORMS = {
    "customers.csv": csv,
    "customers.csv.gz": lambda numbers: gzip.compress(csv(numbers)),
    "customers.csv.zstd": lambda numbers: zstd(csv(numbers)),
    "customers.jsonl": json_lines,
    "customers.ndjson.gz": lambda numbers: gzip.compress(json_lines(numbers)),
    "customers.jsonl.zst": lambda numbers: zstd(json_lines(numbers)),
    "customers.parquet": lambda numbers: parquet(numbers, "snappy"),
    "packed.parquet": lambda numbers: parquet(numbers, "zstd"),
}
