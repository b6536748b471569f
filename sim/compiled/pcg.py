"""A table of uniforms, column by column: PCG64 (XSL-RR) as numpy has it, to the last bit.

The generator's state goes on by a multiplication and an addition of 128 bits, and so it does by any number of steps at
once: the numbers of a column stand a row apart, and are drawn without those between them.

Source: O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms" (2014); the jump: Brown,
"Random number generation with arbitrary strides", Transactions of the American Nuclear Society 71 (1994).
"""

from typing import Final

from sim.compiled.chance import bits_of, high, shifted
from sim.compiled.jit import Memory, compiled

_BY_HIGH, _BY_LOW = 0x2360ED051FC65DA4, 0x4385DF649FCCF645
MULTIPLIER: Final = _BY_HIGH << 64 | _BY_LOW
(
    STATE_HIGH, STATE_LOW, STEP_HIGH, STEP_LOW, ROW_BY_HIGH, ROW_BY_LOW, ROW_STEP_HIGH, ROW_STEP_LOW, COUNTS, *_,
) = range(12)  # fmt: skip
"""What `draw_cells` is told: the state before the first number; what is added at a step; what a row multiplies by, and
adds; then how many of each column. Numbers of 128 bits are two words."""
_SIGN = -(2**63)


@compiled
def _stepped(high_word: int, low_word: int, by_high: int, by_low: int, add_high: int, add_low: int) -> tuple[int, int]:
    """Return state x by + add, modulo 2^128."""
    low = low_word * by_low
    found = low + add_low
    carry = 1 if (found ^ _SIGN) < (low ^ _SIGN) else 0
    return high(low_word, by_low) + high_word * by_low + low_word * by_high + add_high + carry, found


@compiled
def _uniform(high_word: int, low_word: int) -> float:
    """Return what a state gives: a number in [0, 1)."""
    mixed, by = high_word ^ low_word, shifted(high_word, 58)
    turned = shifted(mixed, by) | (mixed << ((64 - by) & 63))
    return float(shifted(turned, 11)) * 2.0**-53


@compiled
def draw_cells(told: Memory, found: Memory, columns: int, nothing: int, nothing_else: int) -> int:
    """`Chance.cells`: write the first so many numbers of each column, one column after another; return how many."""
    top, low = told[STATE_HIGH], told[STATE_LOW]
    step_high, step_low = told[STEP_HIGH], told[STEP_LOW]
    by_high, by_low = told[ROW_BY_HIGH], told[ROW_BY_LOW]
    add_high, add_low = told[ROW_STEP_HIGH], told[ROW_STEP_LOW]
    place = 0
    for column in range(columns):
        top, low = _stepped(top, low, _BY_HIGH, _BY_LOW, step_high, step_low)
        here_high, here_low = top, low
        for _ in range(told[COUNTS + column]):
            found[place] = bits_of(_uniform(here_high, here_low))
            place += 1
            here_high, here_low = _stepped(here_high, here_low, by_high, by_low, add_high, add_low)
    return place
