"""Callers' numbers: the short way of reading one says what all the rules say."""

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from api.numbers import normalised, written_out

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
