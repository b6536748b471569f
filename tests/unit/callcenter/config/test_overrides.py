import pytest

from callcenter.config import apply_overrides, load_scenario
from callcenter.config.tree import Tree
from callcenter.errors import BadInput

TREE: Tree = {
    "seed": 1,
    "centre": {"tiers": {"vip": {"target": "90/20"}}, "queues": {"hotline": {"max_wait": "5m"}, "v1.5": {}}},
    "shrinkage": "30%",
    "arrivals": [{"name": "calls", "calls": [10, 20.5]}, {"queue": "tv", "calls_per_day": 100}],
    "staffing": [{"group": "desk", "agents": [4, 7]}],
}


def after(*sets: str) -> Tree:
    return apply_overrides(TREE, sets)


def part(tree: Tree, *path: str | int) -> Tree:
    for step in path:
        tree = tree[step]  # type: ignore[index, call-overload]
    return tree


@pytest.mark.parametrize(
    "assignment, path, value",
    [
        ("seed=7", ("seed",), 7),
        ("centre.tiers.vip.target=95/20", ("centre", "tiers", "vip", "target"), "95/20"),
        ("tiers.vip.target=95/20", ("centre", "tiers", "vip", "target"), "95/20"),
        ("tiers.vip.target=null", ("centre", "tiers", "vip", "target"), None),
        ("tiers.vip.target= ~", ("centre", "tiers", "vip", "target"), None),
        ("queues.hotline.max_wait=", ("centre", "queues", "hotline", "max_wait"), None),
        ("queues.v1.5.policy=slack", ("centre", "queues", "v1.5", "policy"), "slack"),
        ("arrivals.0.calls=[1, 2]", ("arrivals", 0, "calls"), [1, 2]),
        ("arrivals.calls.calls.1=3", ("arrivals", 0, "calls", 1), 3),
        ("arrivals.tv.calls_per_day=90", ("arrivals", 1, "calls_per_day"), 90),
        ("staffing.desk.agents*=1.15", ("staffing", 0, "agents"), [5, 8]),
        ("staffing.0.agents.0-=1", ("staffing", 0, "agents", 0), 3),
        ("arrivals.0.calls *= 1.1", ("arrivals", 0, "calls"), [11, 22.55]),
        ("queues.hotline.max_wait*=2", ("centre", "queues", "hotline", "max_wait"), "600000ms"),
        ("horizon.days=3", ("horizon", "days"), 3),
        ("patience={exponential: 5m}", ("patience",), {"exponential": "5m"}),
    ],
)
def test_a_path_leads_to_a_part(assignment: str, path: tuple[str | int, ...], value: Tree):
    assert part(after(assignment), *path) == value


def test_a_star_stands_for_each():
    changed = after("staffing.*.agents=9", "tiers.*.band=0")

    assert part(changed, "staffing", 0, "agents") == 9
    assert part(changed, "centre", "tiers", "vip", "band") == 0


def test_the_tree_itself_is_not_touched():
    after("centre.tiers.vip.target=95/20")

    assert part(TREE, "centre", "tiers", "vip", "target") == "90/20"


@pytest.mark.parametrize(
    "assignment, what",
    [
        ("tiers.vipp.target=1", "no 'vipp', did you mean centre.tiers.vip"),
        ("arivals.0.calls=1", "no 'arivals', did you mean arrivals"),
        ("horizn.days=1", "did you mean horizon"),
        ("arrivals.7.calls=1", "arrivals has no '7'"),
        ("queues.hotlin={}", "did you mean centre.queues.hotline"),
        ("seed.x=1", "nothing is called 'x' below it"),
        ("seed", "is not PATH=VALUE"),
        ("=5", "is not PATH=VALUE"),
        ("tiers.vip.target*=2", "needs a number there"),
        ("horizon.days+=1", "horizon.days: is not in the file: use ="),
        ("seed*=much", "is not a number to reckon with"),
        ("seed=[1", "is not YAML"),
    ],
)
def test_a_path_that_leads_nowhere_names_the_nearest_one(assignment: str, what: str):
    with pytest.raises(BadInput, match=r"^--set ") as found:
        after(assignment)

    assert what in str(found.value)
    assert "\n" not in str(found.value)


def test_a_value_that_is_wrong_is_blamed_on_the_option_not_on_the_file():
    with pytest.raises(BadInput, match=r"^--set tiers.vip.target=190/20: centre.tiers.vip.target: promises 190 %"):
        load_scenario("telecom-hotline", ["tiers.vip.target=190/20"])


@pytest.mark.parametrize(
    "assignment, path, value",
    [
        ("arrivals.1.calls_per_day+=5", ("arrivals", 1, "calls_per_day"), 105),
        ("staffing.0.agents+=2", ("staffing", 0, "agents"), [6, 9]),
        ("staffing.0.agents-=2", ("staffing", 0, "agents"), [2, 5]),
        ("shrinkage+=5%", ("shrinkage",), "35%"),
        ("shrinkage-=0.05", ("shrinkage",), "25%"),
        ("shrinkage*=1.1", ("shrinkage",), "33%"),
        ("shrinkage-=40%", ("shrinkage",), -0.1),
        ("arrivals.1.calls_per_day*=115%", ("arrivals", 1, "calls_per_day"), 115),
        ("queues.hotline.max_wait+=30s", ("centre", "queues", "hotline", "max_wait"), "330000ms"),
        ("queues.hotline.max_wait-=30s", ("centre", "queues", "hotline", "max_wait"), "270000ms"),
    ],
)
def test_plus_adds_and_minus_takes_away(assignment: str, path: tuple[str | int, ...], value: Tree):
    assert part(after(assignment), *path) == value
