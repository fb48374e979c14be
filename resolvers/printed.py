"""HTML that is printed and kept: one document without scripts, links, or anything from elsewhere; all text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_STYLE = (
    "body{font:10pt/1.4 sans-serif;margin:2em;max-width:75em}section{break-after:page}"
    "table{border-collapse:collapse;margin:0 0 1.5em}caption{text-align:left;font-weight:bold;padding:.3em 0}"
    "th,td{text-align:left;vertical-align:top;padding:.2em .8em .2em 0;border-bottom:1px solid #999}"
    "thead{display:table-header-group}tr{break-inside:avoid}code{overflow-wrap:anywhere}"
)


def document(title: str, body: Iterable[str]) -> str:
    """Make a whole document of finished pieces."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style></head><body>",
            *body,
            "</body></html>",
            "",
        ]
    )


def named_values(rows: Iterable[tuple[str, str]]) -> str:
    """Print names with their values, one a row."""
    lines = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows)
    return f"<table>{lines}</table>"


def table(title: str, headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Print a table with a title and headings."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return (
        f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{lines or '<tr><td>None.</td></tr>'}</tbody></table>"
    )
