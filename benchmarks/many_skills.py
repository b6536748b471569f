"""A centre of 65 call types and 89 groups of agents, as large as the literature's: made up by chance, then staffed.

`python -m benchmarks.many_skills [FILE.yaml]` writes the scenario (to standard output without a file); staff it with
`callcenter staff FILE.yaml --method simulation --time-limit 1500`.

Size: A. N. Avramidis, W. Chan and P. L'Ecuyer, "Staffing multi-skill call centers via search methods and a performance
approximation", IIE Transactions 41(6), 2009; all figures here are invented.
"""

import random
import sys
from pathlib import Path
from typing import Any

from callcenter.config import render

TYPES, GROUPS = 65, 89
MOST_SKILLS = 8


def centre(seed: int = 1, types: int = TYPES, groups: int = GROUPS, calls_per_day: float = 12_000) -> dict[str, Any]:
    """Return the scenario as plain values: every type is served by two groups at least."""
    chance = random.Random(seed)  # figures made up
    weights = [chance.lognormvariate(0, 1) for _ in range(types)]
    names = [f"type{n + 1:02}" for n in range(types)]
    skills: list[set[str]] = [set() for _ in range(groups)]
    for name in names:
        for group in chance.sample(range(groups), 2):
            skills[group].add(name)
    for mine in skills:
        mine.update(chance.sample(names, max(0, chance.randint(1, MOST_SKILLS) - len(mine))))
    profile = [3, 6, 9, 10, 10, 8, 6, 6, 8, 9, 7, 4]
    return {
        "version": 1,
        "name": "many-skills",
        "title": f"{types} call types, {groups} groups of agents",
        "centre": {
            "zone": "UTC",
            "tiers": {"all": {"band": 1, "target": "80/20"}},
            "default_tier": "all",
            "queues": {name: {"needs": [name]} for name in names},
            "groups": {
                f"group{n + 1:02}": {"skills": sorted(mine), "auto_answer": True} for n, mine in enumerate(skills)
            },
        },
        "arrivals": [
            {
                "queue": name,
                "from": "08:00",
                "every": "1h",
                "calls_per_day": round(calls_per_day * weight / sum(weights), 1),
                "profile": profile,
            }
            for name, weight in zip(names, weights, strict=True)
        ],
        "handling": {"lognormal": {"mean": "5m", "cv": "90%"}},
        "patience": {"exponential": "5m"},
        "replications": 20,
    }


def main(path: str | None = None) -> None:
    """Write the scenario."""
    text = render(centre())
    if path is None:
        sys.stdout.write(text)
    else:
        Path(path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
