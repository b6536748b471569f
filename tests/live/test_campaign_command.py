"""`callcenter campaign`: a list from a file into a running service, consent checked, and how it stands."""

import json
from pathlib import Path

import httpx2
import pytest

from callcenter.cli import main
from tests.live.served import served

SPAN = ["--begins", "2026-01-01T09:00:00Z", "--ends", "2099-01-01T09:00:00Z"]


@pytest.mark.ci
def test_a_list_is_handed_in_from_a_file_and_told_of(tmp_path: Path, monkeypatch, capsys):
    listed = tmp_path / "list.csv"
    listed.write_text("customer_id;product;note\nC1;router;asks for Ana\nC2;;\nC3;phone;\n", encoding="utf-8-sig")
    with served(tmp_path) as (url, key):
        monkeypatch.setenv("CALLCENTER_KEY", key)
        with httpx2.Client(base_url=f"{url}/v1", headers={"X-API-Key": key}, trust_env=False) as client:
            for n, consent in ((1, True), (2, False)):
                body = {"customer_id": f"C{n}", "number": f"+44207946095{n}", "consent": consent}
                client.post("/customers", json=body).raise_for_status()
        words = ["campaign", "import", str(listed), "--name", "spring", "--queue", "hotline", "--url", f"{url}/", *SPAN]
        assert main([*words, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        (campaign_id,) = told["campaigns"]
        assert main(["campaign", "show", campaign_id, "--url", url]) == 0
        shown = capsys.readouterr().out
        with httpx2.Client(base_url=f"{url}/v1", headers={"X-API-Key": key}, trust_env=False) as client:
            (task,) = client.get("/callbacks?kind=campaign&sort=due").json()["callbacks"]
        assert main([*words[:7], "no such queue", *words[8:]]) == 2
        assert "no such queue" in capsys.readouterr().err

    assert (told["listed"], told["taken"], told["refused"]) == (3, 1, {"no_consent": 1, "unknown": 1})
    assert "1 of 3 taken" in shown
    assert "1 no_consent" in shown
    assert (task["note"], task["attributes"]) == ("asks for Ana", {"product": "router"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,note\n1,x\n", "customer_id"),
        ("customer_id\nC1\n\nC1\n", "is on line 2 too"),
        ("customer_id,note\n,x\n", ":2: customer_id: is empty"),
        ("customer_id\n", "lists nobody"),
        ("customer_id,n\nC1,1\nTotal,1\n", ":3: customer_id: Total seems to be a line of totals"),
    ],
)
def test_a_list_that_cannot_be_meant_is_one_line(tmp_path: Path, monkeypatch, capsys, text: str, said: str):
    monkeypatch.setenv("CALLCENTER_KEY", "cc_a_b")
    (tmp_path / "list.csv").write_text(text)
    words = [
        "campaign",
        "import",
        str(tmp_path / "list.csv"),
        "--name",
        "x",
        "--queue",
        "q",
        "--url",
        "http://127.0.0.1:1",
    ]
    assert main([*words, *SPAN]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_an_instant_without_a_zone_is_none(tmp_path: Path, capsys):
    (tmp_path / "list.csv").write_text("customer_id\nC1\n")
    words = ["campaign", "import", str(tmp_path / "list.csv"), "--name", "x", "--queue", "q", "--ends", SPAN[3]]
    assert main([*words, "--begins", "2026-01-01T09:00"]) == 2
    assert "says no zone" in capsys.readouterr().err
