"""The directory: who is let in, with which answer, and what a hash is worth."""

import ipaddress

import attrs
import pytest

from gateway.clients.directory import Client, Directory, check_hash, hash_password
from gateway.clients.patterns import AddressPattern
from gateway.smpp.statuses import CommandStatus

DEMO = Client("demo", "demo")


def judge(
    client: Client, *, system_id: str = "demo", password: str = "demo", bind_type: str = "transceiver", **rest: object
):  # type: ignore[no-untyped-def]
    """The verdict on a bind of a directory with this one client."""
    refusal = rest.pop("bind_refusal", "specific")
    directory = Directory([client], any_client=rest.pop("any_client", None), bind_refusal=refusal)  # type: ignore[arg-type]
    values = {"system_type": "", "ip": "127.0.0.1", "bound": 0} | rest
    matched = directory.password_matches(system_id, password)
    return directory.judge(system_id, bind_type, matched=matched, **values)


def test_the_right_password_lets_in() -> None:
    """A known client with its password is accepted, and told as itself."""
    verdict = judge(DEMO)
    assert (verdict.status, verdict.client) == (0, DEMO)


REFUSALS = [
    ("unknown", DEMO, {"system_id": "stranger"}, CommandStatus.ESME_RINVSYSID, "--client stranger:PASSWORD"),
    ("password", DEMO, {"password": "wrong"}, CommandStatus.ESME_RINVPASWD, "[clients.demo] password"),
    ("empty-password", DEMO, {"password": ""}, CommandStatus.ESME_RINVPASWD, "password"),
    (
        "ip",
        attrs.evolve(DEMO, allowed_ips=(ipaddress.ip_network("10.0.0.0/8"),)),
        {},
        CommandStatus.ESME_RBINDFAIL,
        "allowed_ips",
    ),
    (
        "bind-type",
        attrs.evolve(DEMO, bind_types=frozenset({"receiver"})),
        {},
        CommandStatus.ESME_RINVCMDID,
        "bind_types",
    ),
    (
        "bind-type-5.0",
        attrs.evolve(DEMO, bind_types=frozenset({"receiver"})),
        {"interface_version": 0x50},
        CommandStatus.ESME_RPROHIBITED,
        "bind_types",
    ),
    (
        "system-type",
        attrs.evolve(DEMO, system_types=frozenset({"VMS"})),
        {},
        CommandStatus.ESME_RINVSYSTYP,
        "system_types",
    ),
    ("sessions", attrs.evolve(DEMO, sessions=2), {"bound": 2}, CommandStatus.ESME_RBINDFAIL, "sessions"),
]


@pytest.mark.parametrize(
    ("client", "bind", "status", "remedy"), [row[1:] for row in REFUSALS], ids=[r[0] for r in REFUSALS]
)
def test_refusals(client: Client, bind: dict[str, object], status: int, remedy: str) -> None:
    """Each reason has its status and names the option that would let the bind in; uniform answers tell nothing."""
    verdict = judge(client, **bind)  # type: ignore[arg-type]
    assert (verdict.status, verdict.client) == (status, None)
    assert remedy in verdict.remedy
    assert judge(client, bind_refusal="uniform", **bind).status == CommandStatus.ESME_RBINDFAIL  # type: ignore[arg-type]


def test_any_client_makes_up_a_client_and_remembers_it() -> None:
    """With any_client an unknown system_id is somebody, and the same somebody the next time."""
    directory = Directory([DEMO], any_client=Client("", ""))
    first = directory.judge("stranger", "receiver", "", "127.0.0.1", matched=False, bound=0).client
    again = directory.judge("stranger", "receiver", "", "127.0.0.1", matched=False, bound=1).client
    assert first is not None
    assert first.system_id == "stranger"
    assert first is again
    assert directory.find("stranger") is first


def test_a_hash_stands_for_its_password_only() -> None:
    """A scrypt hash accepts its password and nothing else, and makes every check slow alike."""
    directory = Directory([attrs.evolve(DEMO, password=hash_password("secret", n=2)), Client("plain", "plain")])
    assert directory.slow
    assert directory.password_matches("demo", "secret")
    assert not directory.password_matches("demo", "Secret")
    assert directory.password_matches("plain", "plain")
    assert not directory.password_matches("nobody", "secret")


def test_every_check_costs_one_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known, unknown and clear-text clients cost the same work, so that timing tells nothing."""
    import hashlib

    calls: list[int] = []
    real = hashlib.scrypt
    monkeypatch.setattr(hashlib, "scrypt", lambda *args, **rest: calls.append(1) or real(*args, **rest))
    directory = Directory([attrs.evolve(DEMO, password=hash_password("secret", n=2)), Client("plain", "plain")])
    calls.clear()
    for system_id in ("demo", "plain", "nobody"):
        directory.password_matches(system_id, "wrong")
    assert calls == [1, 1, 1]


@pytest.mark.parametrize(
    "spelled",
    [
        "scrypt$",
        "scrypt$3$8$1$AAAA$AAAA",
        "scrypt$16384$8$1$!!$AAAA",
        "scrypt$16384$8$1$AAAA$AAAA",
        "scrypt$1048576$64$1$AAAA$" + "A" * 44,
    ],
)
def test_a_hash_that_cannot_be_used_is_told(spelled: str) -> None:
    """Faults of a hash are found at the start and not at the first bind."""
    assert check_hash(spelled) is not None


def test_a_good_hash_has_no_fault() -> None:
    """What we make we accept."""
    assert check_hash(hash_password("x", n=2)) is None


def test_secrets_stay_out_of_reprs() -> None:
    """A client's repr has no password."""
    assert "sesame" not in repr(Client("a", "sesame"))


def test_patterns_guard_addresses() -> None:
    """Empty patterns allow everything; given ones allow what matches."""
    guarded = attrs.evolve(DEMO, allowed_sources=(AddressPattern.parse("7999*"),))
    assert guarded.may_send_from("79991110001")
    assert not guarded.may_send_from("78881110001")
    assert guarded.may_send_to("anything")
