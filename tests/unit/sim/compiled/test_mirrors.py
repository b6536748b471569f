"""What is written twice changes twice: see `sim.compiled.mirrors`."""

import json

from sim.compiled import mirrors


def test_every_function_that_is_mirrored_is_there():
    for function in mirrors.functions().values():
        for name in mirrors.mirrored_by(function):
            mirrors.resolve(name)


def test_nothing_that_is_mirrored_has_changed_since_the_two_were_compared():
    kept, now = json.loads(mirrors.KEPT.read_text()), mirrors.now()
    changed = [
        f"{other} changed: look at {name}, then python -m sim.compiled.mirrors"
        for name, pair in now.items()
        for other, looks in pair["mirrors"].items()
        if kept.get(name, {}).get("mirrors", {}).get(other) != looks
    ]

    assert changed == []
    assert {name for name, pair in now.items() if pair["looks"] != kept.get(name, {}).get("looks")} == set()


def test_most_compiled_functions_say_what_they_mirror():
    functions = mirrors.functions().values()

    assert sum(bool(mirrors.mirrored_by(function)) for function in functions) > 0.6 * len(functions)
