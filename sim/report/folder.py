"""What the folder of `simulate --out` holds: the report and the tables behind it."""

from sim.experiment.progress import Progress, tell_nobody
from sim.experiment.replicate import Run
from sim.report.calls import call_csv, call_parquet
from sim.report.files import INTERVALS, RESULT, TASKS, csv_text, interval_rows, task_rows
from sim.report.page import report
from sim.report.tables import Content, workbook
from sim.report.wording import JSON


def contents(
    lived: Run, result: JSON, result_text: str, version: str, progress: Progress = tell_nobody
) -> dict[str, Content]:
    """Return file name → content.

    Args:
        lived: The replications, the first one with its records.
        result: What they come to.
        result_text: The same as it is printed by `--json`.
        version: Of this product.
        progress: Told how many calls of how many are written, in each of their files.
    """
    first, zone = lived.figures[0], lived.scenario.centre.zone
    assert first.calls is not None, "the first replication has its records"
    assert first.task_records is not None
    found: dict[str, Content] = {
        "report.html": report(lived, result, version),
        "calls.csv": call_csv(first.calls, progress),
        "tasks.csv": csv_text(TASKS, task_rows(first.task_records, zone)),
        "intervals.csv": csv_text(INTERVALS, interval_rows(result)),
        "intervals.xlsx": workbook([("intervals", INTERVALS, interval_rows(result))]),
        RESULT: result_text,
    }
    table = call_parquet(first.calls, progress)
    return found if table is None else found | {"calls.parquet": table}
