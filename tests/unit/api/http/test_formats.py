"""What clients can really write and read."""

import pytest
from phonenumbers import is_valid_number, parse
from pydantic import ValidationError

from api.errors import BadRequest
from api.http.formats import flat, read
from api.routes.calls import CallIn
from api.state.numbers import KEYPAD, WITHHELD, masked, normalised
from api.state.views import instant
from api.webhooks.delivery import GAPS_S, gap_ms
from api.webhooks.messages import type_of

NAMES = "source=p&external_call_id=1"


def test_a_form_says_what_json_says():
    form = f"{NAMES}&skills=billing:2,spanish&preferred_agents=ana,ben&attributes.color=red&queue=".encode()
    json = b"""{"source": "p", "external_call_id": "1", "skills": {"billing": 2, "spanish": 1},
               "preferred_agents": ["ana", "ben"], "attributes": {"color": "red"}}"""

    assert read(CallIn, form, "") == read(CallIn, json, "")


def test_the_body_wins_over_the_query_string():
    assert read(CallIn, b"queue=sales", f"{NAMES}&queue=hotline&format=flat").queue == "sales"


def test_a_repeated_field_is_a_list():
    assert read(CallIn, f"{NAMES}&preferred_agents=ana&preferred_agents=ben".encode(), "").preferred_agents == [
        "ana",
        "ben",
    ]


@pytest.mark.parametrize("body", [b"{", b"[1]", b"nonsense", b"\xff=1", b"a=1&a.b=2", b'{"a": NaN}'])
def test_what_cannot_be_read_says_so(body):
    with pytest.raises((BadRequest, ValidationError)):
        read(CallIn, body, "")


def test_a_flat_answer_is_one_line_without_nulls_and_without_lists_of_things():
    assert (
        flat({"a": {"b": None, "c": "x y&z"}, "d": [1, 2], "e": [{"f": 1}], "g": False}) == "a_c=x%20y%26z&d=1%2C2&g=0"
    )


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+44 20 7946 0958", None, "+442079460958"),
        ("tel:+44-20-7946-0958", None, "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("1001", None, "1001"),
        ("sip:Ana@Example.org", None, "sip:ana@example.org"),
        ('"Ann Q" <sip:+442079460958@host;user=phone>', None, "+442079460958"),
        ("<sip:02079460958;ext=5@host;user=phone>", "GB", "+442079460958"),
        ("tel:+442079460958;phone-context=example.org", None, "+442079460958"),
        (" 442079460958", None, "+442079460958"),
        (" 020 7946 0958", "GB", "+442079460958"),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', None, None),
        ("<sip:unavailable@unknown.invalid>", None, None),
        ("sip:x7f3@Anonymous.Invalid;transport=udp", None, None),
        ("sip:restricted@gw.example.org:5060", None, None),
        ("<null>", None, None),
        ("undefined", None, None),
        ("0000000000", "GB", None),
        ("%2B442079460958", None, "+442079460958"),
        ("+442079460958;npdi;rn=+4420", None, "+442079460958"),
        ("tel:+442079460958;cpc=ordinary;rn=+4420", None, "+442079460958"),
        ("sip:+442079460958;npdi;rn=+4420@gw.example.org", None, "+442079460958"),
        ("sip:nina@invalid.example.org", None, "sip:nina@invalid.example.org"),
        ("Anonymous", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_one_number_is_written_one_way(written, region, number):
    assert normalised(written, region) == number


@pytest.mark.parametrize("word", WITHHELD)
def test_a_withheld_number_spelled_on_a_keypad_is_nobodys_and_could_be_no_ones(word):
    spelled = "+" + word.translate(KEYPAD)

    assert normalised(spelled, "US") is normalised(word.upper(), None) is None
    assert not is_valid_number(parse(spelled))


def test_twilios_own_words_for_withheld_numbers_are_known():
    for spelled in ("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"):
        assert normalised(spelled, None) is None


def test_a_masked_number_cannot_be_dialled():
    assert [masked(n) for n in ("+442079460958", "1001", None)] == ["+44*******58", "****", None]


def test_instants_are_rfc_3339():
    assert [instant(at) for at in (0, 951_826_154_999, -1, None)] == [
        "1970-01-01T00:00:00.000Z", "2000-02-29T12:09:14.999Z", "1969-12-31T23:59:59.999Z", None,
    ]  # fmt: skip


def test_retries_grow_and_are_spread():
    gaps = [gap_ms("msg_1", n) for n in range(1, 12)]

    assert gaps == sorted(gaps)
    assert all(0.9 * s * 1000 <= gap <= 1.1 * s * 1000 for s, gap in zip(GAPS_S, gaps, strict=True))
    assert gap_ms("msg_1", 1) != gap_ms("msg_2", 1)


def test_web_hooks_use_the_events_own_words():
    assert type_of("TaskNotReached") == "task.not_reached"
