"""The region of national numbers: one for calls and directory, and one that exists."""

import pytest

from api.state.regions import check_region
from callcenter.config import parse_centre
from callcenter.errors import BadInput


def test_a_centre_says_its_region():
    assert parse_centre("region: CN\nqueues: {q: {}}\ngroups: {g: {}}\n").region == "CN"
    with pytest.raises(BadInput, match="region"):
        parse_centre("region: China\nqueues: {q: {}}\ngroups: {g: {}}\n")


def test_one_region_is_enough():
    for pair in [(None, None), ("CN", None), (None, "CN"), ("CN", "CN")]:
        check_region(*pair)


@pytest.mark.parametrize(
    ("pair", "said"), [(("UK", None), "did you mean GB"), ((None, "XX"), "no country"), (("CN", "GB"), "says CN")]
)
def test_a_region_that_is_none_or_two_that_differ_are_refused(pair, said):
    with pytest.raises(BadInput, match=said):
        check_region(*pair)
