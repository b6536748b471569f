"""The compact directory of calls against dictionaries: the same answers, whatever was put, changed and removed."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.customers.directory import word_index
from api.customers.directory.lookup import Book, Profile
from api.customers.directory.word_index import Index

words = st.sampled_from([f"+86{n}" for n in range(12)])


@given(st.lists(st.tuples(words, st.integers(0, 1_000)), max_size=60), st.integers(0, 60), st.integers(1, 9))
def test_an_index_is_a_dictionary_of_lists(pairs: list[tuple[str, int]], filled: int, fresh: int):
    found, expected = Index(), defaultdict(list)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_index, "FRESH", fresh)
        found.fill([word for word, _ in pairs[:filled]], [row for _, row in pairs[:filled]])
        found.settle()
        for word, row in pairs[filled:]:
            found.add(word, row)
    for word, row in pairs:
        expected[word].append(row)

    assert {word: found.rows(word) for word in expected} == expected
    assert found.rows("nobody") == []


steps = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 5), st.none() | st.integers(0, 3), st.sets(words, max_size=3)),
    st.tuples(st.just("remove"), st.integers(0, 5)),
    st.tuples(st.just("regrade"), st.integers(0, 5), st.sampled_from(["vip", "mid", None])),
)


@given(st.lists(steps, max_size=40))
def test_a_book_answers_as_dictionaries_would(todo: list[tuple]):
    book, people, numbers = Book(), {}, {}
    for step in todo:
        key = f"p{step[1]}"
        match step:
            case ("put", _, name, held):
                people[key] = (
                    None if name is None else f"C{key}{name}",
                    Profile("mid", "a,b", None, False, name is None),
                )
                numbers.pop(key, None)
                numbers[key] = held
                book.put(key, *people[key], [(word, word == "+860") for word in sorted(held)])
            case ("remove", _):
                people.pop(key, None)
                numbers.pop(key, None)
                book.remove(key)
            case ("regrade", _, tier) if key in people:
                people[key] = (people[key][0], Profile(tier, None, "UTC", True, people[key][0] is None))
                book.regrade(key, people[key][1])

    assert book.customers == len(people)
    for key in [f"p{n}" for n in range(6)]:
        known = book.of_key(key)
        assert (known is None) == (key not in people)
        if known is not None:
            profile = people[key][1]
            assert (known.tier, known.zone, known.protected, known.stranger) == (
                profile.tier, profile.zone, profile.protected, profile.stranger
            )  # fmt: skip
        for name in range(4):
            found = book.of_id(f"C{key}{name}")
            assert (found is not None) == (key in people and people[key][0] == f"C{key}{name}")
    for word in [f"+86{n}" for n in range(12)]:
        assert sorted((known.key, shared) for known, shared in book.holders(word)) == sorted(
            (key, word == "+860") for key, held in numbers.items() if word in held
        )
