"""Who may import whom. The rules are data: a module without a rule fails, and so does an import without one."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EVERYTHING = ("gateway", "commands", "attrs", "cattrs", "click", "rich", "smpplib", "twisted", "zope")

# module or package: what it may import besides the standard library and, for a package, its own modules.
# The longest name that fits a module is its rule; an import is allowed by any name that it equals or lies under.
RULES: dict[str, tuple[str, ...]] = {
    # The outside: what a person starts, and the one place that puts everything together.
    "gateway": (),
    "gateway.__main__": ("gateway.cli",),
    "gateway.cli": ("gateway", "click"),
    "gateway.commandline": EVERYTHING,
    "gateway.wiring": EVERYTHING,
    "gateway.wiring_console": EVERYTHING,
    "gateway.emulator": (
        "attrs", "twisted", "gateway.clock", "gateway.console", "gateway.faults", "gateway.messages",
        "gateway.metrics", "gateway.network", "gateway.smpp", "gateway.storage.base",
    ),
    # The shell: Twisted, sockets, HTTP.
    "gateway.network": (
        "attrs", "twisted", "zope", "gateway.clients", "gateway.faults", "gateway.logs", "gateway.messages",
        "gateway.metrics", "gateway.smpp",
    ),
    # What may be shown of a PDU: its text is read as the messages read it.
    "gateway.network.masking": ("attrs", "gateway.network", "gateway.smpp", "gateway.sms"),
    # Twisted's TLS is pyOpenSSL; cryptography makes the self-signed certificate.
    "gateway.network.tls": ("attrs", "twisted", "OpenSSL", "cryptography", "gateway.network"),
    "gateway.network.wakeups": ("psycopg", "twisted", "zope"),
    "gateway.console": (
        "attrs", "cattrs", "jinja2", "twisted", "zope", "commands.parsing", "commands.wallet", "gateway.__version__",
        "gateway.clients", "gateway.clock", "gateway.emulator", "gateway.faults", "gateway.messages",
        "gateway.metrics", "gateway.network", "gateway.smpp", "gateway.sms", "gateway.storage.base",
        "gateway.storage.query",
    ),
    "gateway.testing": ("attrs", "twisted", "gateway.emulator", "gateway.messages", "gateway.settings", "gateway.smpp"),
    # For tests of other people's parsers: hypothesis is theirs to install.
    "gateway.testing.strategies": ("hypothesis", "commands.parsing"),
    "gateway.logs": ("twisted.logger", "zope"),
    "gateway.metrics": ("attrs", "prometheus_client"),
    # The way of a message: callbacks, no Twisted.
    "gateway.messages": (
        "attrs", "gateway.clients", "gateway.faults", "gateway.metrics", "gateway.smpp", "gateway.sms",
        "gateway.storage.base",
    ),
    "gateway.messages.message": ("attrs", "gateway.smpp.constants"),
    # A value that clients, settings and faults speak of.
    "gateway.messages.receipt_rules": ("attrs", "gateway.smpp.constants"),
    # The one bridge to the commands.
    "gateway.messages.answering": (
        "attrs", "commands.dispatcher", "commands.request", "commands.wallet.accounts", "gateway.messages",
        "gateway.smpp", "gateway.sms", "gateway.storage.base",
    ),
    # Merchants speak to the wallet, and only its texts come from the commands.
    "gateway.messages.starting_anew": ("attrs", "commands.wallet.accounts", "gateway.storage.base"),
    "gateway.messages.paying": (
        "attrs", "commands.wallet", "gateway.clients", "gateway.messages", "gateway.storage.base",
        "gateway.storage.query",
    ),
    "gateway.storage": ("attrs", "commands.wallet", "gateway.messages.message", "gateway.sms.reassembly"),
    "gateway.storage.faulty": ("attrs", "gateway.faults", "gateway.storage.base"),
    "gateway.storage.sql": (
        "attrs", "sqlalchemy", "commands.wallet", "gateway.messages.message", "gateway.sms.reassembly",
        "gateway.storage.base", "gateway.storage.query",
    ),
    "gateway.storage.sql.postgresql": ("psycopg", "sqlalchemy", "gateway.storage.base", "gateway.storage.sql"),
    "gateway.storage.sql.sealing": ("cryptography",),
    "gateway.clients": ("attrs", "gateway.messages.receipt_rules", "gateway.smpp"),
    # Values and functions: these know nothing of one another.
    "gateway.smpp": ("attrs", "smpplib.consts"),
    "gateway.sms": ("attrs",),
    "gateway.clock": (),
    "gateway.draws": (),
    "gateway.faults": ("attrs",),
    # What may be set is told by those whose rules it is.
    "gateway.settings": (
        "attrs", "cattrs", "commands.wallet", "gateway.clients", "gateway.faults", "gateway.messages.receipt_rules",
        "gateway.smpp.limits",
    ),
    # Text in, Reply out: nothing of the gateway.
    "commands": (),
    "commands.dispatcher": (
        "attrs", "commands.actions", "commands.parsing", "commands.registry", "commands.replies", "commands.request",
        "commands.spec", "commands.support", "commands.wallet",
    ),
    "commands.registry": ("commands.actions", "commands.spec"),
    "commands.spec": ("attrs", "commands.request", "commands.support", "commands.wallet"),
    "commands.request": ("attrs",),
    "commands.actions": ("commands.request", "commands.spec", "commands.support", "commands.wallet"),
    "commands.parsing": ("attrs", "rapidfuzz"),
    "commands.replies": ("attrs", "commands.wallet"),
    "commands.support": ("attrs",),
    "commands.wallet": ("attrs",),
}  # fmt: skip

ALONE = (
    "gateway.clock", "gateway.draws", "gateway.messages.message", "gateway.messages.receipt_rules", "gateway.logs",
    "gateway.metrics",
)  # fmt: skip
"""Modules whose rule stands even against their own package."""


def _modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in ("gateway", "commands")
        for path in sorted((ROOT / package).rglob("*.py"))
    }


MODULES = _modules()


def _rule_of(module: str) -> str | None:
    fitting = [name for name in RULES if module == name or (module.startswith(f"{name}.") and "." in name)]
    # "gateway" and "commands" are rules for those two files alone: a new module beside them needs its own.
    return max(fitting, key=len, default=None)


def _imports(module: str, source: str) -> Iterator[str]:
    """Every module that this source imports anywhere, also within functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            assert node.module is not None
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in MODULES or node.module in ("gateway", "commands", "smpplib") else node.module


def _is_allowed(module: str, imported: str) -> bool:
    rule = _rule_of(module)
    assert rule is not None
    if imported.split(".")[0] in sys.stdlib_module_names or imported in ("gateway.__version__", module):
        return True
    own = (rule,) if rule not in ALONE else ()
    return any(imported == allowed or imported.startswith(f"{allowed}.") for allowed in (*RULES[rule], *own))


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_rule(module: str) -> None:
    """A new module needs a place in the layers before it can be merged."""
    assert _rule_of(module) is not None, f"no rule in {Path(__file__).name} for {module}"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_rule_allows(module: str) -> None:
    """Imports go down the layers, never up or across."""
    imported = set(_imports(module, MODULES[module].read_text("utf-8")))
    assert {name for name in imported if not _is_allowed(module, name)} == set()


def test_only_the_shell_knows_twisted() -> None:
    """Octets and time come in as values: outside of the shell nothing imports Twisted."""
    knows = {
        module
        for module, path in MODULES.items()
        if any(name.split(".")[0] == "twisted" for name in _imports(module, path.read_text("utf-8")))
    }
    shell = ("gateway.network", "gateway.console", "gateway.testing", "gateway.commandline")
    allowed = {"gateway.wiring", "gateway.emulator", "gateway.logs"}
    assert {module for module in knows - allowed if not module.startswith(shell)} == set()


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_about_something(rule: str) -> None:
    """A rule for a module that is gone is taken away."""
    assert rule in MODULES


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("gateway.smpp.codec", "import twisted.internet"),
        ("gateway.smpp.codec", "from gateway.sms import udh"),
        ("gateway.messages.message", "from gateway.messages import intake"),
        ("gateway.messages.delivery", "def late():\n    from commands.dispatcher import Dispatcher"),
        ("commands.dispatcher", "from gateway import clock"),
        ("commands.wallet.money", "import commands.replies.formats"),
        ("gateway.storage.memory", "from gateway.messages import delivery"),
    ],
)
def test_an_import_across_the_layers_is_caught(module: str, source: str) -> None:
    """The test itself sees imports of every spelling."""
    assert not all(_is_allowed(module, name) for name in _imports(module, source))
