"""Things in a chain: who waits, who is free, who rests, what lives. Each knows its neighbours, a chain its two ends.

`previous` and `following` are where a thing says who stands before and behind it; `first` and `last` where the ends of
the chain stand. 0: nobody.
"""

from sim.compiled.jit import Memory, compiled


@compiled
def put_behind(m: Memory, thing: int, before: int, previous: int, following: int, first: int, last: int) -> None:
    """Put `thing`, which is in no chain, behind `before`; 0: first of all."""
    after = m[before + following] if before else m[first]
    m[thing + previous], m[thing + following] = before, after
    if before:
        m[before + following] = thing
    else:
        m[first] = thing
    if after:
        m[after + previous] = thing
    else:
        m[last] = thing


@compiled
def take_out(m: Memory, thing: int, previous: int, following: int, first: int, last: int) -> None:
    """Let the neighbours of `thing` be neighbours; what it says of them itself stays."""
    before, after = m[thing + previous], m[thing + following]
    if before:
        m[before + following] = after
    else:
        m[first] = after
    if after:
        m[after + previous] = before
    else:
        m[last] = before
