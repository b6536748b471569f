"""A setting that cannot be is told in one line of ours: where it stands, what is wrong, what to write."""

from pathlib import Path

import pytest

from api.settings_given import settings_of
from callcenter.errors import BadInput


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "eighty", "is not a whole number (eighty): write one such as 8080"),
        ("PORT", "70000", "is above 65535 (70000): 65535 or less is possible"),
        ("PORT", "", "is empty: give it a value, or leave it out"),
        ("JOB_MEMORY", "1GiB", "is not a whole number (1GiB): write one such as 1073741824"),
        ("JOB_MEMORY", "1", "is below 536870912 (1): 536870912 or more is possible"),
        ("ANSWER_S", "1,5", "is not a number (1,5): write one such as 1.5"),
        ("DRAIN_S", "nan", "is not a number (nan): write one such as 2"),
        ("STANDBY", "ja", "is neither true nor false (ja): write true or false"),
        ("LOG_LEVEL", "loud", "is not possible (loud): write 'debug', 'info', 'warning' or 'error'"),
        ("REGION", "gb", "is not possible (gb): write it such as GB"),
        ("PUBLIC_URL", "calls.example.org", "is not possible (calls.example.org): write it such as https://calls."),
        ("LADDER", "[1]", 'is not possible (a list of 1): write it such as {"vip": 90}'),
        ("LADDER", '{"vip": "much"}', "vip: is not a number (much): write one such as 12.5"),
        ("BREAK_REASONS", '"lunch"', 'is not possible (lunch): write it such as ["break", "lunch", "coffee"]'),
        ("CONTACT_PLAN_WEEKDAYS", "[7]", "0: is above 6 (7): 6 or less is possible"),
    ],
)
def test_of_the_environment_the_variable_is_named(monkeypatch: pytest.MonkeyPatch, name, value, says):
    monkeypatch.setenv(f"CALLCENTER_{name}", value)
    with pytest.raises(BadInput) as refused:
        settings_of({})

    assert str(refused.value).startswith(f"CALLCENTER_{name}: {says}")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("port = 'eighty'", "callcenter.toml: port: is not a whole number (eighty): write one such as 8080"),
        ("port = true", "callcenter.toml: port: is not a whole number (true): write one such as 8080"),
        ("region = 3", "callcenter.toml: region: is no text (3): write it in quotes"),
        ("complaint_grades = {a = 3}", "callcenter.toml: complaint_grades: a: is no text (3): write it in quotes"),
    ],
)
def test_of_the_file_the_file_and_the_name_are_told(tmp_path: Path, line, says):
    (tmp_path / "callcenter.toml").write_text(line)
    with pytest.raises(BadInput) as refused:
        settings_of({})

    assert str(refused.value) == says


def test_the_place_named_is_the_one_that_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "callcenter.toml").write_text("port = 'eighty'")
    monkeypatch.setenv("CALLCENTER_PORT", "ninety")
    with pytest.raises(BadInput, match=r"^CALLCENTER_PORT: .*ninety"):
        settings_of({})
    with pytest.raises(BadInput, match=r"^--port: .*99999"):
        settings_of({"port": 99_999})


def test_a_secret_that_cannot_be_is_not_repeated(tmp_path: Path):
    (tmp_path / "callcenter.toml").write_text("twilio_auth_token = 4711")
    with pytest.raises(BadInput) as refused:
        settings_of({})

    assert str(refused.value) == "callcenter.toml: twilio_auth_token: is no text (…): write it in quotes"


def test_a_secret_that_is_empty_is_refused(monkeypatch: pytest.MonkeyPatch):
    """Anybody can sign with an empty token."""
    monkeypatch.setenv("CALLCENTER_TWILIO_AUTH_TOKEN", "")
    with pytest.raises(BadInput, match=r"CALLCENTER_TWILIO_AUTH_TOKEN: is empty"):
        settings_of({})
