"""The table of calls tells what the records of the same day tell, whatever happens on it."""

from hypothesis import given, settings

from callcenter.lifecycle.measures import CallRecord
from sim.report.calls import call_rows
from sim.results.call_table import cells, under_simpy
from sim.run.driver import Day
from tests.strategies_wild import wild_scenarios


def order_of(record: CallRecord) -> tuple[int, int, int]:
    return record.queued_at, int(record.contact), int(record.call_id.partition("/s")[2] or 1)


@given(wild_scenarios())
@settings(max_examples=10, deadline=None)
def test_a_line_of_the_table_is_the_line_of_its_record(scenario):
    day = Day(scenario, 0, keep_records=True).run()
    records = sorted(day.ledger.calls, key=order_of)

    assert list(zip(*cells(under_simpy(day)), strict=True)) == call_rows(records, scenario.centre.zone)
