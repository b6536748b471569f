"""Callers' numbers: the short way of reading one says what all the rules say."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.state.numbers import dialled, normalised, written_out

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


@given(st.sampled_from(CODES), st.text("0123456789", min_size=1, max_size=14))
def test_a_number_taken_as_it_stands_is_what_the_rules_make_of_it(code: int, national: str):
    number = f"+{code}{national}"
    try:
        by_rules = phonenumbers.format_number(phonenumbers.parse(number, None), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        by_rules = number

    assert normalised(number, None) == by_rules
    if written_out(number):
        assert by_rules == number


def test_ordinary_numbers_take_the_short_way():
    assert written_out("+442079460958")
    assert written_out("+4930123456")
    assert written_out("+12025550123")
    assert not written_out("+4402079460958"), "the trunk 0 goes"
    assert not written_out("2079460958")


WRITTEN = [
    "13800138000", "138 0013 8000", "138-0013-8000", "(138) 0013-8000", "013800138000", "86 138 0013 8000",
    "0086 138 0013 8000", "+8613800138000", "+86 (0) 138 0013 8000", "tel:13800138000", "tel:+86-138-0013-8000",
    "tel:13800138000;phone-context=+86", "sip:13800138000@gw", "sip:+8613800138000@gw", "sips:13800138000@gw:5061",
    "SIP:008613800138000@gw;transport=udp", "sip:8613800138000@gw", "sip:%2B8613800138000@gw", "13800138000@gw",
    "sip:13800138000;npdi@gw", "sip:13800138000", '"Wang" <sip:13800138000@gw;transport=udp>;tag=9',
    "Wang <13800138000>", '"Wang, VIP" <tel:13800138000>', "<sip:13800138000@gw>", "\u202a+8613800138000\u202c",
    "138\u00a00013\u00a08000", "\uff0b86 138 0013 8000", "13800138000@gw:5060", "+8613800138000@[2001:db8::1]:5060",
    "whatsapp:+8613800138000", '"+8613800138000"', '"13800138000"',
    "".join(chr(0xFF10 + int(digit)) for digit in "13800138000"),  # full width
    "".join(chr(0x660 + int(digit)) for digit in "13800138000"),  # Arabic-Indic
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_a_number_is_the_same_to_a_call_and_to_an_import_however_it_is_written(text: str):
    assert normalised(text, "CN") == "+8613800138000"
    assert dialled(text, "CN")[0] == "+8613800138000"


@pytest.mark.parametrize(
    "text", ["1001", "sip:1001@pbx", "sip:ana@example.org", "sip:1001@pbx;user=ip", "4711@pbx", "1001@pbx:5060"]
)
def test_an_extension_is_not_made_a_number_of_the_country(text: str):
    assert normalised(text, "CN") == text


@given(
    st.sampled_from(CODES), st.text("0123456789", min_size=4, max_size=14), st.sampled_from(["CN", "GB", "US", None])
)
def test_what_an_import_keeps_is_what_a_call_by_it_is_found_by(code: int, national: str, region: str | None):
    for text in (
        f"+{code}{national}",
        f"sip:+{code}{national}@gw",
        national,
        f"sip:{national}@gw",
        f"00{code}{national}",
    ):
        try:
            kept, _ = dialled(text, region)
        except ValueError:
            continue
        assert normalised(text, region) == kept
        assert normalised(kept, region) == kept
