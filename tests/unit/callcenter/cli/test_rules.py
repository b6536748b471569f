"""`callcenter rules` and `simulate --prometheus`: files for Prometheus, and kind words where they cannot be."""

import re
from pathlib import Path

import pytest

from callcenter.cli import main


def test_rules_follow_the_bands_of_the_centre_and_leave_its_targets_to_the_service(tmp_path: Path, capsys):
    assert main(["rules", "first-steps", "--out", str(tmp_path / "rules")]) == 0

    alerts = (tmp_path / "rules" / "alerts.yml").read_text()
    assert 'callcenter_starvation_seconds{band="1"}' in alerts
    assert 'band="9"' not in alerts
    assert not re.search("80/20|vip|standard", alerts)
    assert "runbook_url: 'docs/runbooks/ServiceDown.md'" in alerts
    assert "recording.yml" in capsys.readouterr().err


def test_runbooks_are_served_where_it_is_said(tmp_path: Path):
    folder = tmp_path / "rules"
    assert main(["rules", "first-steps", "--out", str(folder), "--runbooks", "https://ops.example.org/pages/"]) == 0
    addresses = re.findall("runbook_url: '(.+)'", (folder / "alerts.yml").read_text())

    assert "https://ops.example.org/pages/ServiceDown.md" in addresses
    assert all(re.fullmatch(r"https://ops\.example\.org/pages/\w+\.md", address) for address in addresses)


@pytest.mark.parametrize(
    "address", ["ops.example.org", "https://", "file:///srv/pages", "https://ops.example.org/?a=1"]
)
def test_an_address_of_runbooks_that_is_none_is_refused_before_any_work(tmp_path: Path, capsys, address: str):
    assert main(["rules", "first-steps", "--out", str(tmp_path / "rules"), "--runbooks", address]) == 2
    assert capsys.readouterr().err == f"--runbooks {address}: is no address: write https://HOST/runbooks\n"
    assert not (tmp_path / "rules").exists()


def test_a_day_is_written_for_prometheus_with_its_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "day"
    assert main(["simulate", "first-steps", "--replications", "1", "--prometheus", str(folder), "--json"]) == 0

    assert sorted(path.name for path in folder.iterdir()) == [
        "alerts.yml", "metrics.openmetrics", "prometheus.yml", "recording.yml",
    ]  # fmt: skip
    assert "docs/watching.md" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["rules", "first-steps", "--out"], ["simulate", "first-steps", "--prometheus"]])
def test_a_folder_of_other_peoples_files_is_refused_before_any_work(tmp_path: Path, capsys, words):
    (tmp_path / "thesis.txt").write_text("precious")

    assert main([*words, str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert f"{words[-1]} {tmp_path}: holds thesis.txt, which is not ours" in said
    assert len(said.splitlines()) == 1


def test_rules_of_a_centre_that_is_not_there_are_refused(tmp_path: Path, capsys):
    assert main(["rules", str(tmp_path / "none.yaml"), "--out", str(tmp_path / "rules")]) == 2
    assert not (tmp_path / "rules").exists()
    assert len(capsys.readouterr().err.splitlines()) == 1
