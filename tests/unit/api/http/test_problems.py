"""Problems: a fault of the database without where that is, and all that people read in the language they ask for."""

import re
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.errors import Compressed, Forbidden, Invalid, NotFound, RateLimited, TooLarge, Unavailable
from api.http.formats import In, Instant, Number
from api.http.misfits import MISFITS
from api.http.problems import problem, without_places
from callcenter.errors import BadInput, IllegalMove, UnknownQueue
from callcenter.language.said import said
from callcenter.state_words import in_words

FAULTS = [
    'postgresql://calls:secret@db-7.internal:5432/calls: connection to server at "db-7.internal" (10.1.2.3), port 5432 '
    "failed: FATAL: terminating connection",
    "could not translate host name to address db-7.internal:5432",
    "/srv/db-7.internal/live.sqlite3: database or disk is full",
    'connection to server on socket "/run/postgresql/.s.PGSQL.5432" failed',
    "10.1.2.3, port 5432: timeout expired",
]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_host_port_or_path_is_told(fault: str):
    for text in (
        without_places(fault),
        str(problem(Unavailable(f"the database cannot be read: {fault}"), posted_call=False)[0]),
    ):
        assert not [place for place in ("db-7", "10.1.2.3", "5432", "secret", "/srv", "/run") if place in text]


@pytest.mark.parametrize(
    "text", ["the journal is behind: too much waits to be durable", "journal: nothing became durable for 1.5 s"]
)
def test_what_names_no_place_is_told_as_it_is(text: str):
    assert without_places(text) == text


FAULTS_OF_PEOPLE = [
    Invalid("/queue: there is no queue {queue!r}", queue="sales"),
    Forbidden("this needs the scope {scopes}", scopes="admin"),
    NotFound("there is no such customer"),
    RateLimited(3),
    TooLarge(1_000),
    Compressed("gzip"),
    Unavailable(said("nothing became durable within {seconds:g} s", seconds=1.5)),
    UnknownQueue(said("there is no queue {name!r}", name="sales"), queue="sales"),
    IllegalMove(said("call {call} is {state}: it does not wait", call="c1", state=in_words("queued")), call_id="c1"),
    BadInput("csv: holds {n:,} customers, {most:,} at most: use callcenter tiers for a file", n=9_000, most=5_000),
    ZeroDivisionError(),
]
NAMES = re.compile(r"sales|admin|gzip|Content-Encoding|c1|queue|csv|callcenter tiers")


@pytest.mark.parametrize("fault", FAULTS_OF_PEOPLE, ids=lambda fault: type(fault).__name__)
def test_what_people_read_of_a_problem_is_in_their_language_and_the_rest_as_it_was(fault: Exception):
    english, status, headers = problem(fault, posted_call=False)
    chinese, same_status, more = problem(fault, posted_call=False, language="zh_CN")

    assert not re.search("[A-Za-z]", NAMES.sub("", chinese["title"] + chinese["detail"])), chinese
    assert not re.search("[\u4e00-\u9fff]", english["title"] + english["detail"])
    assert chinese | {"title": "", "detail": ""} == english | {"title": "", "detail": ""}
    assert same_status == status
    assert more == headers | {"Content-Language": "zh-CN"}


class Posted(In):
    """A field of each kind."""

    a: str = Field("aa", min_length=2, max_length=3, pattern="^a+$")
    b: Annotated[int, Field(gt=0, lt=9)] = 1
    c: Annotated[float, Field(ge=0, le=0.25)] = 0.0
    d: list[int] = Field([1], min_length=1, max_length=2)
    e: dict[str, int] = Field({}, max_length=1)
    f: Literal["csv", "png"] = "csv"
    g: bool = True
    h: Number = 0.0
    i: Instant = 0
    j: "Posted | None" = None


class Needy(BaseModel):
    """A field that must be there."""

    model_config = ConfigDict(allow_inf_nan=False)

    a: str
    b: float = 0.0


MISFITTING: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (Posted, {"a": "a"}), (Posted, {"a": "aaaa"}), (Posted, {"a": "bb"}), (Posted, {"a": 1}), (Posted, {"b": 0}),
    (Posted, {"b": 9}), (Posted, {"b": "x"}), (Posted, {"b": 1.5}), (Posted, {"b": []}), (Posted, {"b": "9" * 5_000}),
    (Posted, {"c": -1}), (Posted, {"c": 0.3}), (Posted, {"c": "x"}), (Posted, {"c": []}), (Posted, {"d": []}),
    (Posted, {"d": [1, 2, 3]}), (Posted, {"d": 1}), (Posted, {"e": 1}), (Posted, {"e": {"a": 1, "b": 2}}),
    (Posted, {"f": "pdf"}), (Posted, {"g": "x"}),
    (Posted, {"g": []}), (Posted, {"h": True}), (Posted, {"i": True}), (Posted, {"j": 1}), (Posted, {"z": 1}),
    (Needy, {}), (Needy, {"a": "a", "b": float("inf")}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "fields"), MISFITTING, ids=str)
def test_a_field_that_does_not_fit_is_told_in_chinese_and_in_english_as_pydantic_tells_it(
    model: type[BaseModel], fields: dict[str, Any]
):
    with pytest.raises(ValidationError) as misfit:
        model.model_validate(fields)
    [known] = misfit.value.errors()
    [english] = problem(misfit.value, posted_call=False)[0]["errors"]
    chinese, _, _ = problem(misfit.value, posted_call=False, language="zh_CN")

    assert known["type"] in MISFITS
    assert english["detail"] == known["msg"]
    assert not re.search(
        "[A-Za-z]{2}", re.sub(r"csv|png|true|false|\^a\+\$|Posted", "", chinese["errors"][0]["detail"])
    )
    assert chinese["detail"] == f"{english['pointer']}：{chinese['errors'][0]['detail']}"
