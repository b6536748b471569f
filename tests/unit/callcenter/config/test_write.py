import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.config import parse_scenario, render
from callcenter.config.load import scenario_tree
from callcenter.config.parse import scenario_of
from callcenter.config.shipped import shipped
from callcenter.config.tree import read_tree

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12).filter(
    lambda text: "\ufeff" not in text and "\ufffe" not in text and "\uffff" not in text
)
plain = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(-1e6, 1e6).map(lambda x: round(x, 6)), words
)
trees = st.recursive(
    plain, lambda part: st.lists(part, max_size=4) | st.dictionaries(words, part, max_size=4), max_leaves=20
)


@given(st.dictionaries(words.filter(lambda key: key != "<<"), trees, min_size=1, max_size=4))
def test_what_is_written_is_read_back(mapping: dict[str, object]):
    assume_no_merge(mapping)
    tree, _ = read_tree(render(mapping), "f.yaml")  # type: ignore[arg-type]

    assert tree == mapping


def assume_no_merge(value: object) -> None:
    from hypothesis import assume

    if isinstance(value, dict):
        assume("<<" not in value)
        for part in value.values():
            assume_no_merge(part)
    elif isinstance(value, list):
        for part in value:
            assume_no_merge(part)


@pytest.mark.parametrize("name", shipped("scenario")[:6])
def test_plain_values_are_the_scenario_that_their_text_is(name: str):
    tree = scenario_tree(name)

    assert scenario_of(tree, "x") == parse_scenario(render(tree), "x")


def test_comments_stand_above_their_keys():
    text = render(
        {"version": 1, "patience": {"exponential": "5m"}, "centre": {"zone": "UTC"}},
        {"": "Fitted.\n\nFrom a log.", "patience": "censored", "centre.zone": "as in the log"},
    )

    assert text == (
        "# Fitted.\n#\n# From a log.\n\nversion: 1\n# censored\npatience: {exponential: 5m}\n"
        "centre:\n  # as in the log\n  zone: UTC\n"
    )


def test_long_lists_are_broken_into_rows():
    text = render({"calls": [1000.25] * 40})

    assert max(len(line) for line in text.splitlines()) <= 100
    assert read_tree(text, "f.yaml")[0] == {"calls": [1000.25] * 40}
