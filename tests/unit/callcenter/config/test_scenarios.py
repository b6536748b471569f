import pytest

from callcenter.config import parse_scenario
from callcenter.config.words import date_text
from callcenter.errors import BadInput
from callcenter.scenario import Break, Busyness, Scenario, Shift, Worth
from callcenter.units import HOUR, MINUTE, Millis

HEAD = "version: 1\ncentre: {queues: {q: {}}, groups: {g: {}}}\nhandling: {exponential: 3m}\n"
TWO = HEAD.replace("queues: {q: {}}", "queues: {q: {}, r: {}}, intents: {fraud: {skills: [law]}}")


def scenario(more: str) -> Scenario:
    return parse_scenario(HEAD + more, "f.yaml")


def refusal(text: str) -> str:
    with pytest.raises(BadInput) as found:
        parse_scenario(text, "f.yaml")
    assert "\n" not in str(found.value)
    return str(found.value)


def test_what_a_file_leaves_out_is_what_the_dataclass_leaves_out():
    read = scenario("")
    plain = Scenario(
        "f", read.centre, read.horizon, handling=read.handling, patience=read.patience, wrap_up=read.wrap_up
    )

    assert read == plain
    assert date_text(read.horizon.first_day) == "2026-03-02"


def test_calls_per_interval_are_taken_as_they_are():
    [stream] = scenario("arrivals: [{from: 08:00, every: 1h, calls: [1, 2.5]}]\n").streams

    assert (stream.name, stream.queue, stream.begin, stream.interval) == ("q", "q", 8 * HOUR, HOUR)
    assert stream.calls == (1, 2.5)
    assert stream.tiers == (("standard", 1.0),)


def test_a_flat_rate_fills_the_intervals_until_its_end():
    [stream] = scenario("arrivals: [{from: 08:00, until: 10:00, calls_per_hour: 60}]\n").streams

    assert stream.calls == (30,) * 4


def test_a_flat_rate_over_odd_hours_is_one_interval():
    [stream] = scenario("arrivals: [{from: 08:00, until: 08:50, calls_per_hour: 60}]\n").streams

    assert (stream.calls, stream.interval) == ((50,), 50 * MINUTE)


def test_a_day_is_spread_by_its_profile():
    [stream] = scenario("arrivals: [{from: 08:00, calls_per_day: 100, profile: [1, 3]}]\n").streams

    assert stream.calls == (25, 75)


def test_streams_of_one_queue_have_names_of_their_own():
    streams = scenario("arrivals: [{calls: [1]}, {calls: [1]}, {name: more, calls: [1]}]\n").streams

    assert [stream.name for stream in streams] == ["q", "q 2", "more"]


def test_a_night_shift_ends_the_next_day_and_its_breaks_are_counted_from_its_begin():
    [shift] = scenario(
        "shifts: [{group: g, agents: 2, from: 22:00, to: 06:00, breaks: [01:00-01:30, {after: 5h, for: 15m}]}]\n"
    ).shifts

    breaks = (Break(3 * HOUR, Millis(30 * MINUTE)), Break(5 * HOUR, Millis(15 * MINUTE)))
    assert shift == Shift("g", 2, 22 * HOUR, 30 * HOUR, breaks)


def test_a_break_may_begin_as_the_one_before_it_ends():
    [shift] = scenario(
        "shifts: [{group: g, agents: 2, from: 08:00, to: 16:00, breaks: [12:00-12:30, 12:30-12:45]}]\n"
    ).shifts

    assert [pause.begin for pause in shift.breaks] == [4 * HOUR, 4 * HOUR + 30 * MINUTE]


def test_one_number_of_agents_fills_the_time():
    [entry] = scenario("staffing: [{group: g, agents: 3, from: 08:00, until: 10:00}]\n").staffing

    assert (entry.begin, entry.agents) == (8 * HOUR, (3, 3, 3, 3))


def test_days_are_connected_where_somebody_rings_or_is_rung_again():
    assert scenario("arrivals: [{calls: [1]}]\npatience: {exponential: 5m}\n").horizon.discard == 0
    connected = [
        "arrivals: [{calls: [1], tiers: {mid: 100%}}]\n",
        "retrials: {abandoned: {probability: 10%, delay: {exponential: 5m}}}\n",
        "callbacks: {accept_offer: 50%}\n",
    ]
    for more in connected:
        horizon = scenario(more).horizon
        assert (date_text(horizon.first_day), horizon.discard, horizon.days, horizon.run_off) == ("2026-03-01", 1, 1, 1)


def test_start_is_the_first_measured_day():
    horizon = scenario("horizon: {start: 2026-03-10, days: 5, discard: 2, run_off: 0}\n").horizon

    assert (date_text(horizon.first_day), horizon.days, horizon.discard, horizon.run_off) == ("2026-03-08", 5, 2, 0)


def test_short_spellings():
    read = scenario(
        "busyness: 10%\nworth: {vip: {customers: 1%, revenue: 70%}, standard: {customers: 99%, revenue: 30%}}\n"
    )

    assert read.busyness == Busyness(0.1)
    assert read.worth == (Worth("vip", 0.01, 0.7), Worth("standard", 0.99, 0.3))


@pytest.mark.parametrize(
    "more, path, what",
    [
        ("arrivals: [{}]", "arrivals.0", "does not say how many calls"),
        ("arrivals: [{calls: [1], calls_per_hour: 2}]", "arrivals.0", "in 2 ways (calls, calls_per_hour)"),
        ("arrivals: [{calls: [-1]}]", "arrivals.0.calls.0", "is below 0 (-1)"),
        ("arrivals: [{calls_per_hour: -1}]", "arrivals.0.calls_per_hour", "is below 0 (-1)"),
        ("arrivals: [{calls: [1, 1, 1], from: 23:00}]", "arrivals.0.calls", "past midnight: at most 2 fit"),
        ("arrivals: [{calls_per_hour: 1, from: 20:00, until: 08:00}]", "arrivals.0.until", "is not after from"),
        ("arrivals: [{calls: [1], until: 08:00}]", "arrivals.0.until", "does not go with a list"),
        ("arrivals: [{calls: [1], profile: [1]}]", "arrivals.0.profile", "calls_per_day, which is not given"),
        ("arrivals: [{calls_per_day: 9, profile: [0]}]", "arrivals.0.profile", "adds up to 0"),
        ("arrivals: [{calls: [1], tiers: {vip: 60%, mid: 60%}}]", "arrivals.0.tiers", "adds up to 120.00%"),
        ("arrivals: [{calls: [1], tiers: {vipp: 100%}}]", "arrivals.0.tiers.vipp", "did you mean vip?"),
        ("arrivals: [{calls: [1], queue: p}]", "arrivals.0.queue", "there is no queue 'p'"),
        ("arrivals: [{calls: [1], intents: {x: 1%}}]", "arrivals.0.intents.x", "there is no intent 'x'"),
        ("arrivals: [{calls: [1], skills: [latin]}]", "arrivals.0.skills", "which no group of agents has"),
        ("arrivals: [{calls: [1], channel: fax}]", "arrivals.0.channel", "there is no channel 'fax'"),
        ("arrivals: [{name: a, calls: [1]}, {name: a, calls: [1]}]", "arrivals.1.name", "name of two streams"),
        ("arrivals: {calls: [1]}", "arrivals", "is not a list"),
        ("shifts: [{group: h, agents: 1, from: 08:00, to: 16:00}]", "shifts.0.group", "there is no group 'h'"),
        ("shifts: [{group: g, agents: -1, from: 08:00, to: 16:00}]", "shifts.0.agents", "is below 0"),
        ("shifts: [{group: g, agents: 1, from: 08:00}]", "shifts.0.to", "is missing"),
        (
            "shifts: [{group: g, agents: 1, from: 08:00, to: 16:00, breaks: [17:00-17:15]}]",
            "shifts.0.breaks.0", "within the shift",
        ),
        (
            "shifts: [{group: g, agents: 1, from: 08:00, to: 16:00, breaks: [12:00-12:30, 12:15-12:45]}]",
            "shifts.0.breaks.1", "begins before the break above it",
        ),
        ("staffing: [{group: g, agents: 1}, {group: g, agents: [1], from: 08:00}]", "staffing.1", "overlaps an"),
        ("desks: {h: {}}", "desks.h", "there is no group 'h'"),
        ("worth: {vip: {customers: 1%, revenue: 1%}}", "worth", "add up to 1.00%"),
        ("menu: {time: {exponential: 1m}, skipped_by: [x]}", "menu.skipped_by", "there is no tier 'x'"),
        ("horizon: {warm_up: 24h}", "horizon.warm_up", "nothing is left to measure"),
        ("interval: 7m", "interval", "does not divide a day evenly"),
        ("shrinkage: 120%", "shrinkage", "is not between 0 % and 100 %"),
        ("replications: 0", "replications", "is below 1 (0)"),
        ("seed: x", "seed", "is not a whole number (x)"),
        ("titel: x", "titel", "did you mean title?"),
        (
            "shift_types: {early: {group: g, length: 8h, earliest: 09:00, latest: 08:00}}",
            "shift_types.early.latest", "is before earliest",
        ),
        (
            "shift_types: {early: {group: g, length: 8h, earliest: 06:00, latest: 08:00, breaks: [12:00-12:30]}}",
            "shift_types.early.breaks.0", "write {after: 4h, for: 30m}",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_line(more: str, path: str, what: str):
    said = refusal(f"{HEAD}{more}\n")

    assert said.startswith(f"f.yaml:4: {path}: ")
    assert what in said


def test_a_stream_names_its_queue_where_there_are_two():
    assert "f.yaml:4: arrivals.0: names no queue" in refusal(TWO + "arrivals: [{calls: [1]}]\n")


@pytest.mark.parametrize("shares", [{"a": "100%"}, {"a": "30%", "b": "70%"}, {"a": 0.1, "b": 0.2, "c": 0.7}])
def test_intents_of_a_stream_may_be_all_of_its_calls_and_no_more(shares):
    intents = "{" + ", ".join(f"{name}: {share}" for name, share in shares.items()) + "}"
    head = HEAD.replace("queues: {q: {}}", "queues: {q: {}}, intents: {a: {}, b: {}, c: {}, d: {}}")
    stream = "arrivals: [{calls: [1], intents: %s}]\n"

    (read,) = parse_scenario(head + stream % intents, "f.yaml").streams
    assert sum(share for _, share in read.intents) == pytest.approx(1)
    assert "100 % at most" in refusal(head + stream % intents.replace("}", ", d: 1%}"))


def test_an_intent_needs_a_group_that_can_do_it():
    said = refusal(TWO + "arrivals: [{queue: q, calls: [1], intents: {fraud: 1%}}]\n")

    assert said.startswith("f.yaml:4: arrivals.0.intents.fraud: needs law 1")


@pytest.mark.parametrize("version", ["2", "'1'", "one", "null"])
def test_another_version_is_refused(version: str):
    assert refusal(HEAD.replace("version: 1", f"version: {version}")).startswith("f.yaml:1: version: ")


def test_of_several_faults_the_first_in_the_file_is_told():
    assert refusal(HEAD + "seed: x\nreplications: 0\n").startswith("f.yaml:4: seed")
