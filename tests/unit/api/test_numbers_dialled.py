"""Numbers of a file: the fast way and the library agree on every country's numbers, and what is none says why."""

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.state.numbers import NotANumber, dialled, written_out

codes = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
plain = st.builds("+{}{}".format, codes, st.from_regex(r"[0-9]{4,12}", fullmatch=True)).filter(lambda n: len(n) < 17)


@given(plain)
@example("+390612345678")
@example("+88018")
@example("+5491123456789")
@settings(max_examples=2_000)
def test_what_is_plain_the_library_gives_back_as_it_is(text: str):
    if written_out(text):
        found = phonenumbers.parse(text, None)
        assert phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164) == text
        assert phonenumbers.is_possible_number_with_reason(found) == phonenumbers.ValidationResult.IS_POSSIBLE


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_an_example_of_each_country_is_a_number(code: int):
    region = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]
    found = (
        phonenumbers.example_number_for_non_geo_entity(code) if region == "001" else phonenumbers.example_number(region)
    )
    if found is not None:
        text = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
        assert dialled(text, None) == (text, "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("12", "no telephone number"),
        ("4.42079E+12", "rounded by a spreadsheet"),
        ("+4420", "too few digits"),
        ("+44207946095812345", "too many digits|no telephone number"),
        ("+999123456789", "no country's code|no telephone number"),
        ("call me", "no telephone number"),
        ("020 7946 0958", "say the region"),
        ("", "no telephone number"),
    ],
)
def test_what_is_no_number_says_why(text: str, why: str):
    with pytest.raises(NotANumber, match=why):
        dialled(text, None)


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_none(text: str):
    try:
        number, extension = dialled(text, "GB")
    except NotANumber:
        pass
    else:
        assert number == number.strip()
        assert dialled(number, None)[0] == number, "written once, it stays"
        assert extension.isdigit() or not extension
