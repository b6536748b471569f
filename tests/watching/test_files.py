"""What is checked in is what the code makes, and Prometheus and Alertmanager accept it."""

import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from callcenter.metrics.alerts import alert_rules, starves_after
from callcenter.metrics.files import rule_files
from callcenter.tiers import Target, Tier
from callcenter.units import Millis
from deploy.generate.centre import DOCUMENTS

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
FOLDERS = ("targets", "targets-compose")


def _run(program: str, *words: str, cwd: Path = PROMETHEUS) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here: deploy/apt-packages-ci.txt")
    done = subprocess.run([program, *words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", rule_files(DOCUMENTS))
def test_the_rules_are_what_the_documents_centre_comes_to(name):
    assert (PROMETHEUS / name).read_text(encoding="utf-8") == rule_files(DOCUMENTS)[name], (
        "run python -m deploy.generate"
    )


def test_the_dashboards_are_what_the_code_makes():
    if find_spec("grafana_foundation_sdk") is None:
        pytest.skip("grafana-foundation-sdk is not installed: pip install -e '.[dev]'")
    from deploy.generate.dashboards import dashboards

    folder = DEPLOY / "grafana" / "dashboards"
    made = dashboards()
    assert {path.name for path in folder.iterdir()} == set(made)
    for name, text in made.items():
        assert (folder / name).read_text(encoding="utf-8") == text, f"{name}: run python -m deploy.generate"


def test_promtool_accepts_rules_and_configuration(tmp_path):
    for path in PROMETHEUS.glob("*.yml"):
        shutil.copy(path, tmp_path)
    shutil.copytree(PROMETHEUS / "targets", tmp_path / "targets")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "metrics.key").write_text("cc_1_x")

    assert "SUCCESS" in _run("promtool", "check", "rules", "recording.yml", "alerts.yml")
    assert "SUCCESS" in _run("promtool", "check", "config", "prometheus.yml", cwd=tmp_path)


def test_what_can_be_chosen_narrows_every_question_about_it():
    """A queue, tier or group that is chosen is the only one shown, wherever the series has such a label."""
    from deploy.generate.variables import CHOSEN, SELECTOR, choices_in, labels_of, with_choices

    narrowed = 0
    for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")):
        board = json.loads(path.read_text(encoding="utf-8"))
        asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
        offered = {variable["name"] for variable in board["templating"]["list"]} - {"datasource"}

        assert {choice for expr in asked for choice in choices_in(expr)} == offered, path.stem
        for name, matchers in (found for expr in asked for found in SELECTOR.findall(expr)):
            wanted = {f'{label}=~"${label}"' for label in CHOSEN if label in labels_of(name)}
            assert wanted <= set(matchers.split(",")), (path.stem, name)
            narrowed += bool(wanted)
    assert narrowed > 50
    assert with_choices("callcenter_agents") == 'callcenter_agents{group=~"$group"}'


def test_the_dashboards_clock_is_the_centres_unless_another_is_asked_for(tmp_path, monkeypatch):
    if find_spec("grafana_foundation_sdk") is None:
        pytest.skip("grafana-foundation-sdk is not installed: pip install -e '.[dev]'")
    from deploy.generate import __main__ as generate

    (tmp_path / "prometheus").mkdir()
    monkeypatch.setattr(generate, "DEPLOY", tmp_path)
    for words, zone in (((), "browser"), (("telecom",), "Asia/Shanghai"), (("telecom", "utc"), "utc")):
        generate.main(*words)
        assert json.loads((tmp_path / "grafana" / "dashboards" / "wall.json").read_text())["timezone"] == zone


def test_the_dashboards_can_be_made_for_another_midnight():
    if find_spec("grafana_foundation_sdk") is None:
        pytest.skip("grafana-foundation-sdk is not installed: pip install -e '.[dev]'")
    from deploy.generate.dashboards import dashboards

    made = json.loads(dashboards("Asia/Shanghai")["wall.json"])
    assert (made["timezone"], made["time"]["from"]) == ("Asia/Shanghai", "now/d")


def test_a_dashboard_reads_back_by_the_sdk_and_numbers_no_panel_twice():
    if find_spec("grafana_foundation_sdk") is None:
        pytest.skip("grafana-foundation-sdk is not installed: pip install -e '.[dev]'")
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    for path in (DEPLOY / "grafana" / "dashboards").glob("*.json"):
        plain = json.loads(path.read_text(encoding="utf-8"))
        read = json.loads(json.dumps(Dashboard.from_json(plain), cls=JSONEncoder))
        but = ("annotations", "templating")  # of these the SDK writes less, and more
        assert {k: v for k, v in read.items() if k not in but} == {k: v for k, v in plain.items() if k not in but}
        ids = [panel["id"] for panel in plain["panels"]]
        assert len(ids) == len(set(ids))


def panels() -> dict[str, dict[str, Any]]:
    """Return every panel that shows something."""
    return {
        f"{path.stem}: {panel['title']}": panel
        for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]
        if panel["type"] != "row"
    }


@pytest.mark.parametrize("name", panels())
def test_a_panel_says_what_it_shows_in_which_unit_and_what_it_shows_when_there_is_nothing(name):
    panel = panels()[name]
    defaults = panel["fieldConfig"]["defaults"]

    assert panel["type"] in ("stat", "timeseries")
    assert panel["description"].partition("\n")[0].endswith("."), "a sentence"
    assert {target["datasource"]["uid"] for target in (panel, *panel["targets"])} == {"${datasource}"}
    assert all(target["legendFormat"] for target in panel["targets"])
    assert defaults["unit"] in ("percentunit", "s", "short", "reqps", "cps", "bytes")
    assert defaults["noValue"] == "–"
    assert ("decimals" in defaults) == (defaults["unit"] == "percentunit" and panel["type"] == "stat")


def test_every_share_that_is_shown_names_its_formula():
    silent = [
        name
        for name, panel in panels().items()
        if panel["fieldConfig"]["defaults"]["unit"] == "percentunit"
        and not re.search(r" / |a second", panel["description"])
    ]

    assert silent == []


def test_every_alert_has_a_panel_that_leads_to_its_page():
    named = {
        page for panel in panels().values() for page in re.findall(r"docs/runbooks/(\w+)\.md", panel["description"])
    }

    assert named == {rule.name for rules in alert_rules(DOCUMENTS).values() for rule in rules}


def test_a_wall_colours_each_tier_by_its_own_target():
    found = panels()["wall: Service level, last hour"]["fieldConfig"]["overrides"]
    steps = {o["matcher"]["options"]: o["properties"][0]["value"]["steps"] for o in found}
    wanted = {tier.name: tier.target.share for tier in DOCUMENTS.tiers if tier.target is not None}

    assert {tier: green["value"] for tier, (_, _, green) in steps.items() if green["color"] == "green"} == wanted
    assert {tuple(step["color"] for step in three) for three in steps.values()} == {("red", "orange", "green")}


def test_a_wall_fits_a_large_screen_and_no_panel_lies_on_another():
    taken: dict[str, set[tuple[int, int]]] = {}
    for name, panel in panels().items():
        at, here = panel["gridPos"], taken.setdefault(name.partition(":")[0], set())
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & here, name
        here |= cells

    assert max(x for cells in taken.values() for x, _ in cells) < 24
    assert max(y for _, y in taken["wall"]) < 28


def test_the_compose_file_mounts_what_is_there():
    from ruamel.yaml import YAML

    services = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"service", "postgres", "backup", "prometheus", "alertmanager", "grafana"}
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert not source.startswith("./") or (DEPLOY / source).exists(), f"{name}: {volume}"


def test_the_container_has_all_that_a_service_may_need_and_nothing_of_development():
    import tomllib

    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (extras,) = re.findall(r"\.whl\)\[([\w,]+)\]", text)

    # People at a notebook, clusters of simulations and the pages as a site stand elsewhere.
    others = {"dev", "docs", "bench", "notebook", "distributed"}
    assert set(extras.split(",")) == set(project["optional-dependencies"]) - others
    assert "--require-hashes -r requirements.lock" in text


def test_grafana_is_provisioned_with_what_compose_mounts_and_knows_where_prometheus_is():
    from ruamel.yaml import YAML

    def read(path: str) -> Any:
        return YAML(typ="safe").load((DEPLOY / path).read_text(encoding="utf-8"))

    grafana = read("compose.yaml")["services"]["grafana"]
    mounts = dict(volume.split(":")[:2] for volume in grafana["volumes"])
    (provider,) = read("grafana/provisioning/dashboards/callcenter.yaml")["providers"]
    (source,) = read("grafana/provisioning/datasources/prometheus.yaml")["datasources"]

    assert mounts["./grafana/provisioning"] == "/etc/grafana/provisioning"
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]
    assert source["url"].strip("${}") in grafana["environment"]
    assert source["isDefault"], "the dashboards' variable finds it unasked"
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]
    assert (DEPLOY / "grafana" / "dashboards" / home.name).exists()


def test_the_example_holds_back_only_alerts_that_there_are():
    text = (PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8")
    named = {name for names in re.findall(r'alertname!?[=~]{1,2}"([^"]+)"', text) for name in names.split("|")}

    assert named <= {rule.name for rules in alert_rules(DOCUMENTS).values() for rule in rules}
    assert "ServiceDown" in named


def test_nothing_holds_back_what_watches_the_watchers():
    """A service that is down must not silence the dead man's switch: who waits for it would be woken for nothing."""
    from ruamel.yaml import YAML

    example = YAML(typ="safe").load((PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8"))
    (down,) = (rule for rule in example["inhibit_rules"] if rule["source_matchers"] == ['alertname="ServiceDown"'])
    spared = set(down["target_matchers"][0].removeprefix('alertname!~"').removesuffix('"').split("|"))

    assert spared == {"ServiceDown"} | {rule.name for rule in alert_rules(DOCUMENTS)["callcenter_watch_alerts"]}


def test_both_ways_to_run_it_name_the_same_targets_for_the_same_jobs():
    for name in ("service.yml", "alertmanager.yml"):
        ports = {re.findall(r":(\d+)'", (PROMETHEUS / folder / name).read_text())[0] for folder in FOLDERS}
        assert len(ports) == 1


@pytest.fixture
def receivers(tmp_path: Path) -> Path:
    """Give the example with addresses in it; without any it is refused."""
    text = (PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8")
    found = tmp_path / "alertmanager.yml"
    found.write_text(re.sub(r"SET-THE-ADDRESS-OF-\w+", "http://127.0.0.1:9099/x", text), encoding="utf-8")
    return found


def test_amtool_accepts_the_example_with_addresses_in_it(receivers):
    assert "SUCCESS" in _run("amtool", "check-config", str(receivers))


@pytest.mark.parametrize(
    "label, receiver",
    [("severity=page", "pages"), ("severity=ticket", "tickets"), ("alertname=DeadMansSwitch", "dead-mans-switch")],
)
def test_a_page_goes_to_whom_it_wakes(label, receiver, receivers):
    told = _run("amtool", "config", "routes", "test", f"--config.file={receivers}", label)

    assert told.split()[0] == receiver


def test_other_targets_give_other_rules_that_promtool_accepts(tmp_path):
    from dataclasses import replace

    tiers = (Tier('gold "1"', 0, Target(0.8, Millis(30_000))), Tier("rest", 3, max_wait=Millis(100_000)))
    centre = replace(DOCUMENTS, tiers=tiers, default_tier="rest")
    for name, text in rule_files(centre).items():
        (tmp_path / name).write_text(text)
    _run("promtool", "check", "rules", *rule_files(centre), cwd=tmp_path)
    alerts = rule_files(centre)["alerts.yml"]

    assert 'callcenter_starvation_seconds{band="3"} > 80\n' in alerts
    assert starves_after(centre, 3) == 80
    assert alert_rules(centre)["callcenter_burn_alerts"] == alert_rules(DOCUMENTS)["callcenter_burn_alerts"], (
        "targets are those that the service tells"
    )
    assert "gold" not in alerts


def test_no_recording_rule_hangs_on_more_than_one_other():
    """A past day is recorded in two passes; a third level would stay empty."""
    from callcenter.metrics.recording import recording_rules

    rules = {rule.name: rule.expr for group in recording_rules().values() for rule in group}
    asks = {
        name: [other for other in rules if re.search(rf"(?<![\w:]){other}(?![\w:])", e)] for name, e in rules.items()
    }

    assert [name for name, others in asks.items() if any(asks[other] for other in others)] == []
