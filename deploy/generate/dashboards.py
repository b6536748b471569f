"""Dashboards as Grafana reads them, made with its own SDK from what the boards say."""

import json
from itertools import count
from typing import Any, Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as styles
from grafana_foundation_sdk.models import dashboard as models

from callcenter.centre import Centre
from callcenter.metrics.alerts import RUNBOOKS
from deploy.generate.boards import BOARDS
from deploy.generate.centre import DOCUMENTS
from deploy.generate.panels import SHARE, Ask, Board, Shown
from deploy.generate.variables import CHOSEN, EVERY, choices_in, with_choices

SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
ZONE: Final = "browser"
"""Whose midnight "today" begins at: the viewer's, unless another is asked for."""
GREEN, AMBER, RED = "green", "orange", "red"
AMBER_BELOW: Final = 0.05
"""How far below its target a tier is amber; further, and it is red."""
NOTHING: Final = "–"
"""Shown where there is no answer: nobody called, so there is no share of them."""
FIRES: Final = 'ALERTS{alertstate="firing"}'


def dashboards(zone: str = ZONE, centre: Centre = DOCUMENTS) -> dict[str, str]:
    """Return file name → JSON.

    Args:
        zone: An IANA time zone, `utc` or `browser`.
        centre: Its tiers' targets colour what is called like them.
    """
    return {f"{board.name}.json": _text(_board(board, zone, centre)) for board in BOARDS}


def _text(made: models.Dashboard) -> str:
    plain = json.loads(json.dumps(made, cls=JSONEncoder))
    for note in plain["annotations"]["list"]:  # what Grafana's Prometheus reads of one, and the SDK does not know
        note |= {"titleFormat": "{{alertname}}", "step": "30s"}
        note["tagKeys"] = "severity,tier,queue,kind,band"
    for variable in plain["templating"]["list"]:  # what the SDK writes of every kind, and only an interval has
        for name in ("auto", "auto_count", "auto_min"):
            variable.pop(name)
    return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _board(board: Board, zone: str, centre: Centre) -> models.Dashboard:
    source = dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    fires = dashboard.AnnotationQuery().name("Alerts").datasource(SOURCE).enable(True).icon_color(RED).expr(FIRES)
    made = (
        dashboard.Dashboard(f"callcenter: {board.title}").uid(f"callcenter-{board.name}").description(board.about)
        .tags(["callcenter"]).timezone(zone).time(board.since, "now").refresh(board.refresh).editable()
        .tooltip(models.DashboardCursorSync.CROSSHAIR).with_variable(source).annotation(fires)
        .link(dashboard.DashboardLink("Boards").type(models.DashboardLinkType.DASHBOARDS).tags(["callcenter"])
              .as_dropdown(True).keep_time(False))
    )  # fmt: skip
    asked = {label for _, panels in board.rows for panel in panels for ask in panel.asks
             for label in choices_in(with_choices(ask.expr))}  # fmt: skip
    for label in CHOSEN:
        if label in asked:
            made.with_variable(_choice(label))
    numbers = count(1)
    for title, panels in board.rows:
        made.with_row(dashboard.Row(title).id(next(numbers)))
        for panel in panels:
            stat_height, height = board.heights
            drawn = _panel(panel, centre).height(stat_height if panel.look == "stat" else height)
            made.with_panel(drawn.id(next(numbers)))
    return made.build()


def _choice(label: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(label).label(label.capitalize()).datasource(SOURCE)
        .query(f"label_values({CHOSEN[label]}, {label})").refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(models.VariableSort.ALPHABETICAL_ASC).multi(True).include_all(True).all_value(EVERY)
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )  # fmt: skip


def _panel(panel: Shown, centre: Centre) -> Any:
    made: Any = stat.Panel() if panel.look == "stat" else timeseries.Panel()
    made.title(panel.title).description(_about(panel)).datasource(SOURCE).unit(panel.unit).no_value(NOTHING)
    made.span(panel.width).thresholds(_limits(panel))
    if panel.look == "stat":
        fill = styles.BigValueColorMode.BACKGROUND_SOLID if panel.tile else styles.BigValueColorMode.VALUE
        made.color_mode(fill).graph_mode(styles.BigValueGraphMode.NONE)
        made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        made.text_mode(styles.BigValueTextMode.NAME if panel.named else styles.BigValueTextMode.VALUE_AND_NAME)
        if panel.unit == SHARE:
            made.decimals(1)
    else:
        _drawn(made, panel)
    if panel.targets:
        for tier in centre.tiers:
            if tier.target is not None:
                made.override_by_name(tier.name, [_property("thresholds", _against(tier.target.share).build())])
    for place, ask in enumerate(panel.asks):
        made.with_target(_query(ask, chr(ord("A") + place), instant=panel.look == "stat", examples=panel.examples))
    return made


def _drawn(made: Any, panel: Shown) -> None:
    made.legend(common.VizLegendOptions().display_mode(styles.LegendDisplayMode.LIST).show_legend(True)
                .placement(styles.LegendPlacement.BOTTOM))  # fmt: skip
    made.tooltip(common.VizTooltipOptions().mode(styles.TooltipDisplayMode.MULTI).sort(styles.SortOrder.DESCENDING))
    made.min(0)
    if panel.unit == SHARE:
        made.max(1)
    if panel.look == "bars":
        made.draw_style(styles.GraphDrawStyle.BARS).fill_opacity(80).interval("30m")
    if panel.look == "stack":
        made.fill_opacity(40)
    if panel.look == "stack" or (panel.look == "bars" and panel.unit != SHARE):
        made.stacking(common.StackingConfig().mode(styles.StackingMode.NORMAL))
    made.override_by_regexp("/ target$/", [_property("custom.lineStyle", {"fill": "dash", "dash": [10, 10]})])


def _about(panel: Shown) -> str:
    pages = ", ".join(f"{RUNBOOKS}/{alert}.md" for alert in panel.alerts)
    return f"{panel.about}\n\nRunbook: {pages}" if pages else panel.about


def _query(ask: Ask, name: str, *, instant: bool, examples: bool) -> prometheus.Dataquery:
    query = (
        prometheus.Dataquery().expr(with_choices(ask.expr)).legend_format(ask.legend).ref_id(name).datasource(SOURCE)
    )
    if examples:
        query.exemplar(True)
    return query.instant() if instant else query.range()


def _property(name: str, value: object) -> models.DynamicConfigValue:
    return models.DynamicConfigValue(id_val=name, value=value)


def _limits(panel: Shown) -> dashboard.ThresholdsConfig:
    if not panel.limits:
        return _steps("transparent" if panel.tile else "text")
    colours = (RED, AMBER, GREEN) if panel.better == "more" else (GREEN, AMBER, RED)
    return _steps(colours[0], *zip(panel.limits, colours[-len(panel.limits) :], strict=True))


def _against(share: float) -> dashboard.ThresholdsConfig:
    return _steps(RED, (round(share - AMBER_BELOW, 4), AMBER), (share, GREEN))


def _steps(lowest: str, *others: tuple[float, str]) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value=None, color=lowest)]
    steps += [models.Threshold(value=value, color=colour) for value, colour in others]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
