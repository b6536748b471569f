"""What is taken along from a what-if says what the page said."""

import pytest

from callcenter.config import parse_scenario
from sim.experiment.replicate import run
from sim.report.what_if import document, lines_of, rows_of, text_of
from sim.report.wording import JSON
from sim.results.result import as_json, result
from tests.unit.sim.model.test_unserved import CENTRE


@pytest.fixture(scope="module")
def found() -> JSON:
    lived = run(parse_scenario(CENTRE + "replications: 2\n"), processes=1)
    return as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))


def test_the_printed_page_tells_calls_in_vain_and_doubts_after_the_figures(found: JSON):
    lines = lines_of(found)

    told = " ".join(lines[lines.index("* the interval of the difference leaves out zero; the same chance for base and "
                                      "variants") + 1:])  # fmt: skip
    assert "queue special: 40 of its calls come while nobody who could take them is on duty" in told
    assert "2 replications: with fewer than 10 an interval is itself a matter of luck" in told
    assert max(map(len, lines)) <= 150


def test_a_result_kept_by_an_earlier_version_is_printed_all_the_same(found: JSON):
    earlier = {key: part for key, part in found.items() if key not in {"notes", "doubts"}}

    assert document(earlier, "kept", []).startswith(b"%PDF")


def test_a_spreadsheet_has_every_tier_and_half_hour_once(found: JSON):
    rows = list(rows_of(found))

    keys = [(row["variant"], row["start"], row["tier"], row["figure"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert len(text_of(iter(rows)).splitlines()) == len(rows) + 1
