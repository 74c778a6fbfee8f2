"""Runs the saved Athena queries of template.yaml over a journal of invented people.

Athena itself cannot run here: the queries are translated from its dialect to DuckDB's, which is strict about both.
"""

import datetime
import hashlib
from typing import Any

import duckdb
import sqlglot
from template_stack import Template

TODAY = datetime.date.today().isoformat()
LONG_AGO = "2025-01-01"
SEGMENT_STYLE, AS_WRITTEN, PHONE, DIGITS = "janedoe@example.com", "jane.doe+x@example.com", "+14155550100", "14155550100"
OTHER = "someone.else@example.com"
ROWS = [
    (TODAY, "add", "101", "EMAIL_SHA256", SEGMENT_STYLE, "delivered", "m-1"),
    (TODAY, "add", "102", "EMAIL_SHA256", AS_WRITTEN, "delivered", "m-2"),
    (TODAY, "add", "103", "PHONE_SHA256", PHONE, "rejected", "m-3"),
    (TODAY, "delete", "103", "PHONE_SHA256", DIGITS, "delivered", "m-4"),
    (TODAY, "delete", "104", "PHONE_SHA256", DIGITS, "delivered", "m-4"),
    (TODAY, "add", "101", "EMAIL_SHA256", OTHER, "delivered", "m-5"),
    (LONG_AGO, "add", "105", "EMAIL_SHA256", SEGMENT_STYLE, "delivered", "m-6"),
]
"""Day, action, audience, column, what was hashed, outcome, message."""


def problems(template: Template) -> list[str]:
    """Queries that do not run, and those whose answer is another."""
    resources = template["Resources"]
    table = resources["JournalTable"]["Properties"]["TableInput"]
    columns = [given["Name"] for given in table["StorageDescriptor"]["Columns"] + table["PartitionKeys"]]
    journal = duckdb.connect()
    declared = ", ".join(f'"{name}" VARCHAR' for name in columns)
    journal.execute(f"CREATE TABLE journal ({declared})")
    for day, action, audience, column, spelling, outcome, message in ROWS:
        row = {
            "time": f"{day}T09:00:00Z", "day": day, "action": action, "audience_id": audience, "advertiser_id": "7",
            "column": column, "hash": hashlib.sha256(spelling.encode()).hexdigest(), "outcome": outcome,
            "message_id": message, "request_id": f"r-{message}",
        }
        names = ", ".join(f'"{name}"' for name in row)
        journal.execute(f"INSERT INTO journal ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    answers = {name: _answer(journal, given) for name, given in resources.items() if given["Type"] == "AWS::Athena::NamedQuery"}
    return [f"{name} answers {answers.get(name)}" for name, wanted in ANSWERS.items() if answers.get(name) != wanted] + [
        f"{name} is not expected" for name in answers.keys() - ANSWERS.keys()
    ]


def _answer(journal: duckdb.DuckDBPyConnection, query: dict[str, Any]) -> list[tuple[str, ...]]:
    text = query["Properties"]["QueryString"]
    for placeholder, value in FILLED_IN.items():
        text = text.replace(placeholder, value)
    (statement,) = sqlglot.transpile(text, read="athena", write="duckdb")
    result = journal.execute(statement)
    names = [column[0] for column in result.description]
    shown = [names.index(name) for name in SHOWN if name in names]
    return sorted(tuple(str(row[index]) for index in shown) for row in result.fetchall())


FILLED_IN = {"jane@example.com": " Jane.Doe+x@Example.com ", "put-the-message-id-here": "m-4"}
SHOWN = ("audience_id", "outcome", "message_id", "identifiers")
ANSWERS = {
    "PersonQuery": [
        ("101", "delivered", "m-1"), ("102", "delivered", "m-2"), ("103", "delivered", "m-4"),
        ("103", "rejected", "m-3"), ("104", "delivered", "m-4"), ("105", "delivered", "m-6"),
    ],
    "DeletionQuery": [("103", "delivered", "1"), ("104", "delivered", "1")],
    "AudienceQuery": [
        ("101", "delivered", "2"), ("102", "delivered", "1"), ("103", "delivered", "1"), ("103", "rejected", "1"),
        ("104", "delivered", "1"),
    ],
}
