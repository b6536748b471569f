"""The translation into machine code keeps Python's arithmetic, and the draws of the streams, to the last bit."""

import ctypes
from collections.abc import Callable

import llvmlite.binding as llvm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.scenario import Law, LawKind, Scenario
from sim.compiled import chance as ch
from sim.compiled import layout as at
from sim.compiled.callers import philox_keys
from sim.compiled.ir_types import NotTranslated
from sim.compiled.jit import Memory, compiled
from sim.compiled.machine import _target
from sim.compiled.setting import Ground
from sim.compiled.translate import translate
from sim.model import streams as draw
from sim.model.people import one_ms
from sim.model.streams import Chance
from tests.unit.sim.scenes import busy

_KEPT = []


def machine(function: Callable[..., int], *kinds: type) -> Callable[..., int]:
    """Return a function of numbers as machine code."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(str(translate(function))), _target())
    engine.finalize_object()
    _KEPT.append(engine)
    return ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(engine.get_function_address(function.__name__))


@compiled
def arithmetic(a: int, b: int) -> int:
    total = 0
    for n in range(3):
        if n == 1 and (a > b or not a):
            continue
        total += a // b + a % b - (a if a < b <= 50 else -b)
    while total > 1000:
        total -= 700
        if total % 7 in (3, 5):
            break
    low, high = min(a, b, 4), max(a, b)
    return total * 31 + low * 3 + high + int(a / b * 8.0) + (1 if a != b else 0)


@compiled
def drawn(m: Memory, purpose: int, law: int, key: int, attempt: int) -> int:
    return ch.drawn_ms(m, law, ch.one(m, purpose, key, attempt), 0)


@compiled
def with_a_list(a: int) -> int:
    return sum([a])


_ARITHMETIC = []


@given(st.integers(-10_000, 10_000), st.integers(-60, 60).filter(bool))
@settings(max_examples=200, deadline=None)
def test_whole_numbers_round_down_as_in_python(a, b):
    if not _ARITHMETIC:
        _ARITHMETIC.append(machine(arithmetic, ctypes.c_int64, ctypes.c_int64))

    assert _ARITHMETIC[0](a, b) == arithmetic(a, b)


LAWS = [
    Law(LawKind.EXPONENTIAL, 61.7),
    Law(LawKind.LOGNORMAL, 180.0, 1.1),
    Law(LawKind.GAMMA, 40.0, 0.7),
    Law(LawKind.ERLANG, 80.0, shape=3),
    Law(LawKind.WEIBULL, 70.0, shape=1.5),
    Law(LawKind.DETERMINISTIC, 45.0),
    Law(LawKind.EMPIRICAL, values_s=(30.0, 5.0, 120.0)),
    Law(LawKind.NEVER),
    Law(LawKind.MIXTURE, parts=((0.3, Law(LawKind.NEVER)), (0.7, Law(LawKind.GAMMA, 100.0)))),
]


def test_what_is_drawn_as_the_day_goes_is_what_simpy_draws():
    scenario: Scenario = busy()
    ground, chance = Ground(scenario), Chance(scenario.seed, 3)
    places = [ground._put_law(law) for law in LAWS]
    memory = np.array(ground.words, np.int64)
    keys = philox_keys(ground, chance)
    memory[memory[at.PHILOX] : memory[at.PHILOX] + len(keys)] = keys
    kinds = (ctypes.c_void_p, *[ctypes.c_int64] * 4)
    code = machine(drawn, *kinds)
    for law, place in zip(LAWS, places, strict=True):
        for key in (0, 42, 2**62 + 12_345, *range(10**15, 10**15 + 300)):
            uniform = chance.one(draw.RETRIAL_DELAY, key, 2)
            assert code(memory.ctypes.data, ch.RETRIAL_DELAY, place, key, 2) == one_ms(law, uniform, 0)


def test_what_has_no_translation_is_refused():
    with pytest.raises(NotTranslated):
        translate(with_a_list)
