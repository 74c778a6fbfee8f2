"""The items of a Distributed Map, as Step Functions reads them from S3.

Source: AWS Step Functions Developer Guide, "ItemReader (Map)" and "How Step Functions parses input CSV files". What it
does with bytes that are no UTF-8 is not written there; they become U+FFFD, as Java's decoders have it.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow
import pyarrow.parquet
from botocore.exceptions import ClientError
from states_error import ITEM_READER, StatesError

MOST_HEADER_BYTES = 10 * 1024
Item = dict[str, Any]


def items(s3: Any, reader: dict[str, Any]) -> Iterator[Item]:
    """Each item with its index and, where several files are read, its file."""
    config, arguments = dict(reader["ReaderConfig"]), dict(reader["Arguments"])
    read = READERS[config.pop("InputType"), config.pop("CSVHeaderLocation", None)]
    transformation, bucket = config.pop("Transformation", None), arguments.pop("Bucket")
    match reader["Resource"].partition(":states:::")[2], transformation:
        case "s3:getObject", None:
            places = [({}, arguments.pop("Key"))]
        case "s3:listObjectsV2", "LOAD_AND_FLATTEN":
            keys = _keys(s3, bucket, arguments.pop("Prefix"))
            places = [({"Source": f"s3://{bucket}/{key}"}, key) for key in keys]
        case resource:
            raise ValueError(f"{resource} is not known here")
    if config or arguments:
        raise ValueError(f"{sorted(config | arguments)} are not known here")
    index = 0
    for source, key in places:
        for value in read(_bytes(s3, bucket, key), key):
            yield {"Index": index, "Value": value} | source
            index += 1


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    if not keys:
        raise StatesError(ITEM_READER, "there is no object under the prefix")
    return keys


def _bytes(s3: Any, bucket: str, key: str) -> bytes:
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as refused:
        raise StatesError(ITEM_READER, refused.response["Error"]["Code"]) from refused


def _text(content: bytes, key: str) -> str:
    try:
        if key.endswith(".gz"):
            content = gzip.decompress(content)
        elif key.endswith((".zst", ".zstd")):
            content = pyarrow.CompressedInputStream(io.BytesIO(content), "zstd").read()
    except (OSError, EOFError) as broken:
        raise StatesError(ITEM_READER, "the file cannot be unpacked") from broken
    return content.decode(errors="replace")


def _csv(content: bytes, key: str) -> Iterator[dict[str, str]]:
    text = _text(content, key)
    if len(text.partition("\n")[0].encode()) > MOST_HEADER_BYTES:
        raise StatesError(ITEM_READER, "the header is too long")
    csv.field_size_limit(16 * 1024 * 1024)
    rows = csv.reader(io.StringIO(text, newline=""), escapechar="\\")
    header = next(rows, [])
    for row in rows:
        if row:
            # What a short row lacks is empty, what a long row has too much is skipped.
            yield dict(zip(header, row + [""] * (len(header) - len(row))))


def _json_lines(content: bytes, key: str) -> Iterator[Any]:
    for line in _text(content, key).splitlines():
        try:
            if line.strip():
                yield json.loads(line)
        except ValueError as broken:
            raise StatesError(ITEM_READER, "a line is not JSON") from broken


def _parquet(content: bytes, _: str) -> Iterator[Any]:
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
    except pyarrow.ArrowInvalid as broken:
        raise StatesError(ITEM_READER, "the file is not Parquet") from broken
    for batch in file.iter_batches():
        yield from batch.to_pylist()


READERS = {("CSV", "FIRST_ROW"): _csv, ("JSONL", None): _json_lines, ("PARQUET", None): _parquet}
