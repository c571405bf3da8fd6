"""What rules may match on, read from PDUs. Texts are read only when a rule asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.clients.directory import Client
from gateway.faults.rules import Facts
from gateway.messages.reading import text_in
from gateway.smpp import pdus
from gateway.smpp.constants import Tag

COMMAND_NAMES: Final[dict[type[pdus.Pdu], str]] = {
    pdus.BindTransmitter: "bind_transmitter",
    pdus.BindReceiver: "bind_receiver",
    pdus.BindTransceiver: "bind_transceiver",
    pdus.SubmitSm: "submit_sm",
    pdus.SubmitMulti: "submit_multi",
    pdus.DataSm: "data_sm",
    pdus.DeliverSm: "deliver_sm",
    pdus.QuerySm: "query_sm",
    pdus.CancelSm: "cancel_sm",
    pdus.ReplaceSm: "replace_sm",
}
"""SMPP's names of the PDUs that a rule may name."""


def facts_of_submit(client: Client, request: pdus.Pdu) -> Facts:
    """Of a submit, query, cancel or replace; the destination of a submit_multi is its first one."""
    if isinstance(request, pdus.SubmitMulti):
        first = request.dest_addresses[0] if request.dest_addresses else None
        destination = first.destination_addr if isinstance(first, pdus.DestAddress) else ""
    else:
        destination = getattr(request, "destination_addr", "")
    return Facts(
        client.system_id,
        getattr(request, "source_addr", ""),
        destination,
        COMMAND_NAMES[type(request)],
        _reading(client, request),
    )


def facts_of_delivery(client: Client, pdu: pdus.Pdu) -> Facts:
    """Of one segment on its way to a client."""
    assert isinstance(pdu, (pdus.DeliverSm, pdus.DataSm))
    return Facts(
        client.system_id, pdu.source_addr, pdu.destination_addr, COMMAND_NAMES[type(pdu)], _reading(client, pdu)
    )


def _reading(client: Client, pdu: pdus.Pdu) -> Callable[[], str]:
    def read() -> str:
        payload = pdu.tlv(Tag.MESSAGE_PAYLOAD)
        octets = payload if payload is not None else getattr(pdu, "short_message", b"")
        data_coding = getattr(pdu, "data_coding", 0)
        return text_in(octets, data_coding, getattr(pdu, "esm_class", 0), client.default_alphabet) or ""

    return read
