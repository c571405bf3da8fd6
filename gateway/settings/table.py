"""The keys as the table of the README."""

from __future__ import annotations

from gateway.settings.keys import Key, row_keys, setting_keys


def markdown_table() -> str:
    """All keys, one a row: TOML key, default, option, environment variable, meaning."""
    rows = ["| TOML key | default | option | environment | meaning |", "|---|---|---|---|---|"]
    rows += (_row(key) for key in (*setting_keys(), *row_keys()))
    return "\n".join(rows)


def _row(key: Key) -> str:
    cells = [_code(key.name), _code(key.default), _code(key.option), _code(key.variable), key.meaning]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""
