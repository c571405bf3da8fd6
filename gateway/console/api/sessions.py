"""``/api/v1/sessions``: the SMPP connections of this gateway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import attrs

from gateway.console.controls import Controls
from gateway.console.fields import Name, Number, given
from gateway.console.problems import not_found
from gateway.console.traffic import Traffic, traffic_of
from gateway.network.smpp_protocol import SmppProtocol


@attrs.frozen
class SessionView:
    """One connection, bound or not."""

    id: int = given("its number on this gateway")
    state: str = given("open, bound_tx, bound_rx, bound_trx, unbinding or closed")
    client: str | None = given("who is bound; null before the bind")
    bind_type: str | None = given("transmitter, receiver or transceiver")
    interface_version: str = given("of the bind, as 0x34")
    peer: str = given("its address")
    seconds: float = given("since it began, real time")
    window_in: int = given("unanswered submits that are worked on at a time")
    window_out: int = given("unanswered deliver_sm at a time")
    outstanding: int = given("requests of ours that it has not answered")
    room: int = given("how many more could be sent to it now")
    reading_paused: bool = given("whether we have stopped reading from it")
    rate: float = given("messages a second that it may submit; 0: unlimited")
    waiting: int = given("messages that wait for its client")
    messages_per_second: float = given("messages that go either way now; 0.0 too when the wire is not recorded")
    last_pdu: str | None = given("the last PDU, by its name; null when it is not remembered")
    last_pdu_inbound: bool = given("whether the client sent it")
    last_pdu_seconds: float | None = given("how long ago that was, real time")


@attrs.frozen
class OutbindView:
    """An ESME that can be asked to bind."""

    name: str = given("of [outbind.NAME]")
    host: str = given("where it listens")
    port: int = given("its port")


@attrs.frozen
class Sessions:
    """The connections."""

    gateway: str = given("the SMPP address of this gateway; others of a shared database have their own sessions")
    items: tuple[SessionView, ...] = given("oldest first")
    outbinds: tuple[OutbindView, ...] = given("who can be asked to bind")


def list_sessions(controls: Controls, _: None) -> Sessions:
    """List the SMPP connections, and who can be asked to bind."""
    emulator = controls.emulator
    waiting = emulator.delivery.waiting_by_client()
    traffic = traffic_of(emulator.exchange.wire_log, controls.wall())
    return Sessions(
        gateway=emulator.smpp_address,
        items=tuple(_view(controls, protocol, waiting, traffic) for protocol in emulator.exchange.connections),
        outbinds=tuple(
            OutbindView(name=name, host=target.host, port=target.port)
            for name, target in emulator.outbind_targets.items()
        ),
    )


@attrs.frozen(kw_only=True)
class OneSession:
    """Which connection."""

    id: Number = given("its number on this gateway")


def show_session(controls: Controls, asked: OneSession) -> SessionView:
    """Show one connection."""
    return _view(controls, _find(controls, asked.id))


def unbind_session(controls: Controls, asked: OneSession) -> SessionView:
    """Ask a client to unbind, in good order: what it has not answered yet is waited for."""
    protocol = _find(controls, asked.id)
    protocol.unbind()
    return _view(controls, protocol)


def drop_session(controls: Controls, asked: OneSession) -> SessionView:
    """Close a connection at once, without a word."""
    protocol = _find(controls, asked.id)
    shown = _view(controls, protocol)
    protocol.drop()
    return shown


@attrs.frozen(kw_only=True)
class OneOutbind:
    """Which ESME."""

    name: Name = given("of [outbind.NAME] in the settings")


def outbind(controls: Controls, asked: OneOutbind) -> None:
    """Call a configured ESME and ask it to bind (SMPP 3.4 §2.2.1). What comes of it is in the sessions."""
    if asked.name not in controls.emulator.outbind_targets:
        raise not_found("outbind of this name in the settings")
    controls.emulator.outbind(asked.name)


def _find(controls: Controls, number: int) -> SmppProtocol:
    for protocol in controls.emulator.exchange.connections:
        if protocol.number == number:
            return protocol
    raise not_found("session of this number")


def _view(
    controls: Controls,
    protocol: SmppProtocol,
    waiting: Counter[str] | None = None,
    traffic: Mapping[int, Traffic] | None = None,
) -> SessionView:
    if waiting is None:
        waiting = controls.emulator.delivery.waiting_by_client()
    if traffic is None:
        traffic = traffic_of(controls.emulator.exchange.wire_log, controls.wall())
    line = protocol.line
    seen = (traffic.get(line.number) if line is not None else None) or Traffic()
    session, binding = protocol.session, protocol.binding
    client = binding.client if binding is not None else None
    return SessionView(
        id=protocol.number,
        state=session.state.name.lower(),
        client=client.system_id if client is not None else None,
        bind_type=binding.bind_type if binding is not None else None,
        interface_version=f"0x{session.interface_version:02x}",
        peer=protocol.peer,
        seconds=round(controls.monotonic() - protocol.opened_at, 3),
        window_in=session.limits.window_in,
        window_out=session.limits.window_out,
        outstanding=session.outstanding,
        room=protocol.room,
        reading_paused=session.reading_paused,
        rate=client.rate if client is not None else 0.0,
        waiting=waiting[client.system_id] if client is not None else 0,
        messages_per_second=seen.per_second,
        last_pdu=seen.last_pdu or None,
        last_pdu_inbound=seen.last_inbound,
        last_pdu_seconds=round((controls.wall() - seen.last_at) / 1_000_000, 3) if seen.last_pdu else None,
    )
