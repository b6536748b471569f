"""A table of uniforms, column by column: PCG64 (XSL-RR), seeded by a SeedSequence, as numpy has them, to the last bit.

The generator's state goes on by a multiplication and an addition of 128 bits, and so it does by any number of steps at
once: the numbers of a column stand a row apart, and are drawn without those between them.

Source: O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms" (2014), and "Developing a
seed_seq alternative" (2015); the jump: Brown, "Random number generation with arbitrary strides", Transactions of the
American Nuclear Society 71 (1994).
"""

from typing import Final

from sim.compiled.chance import bits_of, high, part, shifted
from sim.compiled.jit import Memory, compiled

_BY_HIGH, _BY_LOW = 0x2360ED051FC65DA4, 0x4385DF649FCCF645
MULTIPLIER: Final = _BY_HIGH << 64 | _BY_LOW
(ROW_BY_HIGH, ROW_BY_LOW, ROW_ADD_HIGH, ROW_ADD_LOW, ENTROPY_N, COUNTS, *_) = range(12)
"""What `draw_cells` is told: what a row multiplies the state by, and adds where a step adds 1; how many words of 32
bits the seed has, POOL at least; how many numbers of each column; then those words. Numbers of 128 bits are two
words."""
POOL: Final = 4
_SIGN = -(2**63)
_32 = 2**32 - 1
_ENTERS, _ENTERS_BY = 0x43B0D7E5, 0x931E8875
_LEAVES, _LEAVES_BY = 0x8B51F9DD, 0x58F38DED
_MIX_LEFT, _MIX_RIGHT = 0xCA01F9DD, 0x4973F715
"""Of the SeedSequence: what words are hashed by on their way in and out, and mixed with."""


@compiled
def _hashed(word: int, by: int, then: int) -> int:
    """Return a word of 32 bits, hashed."""
    found = ((word ^ by) * then) & _32
    return found ^ (found >> 16)


@compiled
def _mixed(word: int, other: int) -> int:
    """Return one word of the pool with another mixed into it."""
    found = (_MIX_LEFT * word - _MIX_RIGHT * other) & _32
    return found ^ (found >> 16)


@compiled
def _pour(pool: Memory, word: int, into: int, by: int) -> int:
    """Mix a word into one of the pool; return what the next is hashed by."""
    then = (by * _ENTERS_BY) & _32
    pool[into] = _mixed(pool[into], _hashed(word, by, then))
    return then


@compiled
def _fill(pool: Memory, words: Memory, count: int) -> None:
    """`SeedSequence.mix_entropy`."""
    by = _ENTERS
    for n in range(POOL):
        then = (by * _ENTERS_BY) & _32
        pool[n] = _hashed(words[n], by, then)
        by = then
    for source in range(POOL):
        for into in range(POOL):
            if into != source:
                by = _pour(pool, pool[source], into, by)
    for source in range(POOL, count):
        for into in range(POOL):
            by = _pour(pool, words[source], into, by)


@compiled
def _drain(pool: Memory, found: Memory) -> None:
    """`SeedSequence.generate_state`: four words of 64 bits."""
    by = _LEAVES
    for n in range(8):
        then = (by * _LEAVES_BY) & _32
        word = _hashed(pool[n & 3], by, then)
        if n & 1:
            found[n >> 1] = found[n >> 1] | (word << 32)
        else:
            found[n >> 1] = word
        by = then


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
    """`Chance.cells`: write the first so many numbers of each column, one column after another; return how many.

    There is room for POOL numbers more, at the end: the generator is seeded there.
    """
    numbers = 0
    for column in range(columns):
        numbers += told[COUNTS + column]
    pool, state = part(told, COUNTS + columns + told[ENTROPY_N]), part(found, numbers)
    _fill(pool, part(told, COUNTS + columns), told[ENTROPY_N])
    _drain(pool, state)
    step_high, step_low = (state[2] << 1) | shifted(state[3], 63), (state[3] << 1) | 1
    # From nothing: a step, the seed added, a step. Numbers come after a step of their own.
    low = step_low + state[1]
    carry = 1 if (low ^ _SIGN) < (step_low ^ _SIGN) else 0
    top, low = _stepped(step_high + state[0] + carry, low, _BY_HIGH, _BY_LOW, step_high, step_low)
    by_high, by_low = told[ROW_BY_HIGH], told[ROW_BY_LOW]
    add_high, add_low = _stepped(step_high, step_low, told[ROW_ADD_HIGH], told[ROW_ADD_LOW], 0, 0)
    place = 0
    for column in range(columns):
        top, low = _stepped(top, low, _BY_HIGH, _BY_LOW, step_high, step_low)
        here_high, here_low = top, low
        for _ in range(told[COUNTS + column]):
            found[place] = bits_of(_uniform(here_high, here_low))
            place += 1
            here_high, here_low = _stepped(here_high, here_low, by_high, by_low, add_high, add_low)
    return place
