"""The keys as documents: the table of the README and the settings file with everything in it."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.settings.keys import Key, row_keys, setting_keys

_HEADER = """\
# Every setting of the gateway with its default. A file of your own needs only the keys that it changes:
# `sms-gateway serve --config FILE` takes the others from here. Options and environment variables win over a file.
# Clients and accounts stand in clients.toml and accounts.toml; a [clients] or [accounts] table of your own replaces
# the built-in one whole.
"""

_EXAMPLES: Mapping[str, str] = {
    "seed": "1",
    "commands": '"commands.toml"',
    "replies": '"replies.toml"',
    "ready_file": '"ready.json"',
    "http.token": '"choose-16-or-more"',
    "smpp.capture": '"capture.pcapng"',
    "storage.pepper_file": '"pepper"',
    "smpp.tls_port": "8775",
    "smpp.tls_certificate": '"certificate.pem"',
    "smpp.tls_key": '"key.pem"',
    "smpp.tls_client_ca": '"authorities.pem"',
    "clock.start": "2026-01-15T09:00:00Z",
}
"""What to write for the keys that have no default: they stand in the file as comments."""

_WIDTH = 110


def markdown_table() -> str:
    """All keys, one a row: TOML key, default, option, environment variable, meaning."""
    rows = ["| TOML key | default | option | environment | meaning |", "|---|---|---|---|---|"]
    rows += (_row(key) for key in (*setting_keys(), *row_keys()))
    return "\n".join(rows)


def example_file() -> str:
    """A settings file with every key, its default and its meaning; the same as the built-in gateway.toml."""
    lines = [_HEADER]
    table: tuple[str, ...] = ()
    # What is in no table comes first: TOML has no way back from a table.
    for key in sorted(setting_keys(), key=lambda key: len(key.path) > 1):
        if key.path[:-1] != table:
            table = key.path[:-1]
            lines.append(f"\n[{'.'.join(table)}]")
        line = f"{key.path[-1]} = {key.default}" if key.default else f"# {key.path[-1]} = {_EXAMPLES[key.name]}"
        if len(line) + len(key.meaning) > _WIDTH:
            lines += [f"# {key.meaning}", line]
        else:
            lines.append(f"{line}  # {key.meaning}")
    return "\n".join(lines) + "\n"


def _row(key: Key) -> str:
    cells = [_code(key.name), _code(key.default), _code(key.option), _code(key.variable), key.meaning]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""
