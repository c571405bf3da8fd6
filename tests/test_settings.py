"""Where a setting's value comes from, and that every fault of every source is told at once."""

from __future__ import annotations

import importlib.resources
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commands.wallet.money import Money
from gateway.clients.directory import hash_password
from gateway.settings import Settings, SettingsError, load_settings
from gateway.settings.keys import Key, known_variables, plain_type, row_keys, setting_keys
from gateway.settings.table import example_file, markdown_table

ROOT = Path(__file__).parent.parent

_PROGRAM = "\n".join(
    path.read_text("utf-8")
    for package in ("gateway", "commands")
    for path in (ROOT / package).rglob("*.py")
    if path.parent.name != "settings"
)
"""The sources of everything but the settings."""

# Two values for each kind of key, spelled as an option or a variable spells them, and what they become.
_SPELLINGS: dict[str, tuple[tuple[str, Any], tuple[str, Any]]] = {
    "faults": (("congested", ("congested",)), ("flaky-link,maintenance", ("flaky-link", "maintenance"))),
    "smpp.host": (("127.0.0.2", "127.0.0.2"), ("localhost", "localhost")),
    "http.host": (("127.0.0.2", "127.0.0.2"), ("::1", "::1")),
    "smpp.system_id": (("SMSC", "SMSC"), ("x", "x")),
    "smpp.bind_refusal": (("uniform", "uniform"), ("specific", "specific")),
    "storage.database": (("memory:", "memory:"), ("sqlite:///a.db", "sqlite:///a.db")),
    "http.token": (("first-token-of-16", "first-token-of-16"), ("other-token-of-16", "other-token-of-16")),
    "storage.pepper_file": (("a.pepper", Path("a.pepper")), ("b.pepper", Path("b.pepper"))),
    "clock.start": (
        ("2026-01-15T09:00:00Z", 1_768_467_600_000_000),
        ("2026-01-15T12:00:00.000001+03:00", 1_768_467_600_000_001),
    ),
    "log.format": (("json", "json"), ("text", "text")),
    "log.level": (("debug", "debug"), ("warn", "warn")),
    "wallet.unknown_subscribers": (("create", "create"), ("refuse", "refuse")),
    "wallet.language": (("en", "en"), ("ru", "ru")),
    "wallet.currency": (("USD", "USD"), ("EUR", "EUR")),
    "wallet.short_code": (("900", "900"), ("7495", "7495")),
    "commands": (("a.toml", Path("a.toml")), ("b.toml", Path("b.toml"))),
    "replies": (("a.toml", Path("a.toml")), ("b.toml", Path("b.toml"))),
    "ready_file": (("a.json", Path("a.json")), ("b.json", Path("b.json"))),
    "smpp.capture": (("a.pcapng", Path("a.pcapng")), ("b.pcapng", Path("b.pcapng"))),
    "smpp.tls_certificate": (("a.pem", Path("a.pem")), ("b.pem", Path("b.pem"))),
    "smpp.tls_key": (("a.pem", Path("a.pem")), ("b.pem", Path("b.pem"))),
    "smpp.tls_client_ca": (("a.pem", Path("a.pem")), ("b.pem", Path("b.pem"))),
}
_BY_TYPE: dict[type, tuple[tuple[str, Any], tuple[str, Any]]] = {
    bool: (("true", True), ("off", False)),
    int: (("5", 5), ("6", 6)),
    float: (("1.5", 1.5), ("2", 2.0)),
}


def spellings(key: Key) -> tuple[tuple[str, Any], tuple[str, Any]]:
    if key.name.startswith("wallet.pin_") and key.name.endswith("digits"):
        return ("5", 5), ("6", 6)
    if key.name == "wallet.code_valid":
        return ("60", 60), ("61", 61)
    return _SPELLINGS.get(key.name) or _BY_TYPE[plain_type(key.type)]


def value_at(tree: Any, key: Key) -> Any:
    for name in key.path:
        tree = getattr(tree, name)
    return tree


def toml(value: Any) -> str:
    """A value as TOML: what JSON and TOML have in common, and inline tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def faults_of(options: dict[str, object], environ: dict[str, str]) -> list[str]:
    """The faults of these sources, none when they give settings."""
    try:
        assert isinstance(load_settings(options, environ), Settings)
    except SettingsError as error:
        return error.faults
    return []


def faults(options: dict[str, object], environ: dict[str, str]) -> list[str]:
    found = faults_of(options, environ)
    assert found
    return found


def file_faults(tmp_path: Path, text: str) -> list[str]:
    """The faults of a file with this text, without its name in front."""
    config = tmp_path / "gateway.toml"
    config.write_text(text, "utf-8")
    return [fault.removeprefix(f"{config}: ") for fault in faults({"config": str(config)}, {})]


def test_nothing_needs_to_be_configured() -> None:
    """Without any source the gateway listens on loopback, knows the demo client and four accounts."""
    settings = load_settings({}, {})
    assert (settings.smpp.host, settings.smpp.port, settings.http.host, settings.http.port) == (
        "127.0.0.1", 2775, "127.0.0.1", 8025,
    )  # fmt: skip
    assert list(settings.clients) == ["demo"]
    demo = settings.clients["demo"]
    assert (demo.password, demo.window_in, demo.window_out, demo.rate) == ("demo", 100, 100, 0.0)
    assert settings.wallet.short_code == "7494"
    accounts = {account.number: account for account in settings.opening_accounts()}
    assert list(accounts) == ["79991110001", "79991110002", "79991110003", "79991110004"]
    assert (accounts["79991110001"].language, accounts["79991110001"].balances) == ("ru", (Money(123450, "RUB"),))
    assert accounts["79991110002"].balances == (Money(25000, "RUB"), Money(1530, "USD"))
    assert [number for number, account in accounts.items() if account.confirmation] == ["79991110002"]
    assert [number for number, account in accounts.items() if account.blocked] == ["79991110003"]
    assert accounts["79991110004"].balances == (Money(0, "RUB"),)


def test_the_file_that_ships_holds_every_key_with_its_default(tmp_path: Path) -> None:
    """Running with the built-in gateway.toml is running without it, and what it leaves unset can be read too."""
    text = importlib.resources.files("gateway.fixtures").joinpath("gateway.toml").read_text("utf-8")
    assert text == example_file(), "make it anew: sms-gateway check --example > fixtures/gateway.toml"
    config = tmp_path / "gateway.toml"
    config.write_text(text, "utf-8")
    assert load_settings({"config": str(config)}, {}) == load_settings({}, {})

    everything = tomllib.loads(re.sub(r"(?m)^# (?=[a-z_]+ = )", "", text))
    for key in setting_keys():
        table = everything
        for name in key.path:
            table = table[name]


def test_the_readme_lists_every_key() -> None:
    """The settings table of the README is the table of the keys, so it cannot grow old."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert markdown_table() in readme, "make it anew: sms-gateway check --keys"


@pytest.mark.parametrize("key", [*setting_keys(), *row_keys()], ids=lambda key: key.name)
def test_every_key_says_what_it_means(key: Key) -> None:
    """No key without a meaning, in one line."""
    assert key.meaning
    assert "\n" not in key.meaning


@pytest.mark.parametrize("key", [*setting_keys(), *row_keys()], ids=lambda key: key.name)
def test_every_key_has_a_reader(key: Key) -> None:
    """No key that nobody looks at: what can be set does something."""
    name = key.path[-1]
    assert re.search(rf"\.{name}\b|\"{name}\"", _PROGRAM)


def test_options_and_variables_name_one_key_each() -> None:
    """No two keys share an option or an environment variable."""
    keys = setting_keys()
    options = [key.option for key in keys if key.option]
    assert len(set(options)) == len(options)
    variables = [key.variable for key in keys if key.variable]
    assert len(set(variables)) == len(variables)


def test_lists_and_tables_are_for_a_file_only() -> None:
    """What no option or variable can spell has neither."""
    assert [key.name for key in setting_keys() if key.variable is None] == [
        "smpp.default_messages", "http.names", "routes", "receipts",
    ]  # fmt: skip


@pytest.mark.parametrize("key", [key for key in setting_keys() if key.variable], ids=lambda key: key.name)
def test_option_wins_over_environment_over_file_over_default(
    key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each source that speaks hides the weaker ones, key by key, and only that key."""
    monkeypatch.chdir(tmp_path)
    (first, first_value), (second, second_value) = spellings(key)
    assert key.variable is not None
    default = load_settings({}, {})

    in_file: Any = first_value if isinstance(first_value, (bool, int, float)) and key.name != "clock.start" else first
    for name in reversed(key.path):
        in_file = {name: in_file}
    config = tmp_path / "own.toml"
    config.write_text("\n".join(f"{name} = {toml(value)}" for name, value in in_file.items()), "utf-8")

    by_file = load_settings({"config": "own.toml"}, {})
    by_environment = load_settings({"config": "own.toml"}, {key.variable: second})
    assert value_at(by_file, key) == first_value
    assert value_at(by_environment, key) == second_value
    assert load_settings({}, {key.variable: second, "SMS_GATEWAY_CONFIG": "own.toml"}) == by_environment
    assert load_settings({}, {key.variable: ""}) == default, "an empty variable is one that is not set"
    if key.option is not None:
        by_option = load_settings({"config": "own.toml", key.parameter: first}, {key.variable: second})
        assert by_option == by_file
    others = [other for other in setting_keys() if other != key]
    assert [value_at(by_file, other) for other in others] == [value_at(default, other) for other in others]


def test_a_client_table_in_a_file_replaces_the_built_in_one_whole(tmp_path: Path) -> None:
    """Nobody keeps the demo password by accident, and the same goes for accounts."""
    config = tmp_path / "own.toml"
    config.write_text('[clients.shop]\npassword = "s3cret"\nwindow_in = 7\n[accounts.79001234567]\n', "utf-8")
    settings = load_settings({"config": str(config)}, {})
    assert list(settings.clients) == ["shop"]
    assert list(settings.accounts) == ["79001234567"]

    with_option = load_settings({"config": str(config), "client": ("shop:other", "more:p:w")}, {})
    assert {name: client.password for name, client in with_option.clients.items()} == {"shop": "other", "more": "p:w"}
    assert with_option.clients["shop"].window_in == 7, "an option changes the password and nothing else"


def test_a_client_of_option_or_environment_takes_the_place_of_demo() -> None:
    """--client and its variable name who may bind; both count, the option last."""
    by_variable = {"SMS_GATEWAY_CLIENT": "a:1 b:2"}
    assert list(load_settings({}, by_variable).clients) == ["a", "b"]
    both = load_settings({"client": ("b:3",)}, by_variable)
    assert {name: client.password for name, client in both.clients.items()} == {"a": "1", "b": "3"}


def test_all_faults_of_all_sources_are_told_at_once(tmp_path: Path) -> None:
    """One slip never hides another, and each says where it stands."""
    config = tmp_path / "own.toml"
    config.write_text(
        'any_client = 1\n[smpp]\nprot = 1\nsession = 3\n[clients.x]\npasword = "hidden"\n[http]\nport = "8025"\n',
        "utf-8",
    )
    found = faults(
        {"config": str(config), "smpp_port": "65536", "client": ("nocolon",), "database": "mysql://u:secret@h/d"},
        {"SMS_GATEWAY_SEED": "one", "SMS_GATEWAY_SMP_HOST": "x"},
    )
    assert sorted(found) == sorted(
        [
            f"{config}: any_client: expected true or false, got 1",
            f"{config}: smpp.prot: no such key; did you mean port?",
            f"{config}: smpp.session: expected a table, got 3",
            f"{config}: clients.x.password: missing",
            f"{config}: clients.x.pasword: no such key; did you mean password?",
            f"{config}: http.port: expected a port from 0 (a free one) to 65535, got '8025'",
            "--smpp-port: expected a port from 0 (a free one) to 65535, got 65536",
            "--client: expected ID:PASSWORD (the value is not shown)",
            "--database: no such storage; there is memory:, sqlite:///FILE, postgresql://USER@HOST/NAME",
            "SMS_GATEWAY_SEED: expected a whole number, 0 or more, got 'one'",
            "SMS_GATEWAY_SMP_HOST: no such variable; did you mean SMS_GATEWAY_SMPP_HOST?",
        ]
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("seed = -1", "seed: expected a whole number, 0 or more, got -1"),
        ("seed = 1.5", "seed: expected a whole number, 0 or more, got 1.5"),
        ("seed = true", "seed: expected a whole number, 0 or more, got True"),
        ("sede = 1", "sede: no such key; did you mean seed?"),
        ("ready_file = 1", "ready_file: expected text in quotes, got 1"),
        ("clients = 1", "clients: expected a table of tables"),
        ("[log]\nlevel = []", "log.level: expected one of debug, info, warn, error, critical; got []"),
        ("[smpp.session]\nresponse = inf", "smpp.session.response: expected a number, 0 or more, got inf"),
        ("[smpp.session]\nwindow_in = 5", "smpp.session.window_in: no such key; did you mean"),
        ("[wallet]\npin_digits = 9", "wallet.pin_digits: pin_digits is from 4 to 6"),
        ("[wallet]\nshort_code = 7494", "wallet.short_code: expected a short code of 3 to 8 digits, in quotes"),
        ("[clock]\nstart = 2026-01-15", "clock.start: expected a time such as 2026-01-15T09:00:00Z"),
        ('[clock]\nstart = "soon"', "clock.start: expected a time such as 2026-01-15T09:00:00Z"),
        ("[clock]\nstart = 2026-01-15T09:00:00", "clock.start: 2026-01-15T09:00:00 names no zone"),
        ("[clock]\nstart = 2038-01-01T00:00:00Z", "clock.start: expected a time in the years 2000 to 2037"),
        ("[clients.x]\npassword = 'p'\nrate = -1", "clients.x.rate: expected a number, 0 or more, got -1"),
        ("[clients.x]\npassword = 'p'\nwindow_out = 0", "clients.x.window_out: expected a whole number, 1 or more"),
        ("[clients.x]\npassword = 'p'\nallowed_sources = '7*'", "clients.x.allowed_sources: expected a list"),
        ("[clients.x]\npassword = 'p'\nallowed_sources = ['7*9']", "clients.x.allowed_sources.0: '7*9': '*' may"),
        ("[clients.x]\npassword = 'p'\nallowed_ips = ['10.0.0.1/8']", "clients.x.allowed_ips.0: expected a network"),
        ("[clients.x]\npassword = 'p'\nbind_types = ['tx']", "clients.x.bind_types.0: expected one of transmitter"),
        ("[clients.a-name-of-16-char]\npassword = 'p'", "clients.a-name-of-16-char: expected a system_id of 1 to 15"),
        ("[clients.x]\npassword = 'scrypt$1'", "clients.x.password: a bad scrypt hash"),
        ("[clients.x]\npassword = { env = 'UNSET_VARIABLE' }", "clients.x.password: the environment variable UNSET"),
        ("[accounts.12]", "accounts.12: expected a phone number of 5 to 15 digits, got '12'"),
        ("[accounts.79991110001]\nbalances = { RUB = 1.5 }", "accounts.79991110001.balances: RUB: expected an amount"),
        ("[accounts.79991110001]\nbalances = { rub = '1' }", "accounts.79991110001.balances: rub: a currency is"),
        ("[accounts.7494]", "accounts.7494: expected a phone number"),
        ("[http]\nport = 2775", "http.port: 2775 is the SMPP port too"),
        ("= 1", "not TOML: "),
    ],
)
def test_a_bad_value_is_told_with_its_key(tmp_path: Path, text: str, fault: str) -> None:
    """One fault for one slip: file, key, what was expected."""
    (found,) = file_faults(tmp_path, text)
    assert found.startswith(fault)


def test_a_short_code_is_nobodys_number(tmp_path: Path) -> None:
    """A wallet account whose number is the short code would text itself."""
    assert file_faults(tmp_path, "[wallet]\nshort_code = '79991'\n[accounts.79991]") == [
        "wallet.short_code: 79991 is an account's number too"
    ]


def test_a_file_that_cannot_be_read_is_a_fault_beside_the_others(tmp_path: Path) -> None:
    """A missing file does not hide the bad option beside it."""
    missing = tmp_path / "none.toml"
    assert faults({"config": str(missing), "http_port": "x"}, {}) == [
        f"{missing}: cannot be read: No such file or directory",
        "--http-port: expected a port from 0 (a free one) to 65535, got 'x'",
    ]
    garbled = tmp_path / "garbled.toml"
    garbled.write_bytes(b"seed = 1 # \xff")
    assert faults({"config": str(garbled)}, {}) == [f"{garbled}: not UTF-8 at octet 11"]


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "gateway.example"])
def test_any_client_is_for_loopback_only(host: str) -> None:
    """A gateway that lets everybody in is not for a network."""
    (fault,) = faults({"any_client": True, "smpp_host": host}, {})
    assert fault.startswith("--any-client: accepts anybody")
    assert load_settings({"any_client": True, "smpp_host": "127.1.2.3"}, {}).any_client
    assert load_settings({"any_client": True, "smpp_host": "::1"}, {}).any_client


def test_a_faulty_value_does_not_hide_the_rules_between_keys() -> None:
    """What is wrong alone is left out, and the rest is still held against each other."""
    assert len(faults({"any_client": True, "smpp_host": "0.0.0.0", "smpp_port": "x"}, {})) == 2


def test_a_password_comes_in_clear_from_the_environment_or_as_a_hash(tmp_path: Path) -> None:
    """All three spellings of a password are taken, and none shows in a repr or in a fault."""
    hashed = hash_password("secret1", n=16)
    config = tmp_path / "own.toml"
    config.write_text(
        f'[clients.a]\npassword = "secret1"\n[clients.b]\npassword = {{ env = "B_PASSWORD" }}\n'
        f'[clients.c]\npassword = "{hashed}"\n',
        "utf-8",
    )
    settings = load_settings({"config": str(config)}, {"B_PASSWORD": "secret2"})
    assert [client.password for client in settings.clients.values()] == ["secret1", "secret2", hashed]
    assert "secret1" not in repr(settings)
    assert "secret2" not in repr(settings)
    assert hashed not in repr(settings)

    too_long = faults({"config": str(config), "client": ("d:secret-too-long",)}, {"B_PASSWORD": "sécret2"})
    assert len(too_long) == 2
    assert not any("secret-" in fault or "sécret" in fault for fault in too_long)
    no_text = file_faults(tmp_path, "[clients.x]\npassword = 12345678")
    assert no_text == ['clients.x.password: expected text in quotes, or { env = "NAME" }']


def test_what_kubernetes_adds_for_a_service_of_this_name_is_no_fault() -> None:
    """A pod beside a service called sms-gateway starts; a slip in a real name is told."""
    given_by_kubernetes = {
        "SMS_GATEWAY_SERVICE_HOST": "10.0.0.1",
        "SMS_GATEWAY_SERVICE_PORT_SMPP": "2775",
        "SMS_GATEWAY_PORT": "tcp://10.0.0.1:2775",
        "SMS_GATEWAY_PORT_2775_TCP_ADDR": "10.0.0.1",
    }
    assert load_settings({}, given_by_kubernetes) == load_settings({}, {})
    assert len(faults({}, {"SMS_GATEWAY_SMPP_PROT": "1"})) == 1
    assert "SMS_GATEWAY_SMPP_PORT" in known_variables()


def test_settings_cannot_be_changed() -> None:
    """What was decided before the start stays."""
    settings = load_settings({}, {})
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        settings.smpp.port = 1  # type: ignore[misc, assignment]  # the point of the test


_NAMES = st.sampled_from(
    [*{name for key in (*setting_keys(), *row_keys()) for name in key.path}, "demo", "79991110001", "7494", "env", ""]
)
_TABLES = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**70) | st.floats(allow_nan=False) | st.text("a1.*[]:$", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=25,
)


# The folder is only a place for the file, and each example writes it anew.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(table=st.dictionaries(_NAMES, _TABLES, max_size=5))
@example(table={"clients": {"x": {"password": {"env": ["a"]}, "rate": {"a": 1}}, "": {"password": "p"}}})
@example(table={"smpp": {"session": [], "port": {"port": 1}}, "clients": [], "accounts": {"79991110001": 1}})
def test_any_file_gives_settings_or_faults(table: dict[str, Any], tmp_path: Path) -> None:
    """No file, however wrong, ends in anything but settings or a list of faults that name the file."""
    config = tmp_path / "any.toml"
    config.write_text("\n".join(f"{json.dumps(name)} = {toml(value)}" for name, value in table.items()), "utf-8")
    found = faults_of({"config": str(config)}, {})
    assert all(fault.startswith(str(config)) for fault in found)
    assert len(set(found)) == len(found)


@given(st.dictionaries(st.sampled_from(sorted(known_variables() - {"SMS_GATEWAY_CONFIG"})), st.text(max_size=8)))
@example({"SMS_GATEWAY_CLIENT": ":", "SMS_GATEWAY_SEED": "٣", "SMS_GATEWAY_SMPP_PORT": "²"})
def test_any_environment_gives_settings_or_faults(environ: dict[str, str]) -> None:
    """Nor does any environment; a fault names its variable."""
    assert all(fault.split(":")[0] in environ for fault in faults_of({}, environ))
