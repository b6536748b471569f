"""Customers graded over HTTP: rows or CSV in, the same answer as `callcenter tiers --json`, and each one's grade."""

import asyncio
import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In, Number
from api.services import Ask
from callcenter.config.refusals import Places
from callcenter.config.words import date_text, day_number
from callcenter.customers.columns import FIGURES
from callcenter.customers.methods import METHODS, grade, needed
from callcenter.customers.summary import summary
from callcenter.errors import BadInput

routes = router("customers")
MOST: Final = 20_000
"""Customers at once: more are a file, for `callcenter tiers`."""


class GradedIn(In):
    """A customer's figures; what is not known is left out."""

    customer_id: str = Field(min_length=1, max_length=200)
    phone: str | None = Field(None, max_length=200)
    revenue_12m: Number | None = None
    last_contact: str | None = Field(None, max_length=40, description="A date: 2026-03-02.")
    contacts_12m: Number | None = None
    tenure_months: Number | None = None
    credit_score: Number | None = None
    agent_minutes_12m: Number | None = None
    retention: Number | None = None


class GradeIn(In):
    """Customers and a method; either `customers` or `csv`."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    method: str | None = Field(
        None, max_length=50, description="None: the rules name it.", json_schema_extra={"enum": [*METHODS, None]}
    )
    rules: dict[str, Any] | None = Field(None, description="As a rules file has them: sizes, shares, weights, tiers.")
    customers: list[GradedIn] | None = Field(None, max_length=MOST)
    csv: str | None = Field(None, description="A customer file, its first line the names of the columns.")
    as_of: str | None = Field(None, max_length=40, description="Day of reckoning; none: the newest last_contact.")
    each: bool = Field(True, description="Answer with every customer's grade too.")


class GradeOut(BaseModel):
    """What the grades come to, the best first, and each customer's."""

    method: str
    as_of: str | None
    customers: int
    grades: list[dict[str, Any]]
    each: list[dict[str, Any]] | None


EXAMPLE: Plain = {
    "method": "abc", "as_of": None, "customers": 2,
    "grades": [
        {"name": "A", "customers": 1, "share_customers": 0.5, "share_revenue": 0.9, "share_contacts": None,
         "share_agent_time": None, "revenue": 900.0, "contacts": 0.0, "tier": "vip"},
    ],
    "each": [
        {"customer_id": "c1", "grade": "A", "tier": "vip",
         "why": "A: a revenue of 900.00; customers with more bring 0.0 % of all revenue"},
    ],
}  # fmt: skip


@operation(
    routes, "POST", "/tiers:grade", scopes=("supervisor",), body=GradeIn, answer=GradeOut,
    asks={"method": "abc", "customers": [{"customer_id": "c1", "revenue_12m": 900.0},
                                         {"customer_id": "c2", "revenue_12m": 100.0}]},
    says=EXAMPLE,
)  # fmt: skip
async def grade_customers(ask: Ask) -> Reply:
    """Grade customers by a method: what each grade has of customers and revenue, and everyone's grade with the reason.

    Nothing is kept: to let grades count for calls, import them into the directory.
    """
    wish: GradeIn = ask.body
    return Reply(await asyncio.to_thread(graded, wish))


def graded(wish: GradeIn) -> Plain:
    """Return the answer; a refusal names the row, the first row is 1."""
    from callcenter.config.customer_columns import PLAIN  # loaded when they are needed: a start is quicker
    from callcenter.config.customer_rows import read_customers
    from callcenter.config.grading_rules import rules_of

    if (wish.csv is None) == (wish.customers is None):
        raise BadInput("customers: post a list of customers, or csv, the text of a file; one of the two")
    chosen = rules_of(wish.method, wish.rules or {}, Places("rules"))
    day = None if wish.as_of is None else _day(wish.as_of)
    needs = needed(chosen.method, chosen.rules)
    if wish.csv is not None:
        found = read_customers(wish.csv.encode().splitlines(keepends=True), "csv", PLAIN, needs)
    else:
        found = read_customers(_lines(wish.customers or []), "customers", PLAIN, needs, header_line=0)
    customers = found.customers
    if len(customers) > MOST:
        raise BadInput(
            "csv: holds {n:,} customers, {most:,} at most: use callcenter tiers for a file", n=len(customers), most=MOST
        )
    result = grade(customers, chosen.method, chosen.rules, as_of=day)
    newest = customers.newest() if day is None else day
    each = [
        {"customer_id": who, "grade": name, "tier": result.tiers[name], "why": result.why(row)}
        for row, (who, name) in enumerate(zip(customers.ids, (result.grades[n] for n in result.grade), strict=True))
    ]
    return summary(chosen.method, customers, result).as_json() | {
        "as_of": None if newest is None else date_text(newest),
        "customers": len(customers),
        "each": each if wish.each else None,
    }


def _day(text: str) -> int:
    try:
        return day_number(text)
    except ValueError as error:
        raise BadInput("as_of: {error}", error=error) from None


def _lines(customers: list[GradedIn]) -> Iterator[bytes]:
    """Yield the customers as lines of a file, so that they are checked as a file's are."""
    names = ("customer_id", "phone", *FIGURES)
    yield f"{','.join(names)}\n".encode()
    for customer in customers:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([getattr(customer, name) for name in names])
        yield line.getvalue().replace("\n", " ").rstrip().encode() + b"\n"
