"""Draws that nobody can list beforehand: `Chance.one` and `people.one_ms`, to the last bit.

The generator is Philox 4x64-10 as numpy has it; logarithms, powers and the special functions are the very ones that
`laws.time_s` calls, so a time drawn here is the time drawn there.
"""

from math import exp, inf, log1p

import numpy as np

from sim.compiled import layout as at
from sim.compiled.built_in import BITS_OF, BY_ADDRESS, FLOAT_AT, HIGH, MEMORY_AT, PART, SHIFTED, built_in
from sim.compiled.jit import Memory, compiled

_M0 = 0xD2E7470EE14C6C93 - 2**64
_M1 = 0xCA5A826395121157 - 2**64
_W0 = 0x9E3779B97F4A7C15 - 2**64
_W1 = 0xBB67AE8584CAA73B - 2**64
_LARGEST_U = 1.0 - 2.0**-53
(
    RETRIAL, RETRIAL_DELAY, PATIENCE, RING, MISS, ANSWER, DIAL, VIRTUAL_HOLD, RESULT, PURPOSES, *_,
) = range(20)  # fmt: skip
"""What is drawn; the keys of each stand in memory, two words each, at `layout.PHILOX`."""
(DETERMINISTIC, EXPONENTIAL, LOGNORMAL, GAMMA, WEIBULL, EMPIRICAL, SMOOTH, NEVER, MIXTURE, ZERO) = range(10)
"""`layout.LAW_KIND`."""


@built_in(HIGH)
def high(a: int, b: int) -> int:
    """Return the upper 64 bits of the product of two numbers of 64 bits without a sign."""
    raise NotImplementedError


@built_in(SHIFTED)
def shifted(a: int, by: int) -> int:
    """Return a number of 64 bits without a sign, shifted to the right."""
    raise NotImplementedError


@built_in(FLOAT_AT)
def number(m: Memory, place: int) -> float:
    """Return the float whose bits stand at `place`."""
    return float(m[place : place + 1].view(np.float64)[0])


@built_in(BITS_OF)
def bits_of(value: float) -> int:
    """Return the bits of a float as a whole number."""
    return int(np.float64(value).view(np.int64))


@built_in(MEMORY_AT)
def memory_at(address: int) -> Memory:
    """Return the memory at an address."""
    raise NotImplementedError


@built_in(PART)
def part(m: Memory, place: int) -> Memory:
    """Return the memory from `place` on."""
    return m[place:]


@built_in(BY_ADDRESS)
def call_1(address: int, x: float) -> float:
    """Call a C function of one number by its address."""
    raise NotImplementedError


@built_in(BY_ADDRESS)
def call_2(address: int, x: float, y: float) -> float:
    """Call a C function of two numbers by its address."""
    raise NotImplementedError


@compiled
def one(m: Memory, purpose: int, key: int, attempt: int) -> float:
    """`streams.Chance.one`: the uniform in [0, 1) of `key` for its `attempt`."""
    words = m[at.PHILOX] + 2 * purpose
    return _philox(m[words], m[words + 1], key, attempt)


@compiled
def draw_ones(told: Memory, found: Memory, count: int, nothing: int, nothing_else: int) -> int:
    """`Chance.ones`: `told` is the two words of the purpose's key, then keys, then attempts; return how many."""
    for n in range(count):
        found[n] = bits_of(_philox(told[0], told[1], told[2 + n], told[2 + count + n]))
    return count


@compiled
def _philox(k0: int, k1: int, key: int, attempt: int) -> float:
    """`streams._philox`, as a number in [0, 1)."""
    c0, c1, c2, c3 = 1, key, attempt, 1
    for n in range(10):
        if n:
            k0 += _W0
            k1 += _W1
        high0, low0 = high(_M0, c0), _M0 * c0
        high1, low1 = high(_M1, c2), _M1 * c2
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
    return float(shifted(c0, 11)) * 2.0**-53


@compiled
def time_s(m: Memory, law: int, uniform: float) -> float:
    """`laws.time_s`: one time of a law, seconds."""
    u = min(uniform, _LARGEST_U)
    kind, a, b = m[law + at.LAW_KIND], number(m, law + at.LAW_A), number(m, law + at.LAW_B)
    if kind == MIXTURE:
        begin, part = 0.0, 0
        values, count = m[law + at.LAW_VALUES], m[law + at.LAW_N]
        while part < count - 1 and number(m, values + 2 * part) <= u:
            begin = number(m, values + 2 * part)
            part += 1
        u = min((u - begin) / (number(m, values + 2 * part) - begin), _LARGEST_U)
        law = m[values + 2 * part + 1]
        kind, a, b = m[law + at.LAW_KIND], number(m, law + at.LAW_A), number(m, law + at.LAW_B)
    if kind == DETERMINISTIC:
        return a
    if kind == EXPONENTIAL:
        return -a * log1p(-u)
    if kind == LOGNORMAL:
        return exp(a + b * call_1(m[at.NDTRI], u))
    if kind == GAMMA:
        return call_2(m[at.GAMMAINCINV], a, u) * b
    if kind == WEIBULL:
        return a * (-log1p(-u)) ** b
    if kind == EMPIRICAL:
        return number(m, m[law + at.LAW_VALUES] + int(u * m[law + at.LAW_N]))
    return inf


@compiled
def drawn_ms(m: Memory, law: int, uniform: float, least: int) -> int:
    """`people.one_ms`: one time of a law in whole ms."""
    scaled = time_s(m, law, uniform) * 1000.0 + 0.5
    if scaled >= at.NEVER:
        return at.NEVER
    return max(int(scaled), least)
