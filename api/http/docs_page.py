"""The OpenAPI document as a page that needs nothing from outside: no script, no font, no address but our own."""

import json
from html import escape
from typing import Any

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #ccc}details{margin:.5rem 0;border:1px solid #ddd;border-radius:4px}
summary{cursor:pointer;padding:.4rem .6rem}summary b{display:inline-block;width:3.5rem;color:#0550ae}
details>div{padding:0 1rem .6rem}pre{background:#f6f8fa;padding:.6rem;overflow:auto;border-radius:4px}
code{background:#f6f8fa}table{border-collapse:collapse}td,th{padding:.15rem .6rem;text-align:left;vertical-align:top}
"""


def page(document: dict[str, Any]) -> str:
    """Return the page."""
    parts: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            parts.setdefault(one.get("tags", ["operation"])[0], []).append(_operation(path, method.upper(), one))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(found)}" for tag, found in parts.items())
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f'<p>{escape(info.get("description", ""))}</p><p><a href="openapi.json">openapi.json</a></p>'
        f"{body}</body></html>"
    )


def _operation(path: str, method: str, one: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
        f"<td>{escape(p.get('description', ''))}</td></tr>"
        for p in one.get("parameters", ())
    )
    asks = one.get("requestBody", {}).get("content", {}).get("application/json", {})
    fields = "".join(
        f"<tr><td><code>{escape(name)}</code>{' *' if name in asks.get('schema', {}).get('required', ()) else ''}</td>"
        f"<td>{escape(field.get('description', ''))}</td></tr>"
        for name, field in asks.get("schema", {}).get("properties", {}).items()
    )
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer.get('description', ''))}</td></tr>"
        for status, answer in one.get("responses", {}).items()
    )
    scopes = one.get("x-scopes")
    return (
        f"<details><summary><b>{method}</b> <code>{escape(path)}</code> {escape(one.get('summary', ''))}</summary><div>"
        f"<p>{escape(one.get('description', ''))}</p>"
        + (f"<p>Scope: {escape(' or '.join(scopes))}</p>" if scopes else "<p>Open to everyone.</p>")
        + (f"<table>{rows}</table>" if rows else "")
        + (f"<h4>Body</h4><table>{fields}</table>" if fields else "")
        + _example(asks.get("example"))
        + f"<h4>Answers</h4><table>{answers}</table>"
        + _example(_says(one))
        + "</div></details>"
    )


def _says(one: dict[str, Any]) -> Any:
    for status in ("201", "200"):
        content = one.get("responses", {}).get(status, {}).get("content", {})
        for media in content.values():
            if "example" in media:
                return media["example"]
    return None


def _example(example: Any) -> str:
    if example is None:
        return ""
    text = example if isinstance(example, str) else json.dumps(example, indent=1)
    return f"<pre>{escape(text)}</pre>"
