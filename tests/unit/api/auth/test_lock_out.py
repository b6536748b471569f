"""Who fails too often is not listened to for a while, and is told for how long."""

import pytest

from api.auth.passwords import LOCKED, OF_A_NAME, OF_A_SOURCE, LockOut
from api.errors import RateLimited
from callcenter.units import SECOND


@pytest.mark.parametrize(("what", "most"), [("name", OF_A_NAME), ("source", OF_A_SOURCE)])
def test_so_many_failures_are_borne_and_one_more_try_is_refused_until_the_lock_is_over(what: str, most: int):
    locks = LockOut()
    for _ in range(most):
        locks.check(0, **{what: "ana"})
        locks.failed(0, **{what: "ana"})
    with pytest.raises(RateLimited) as refused:
        locks.check(10 * SECOND, **{what: "ana"})

    assert refused.value.retry_after_s == LOCKED // SECOND - 10
    assert str(refused.value).startswith("too many failed sign-ins; try again in")
    locks.check(LOCKED, **{what: "ana"})
    locks.check(10 * SECOND, **{what: "ben"})


def test_a_failure_after_a_quiet_time_is_the_first_again():
    locks = LockOut()
    for _ in range(OF_A_NAME - 1):
        locks.failed(0, name="ana")
    locks.failed(LOCKED, name="ana")

    locks.check(LOCKED, name="ana")


def test_who_signs_in_starts_anew():
    locks = LockOut()
    for _ in range(OF_A_NAME):
        locks.failed(0, name="ana")
    locks.succeeded(name="ana")

    locks.check(1, name="ana")
