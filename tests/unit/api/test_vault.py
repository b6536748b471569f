"""Numbers at rest: what is sealed opens again, with the right key, in the right place, and with old keys too."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.store.encryption import MARK, Clear, vault_of
from api.store.errors import BadJournal

OLD = base64.b64encode(bytes(range(32))).decode()
NEW = base64.b64encode(bytes(range(32, 64))).decode()


@given(st.text())
def test_what_is_sealed_opens_again_and_shows_nothing(text: str):
    vault = vault_of(OLD)
    kept = vault.seal(text, "t.c")

    assert vault.open(kept, "t.c") == text
    assert kept != vault.seal(text, "t.c"), "equal numbers are not to be seen as equal"
    assert len(text) < 4 or text not in kept


def test_equal_numbers_are_found_by_equal_hashes_of_the_key_in_force():
    assert vault_of(OLD).blind("+861") == vault_of(OLD).blind("+861") != vault_of(NEW).blind("+861")
    assert vault_of(f"{NEW}\n{OLD}\n").blind("+861") == vault_of(NEW).blind("+861")


def test_after_a_rotation_old_values_are_still_read_and_found():
    kept = vault_of(OLD).seal("+861", "t.c")

    assert vault_of(f"{NEW}\n{OLD}").open(kept, "t.c") == "+861"
    assert vault_of(f"{NEW}\n{OLD}").blinds("+861") == (
        vault_of(NEW).blind("+861"),
        vault_of(OLD).blind("+861"),
        "+861",
    )
    with pytest.raises(BadJournal, match="encrypted by key"):
        vault_of(NEW).open(kept, "t.c")


def test_a_value_that_was_changed_or_moved_does_not_open():
    vault = vault_of(OLD)
    kept = vault.seal("+861", "t.c")

    for other, place in ((kept, "t.d"), (kept[:-4] + "AAA=", "t.c")):
        with pytest.raises(BadJournal, match="changed or moved"):
            vault.open(other, place)


def test_clear_numbers_are_read_with_a_key_and_sealed_ones_are_not_read_without():
    assert vault_of(OLD).open("+861", "t.c") == "+861"
    with pytest.raises(BadJournal, match="give their key"):
        Clear().open(f"{MARK}x:y", "t.c")


@pytest.mark.parametrize("text", ["secret", "AAAA", OLD + "\nxx", OLD[:-4]])
def test_a_key_that_is_none_is_refused_without_being_shown(text: str):
    with pytest.raises(BadJournal, match="openssl rand -base64 32") as refused:
        vault_of(text)

    assert text not in str(refused.value)


def test_no_key_means_clear_numbers():
    assert isinstance(vault_of(None), Clear)
    assert isinstance(vault_of(" \n"), Clear)
