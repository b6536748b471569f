"""What the folder of `simulate --out` holds: the report and the tables behind it."""

from sim.experiment.replicate import Run
from sim.report.files import (
    CALLS,
    INTERVALS,
    RESULT,
    TASKS,
    call_parquet,
    call_rows,
    csv_text,
    interval_rows,
    task_rows,
)
from sim.report.page import report
from sim.report.tables import workbook
from sim.report.wording import JSON


def contents(lived: Run, result: JSON, result_text: str, version: str) -> dict[str, str | bytes]:
    """Return file name → content.

    Args:
        lived: The replications, the first one with its records.
        result: What they come to.
        result_text: The same as it is printed by `--json`.
        version: Of this product.
    """
    first, zone = lived.figures[0], lived.scenario.centre.zone
    found: dict[str, str | bytes] = {
        "report.html": report(lived, result, version),
        "calls.csv": csv_text(CALLS, call_rows(first.records, zone)),
        "tasks.csv": csv_text(TASKS, task_rows(first.task_records, zone)),
        "intervals.csv": csv_text(INTERVALS, interval_rows(result)),
        "intervals.xlsx": workbook([("intervals", INTERVALS, interval_rows(result))]),
        RESULT: result_text,
    }
    table = call_parquet(first.records, zone)
    return found if table is None else found | {"calls.parquet": table}
