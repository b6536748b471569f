"""Dashboards as Grafana reads them, made with its own SDK from what `panels` says."""

import json
from itertools import count
from typing import Any, Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as styles
from grafana_foundation_sdk.models import dashboard as models

from deploy.generate.panels import BOARDS, Ask, Board, Shown

SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
ZONE: Final = "browser"
"""Whose midnight "today" begins at: the viewer's, unless another is asked for."""
GREEN, AMBER, RED = "green", "orange", "red"


def dashboards(zone: str = ZONE) -> dict[str, str]:
    """Return file name → JSON; `zone` is an IANA time zone, `utc` or `browser`."""
    return {f"{board.name}.json": _text(_board(board, zone)) for board in BOARDS}


def _text(made: models.Dashboard) -> str:
    return json.dumps(made, cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def _board(board: Board, zone: str) -> models.Dashboard:
    source = dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    made = (
        dashboard.Dashboard(f"callcenter: {board.title}").uid(f"callcenter-{board.name}").description(board.about)
        .tags(["callcenter"]).timezone(zone).time(board.since, "now").refresh(board.refresh)
        .tooltip(models.DashboardCursorSync.CROSSHAIR).with_variable(source)
        .link(dashboard.DashboardLink("Boards").type(models.DashboardLinkType.DASHBOARDS).tags(["callcenter"])
              .as_dropdown(True).keep_time(False))
    )  # fmt: skip
    numbers = count(1)
    for title, panels in board.rows:
        made.with_row(dashboard.Row(title).id(next(numbers)))
        for panel in panels:
            made.with_panel(_panel(panel).id(next(numbers)))
    return made.build()


def _panel(panel: Shown) -> Any:
    made: Any = stat.Panel() if panel.look == "stat" else timeseries.Panel()
    made.title(panel.title).description(panel.about).datasource(SOURCE).unit(panel.unit)
    made.span(panel.width).height(6 if panel.look == "stat" else 8)
    made.thresholds(_limits(panel))
    if panel.look == "stat":
        made.color_mode(styles.BigValueColorMode.VALUE).graph_mode(styles.BigValueGraphMode.NONE)
        made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    else:
        made.legend(common.VizLegendOptions().display_mode(styles.LegendDisplayMode.LIST).show_legend(True)
                    .placement(styles.LegendPlacement.BOTTOM))  # fmt: skip
        made.tooltip(common.VizTooltipOptions().mode(styles.TooltipDisplayMode.MULTI))
        if panel.look == "bars":
            made.draw_style(styles.GraphDrawStyle.BARS).fill_opacity(80).interval("30m")
        if panel.look in ("bars", "stack"):
            made.stacking(common.StackingConfig().mode(
                styles.StackingMode.NONE if panel.unit == "percentunit" and panel.look == "bars"
                else styles.StackingMode.NORMAL
            ))  # fmt: skip
        if panel.look == "stack":
            made.fill_opacity(40)
        if panel.unit == "percentunit":
            made.min(0)
    for place, ask in enumerate(panel.asks):
        made.with_target(_query(ask, chr(ord("A") + place), instant=panel.look == "stat"))
    return made


def _query(ask: Ask, name: str, *, instant: bool) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(ask.expr).legend_format(ask.legend).ref_id(name).datasource(SOURCE)
    return query.instant() if instant else query.range()


def _limits(panel: Shown) -> dashboard.ThresholdsConfig:
    colours = (RED, AMBER, GREEN) if panel.better == "more" else (GREEN, AMBER, RED)
    if len(panel.limits) == 1:
        colours = (colours[0], colours[-1], "")
    if not panel.limits:
        colours = (GREEN, "", "")
    steps = [models.Threshold(value=None, color=colours[0])]
    steps += [models.Threshold(value=v, color=c) for v, c in zip(panel.limits, colours[1:], strict=False)]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
