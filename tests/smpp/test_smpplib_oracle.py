"""A second implementation as oracle: smpplib agrees with our codec, both ways, on what it can express.

What it cannot (2.2.4): replace_sm, cancel_sm, submit_multi, outbind; data_sm addresses beyond 20; empty strings and
absent parameters are None; source_addr_subunit and source_telematics_id have the wrong size, alert_on_message_delivery
desynchronises the stream, subaddresses and every other string parameter lose their last octet unless it is a NUL, and
a tag that its class does not list raises KeyError. The strategies below keep to the rest.
"""

from __future__ import annotations

import functools
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from smpplib import command, consts, smpp
from smpplib.ptypes import ostr

from gateway.smpp import pdus, tlvs
from gateway.smpp.codec import decode, encode
from gateway.smpp.constants import CommandId, Tag
from gateway.smpp.pdus import Pdu
from gateway.smpp.statuses import CommandStatus
from gateway.smpp.tlv_types import EXPECTED, TYPES, Kind
from tests.smpp.frames import FRAMES, Frame, data, submit
from tests.strategies import pdus_of

_NAMES: dict[type[Pdu], str] = {
    pdus.BindReceiver: "bind_receiver",
    pdus.BindReceiverResp: "bind_receiver_resp",
    pdus.BindTransmitter: "bind_transmitter",
    pdus.BindTransmitterResp: "bind_transmitter_resp",
    pdus.BindTransceiver: "bind_transceiver",
    pdus.BindTransceiverResp: "bind_transceiver_resp",
    pdus.Unbind: "unbind",
    pdus.UnbindResp: "unbind_resp",
    pdus.GenericNack: "generic_nack",
    pdus.EnquireLink: "enquire_link",
    pdus.EnquireLinkResp: "enquire_link_resp",
    pdus.SubmitSm: "submit_sm",
    pdus.SubmitSmResp: "submit_sm_resp",
    pdus.DeliverSm: "deliver_sm",
    pdus.DeliverSmResp: "deliver_sm_resp",
    pdus.DataSm: "data_sm",
    pdus.DataSmResp: "data_sm_resp",
    pdus.QuerySm: "query_sm",
    pdus.QuerySmResp: "query_sm_resp",
    pdus.AlertNotification: "alert_notification",
}
_HEADER = {"sequence_number", "command_status", "tlvs"}


class _Numbers:
    """What smpplib takes sequence numbers from; the tests set their own afterwards."""

    sequence = 0

    def next_sequence(self) -> int:
        return 1


@functools.cache
def _agreed_tags(pdu_class: type[Pdu]) -> dict[int, str]:
    """Tag -> name of the parameters whose size smpplib has right: integers of our size, and octet strings."""
    params = command.factory(_NAMES[pdu_class], client=_Numbers()).params
    agreed = {}
    for tag in EXPECTED.get(pdu_class, frozenset()):
        type_ = TYPES[tag]
        param = params.get(type_.name)
        if param is None:
            continue
        if (param.type is int and type_.kind is Kind.INTEGER and param.size == type_.longest) or param.type is ostr:
            agreed[int(tag)] = type_.name
    return agreed


def _expressible(pdu: Pdu) -> Pdu:
    """The PDU without what smpplib cannot express."""
    agreed = _agreed_tags(type(pdu))
    kept = tuple((tag, octets) for tag, octets in pdu.tlvs if tag in agreed and octets)
    changes: dict[str, Any] = {"tlvs": kept}
    if isinstance(pdu, pdus.DataSm):
        # Its generator cuts addresses to 20, and an empty payload to nothing.
        changes |= {"source_addr": pdu.source_addr[:20], "destination_addr": pdu.destination_addr[:20]}
        if pdu.tlv(Tag.MESSAGE_PAYLOAD) == b"":
            changes["tlvs"] = ((Tag.MESSAGE_PAYLOAD, b"\0"), *kept)
    if isinstance(pdu, pdus.AlertNotification):
        changes |= {"source_addr": pdu.source_addr[:20], "esme_addr": pdu.esme_addr[:20]}
    return attrs.evolve(pdu, **changes)


expressible = st.sampled_from([*_NAMES]).flatmap(pdus_of).map(_expressible)


def _as_smpplib_reads(value: object) -> object:
    return value.encode("ascii") if isinstance(value, str) else value


@given(expressible)
@example(submit())
@example(submit(short_message=b"", tlvs=((Tag.MESSAGE_PAYLOAD, b"\0A"), (Tag.USER_MESSAGE_REFERENCE, b"\1\4"))))
@example(data())
def test_smpplib_reads_what_we_write(pdu: Pdu) -> None:
    """Every field of a PDU that we encode has the same value in smpplib's eyes."""
    found = smpp.parse_pdu(encode(pdu), client=_Numbers())

    assert found.command == _NAMES[type(pdu)]
    assert (found.sequence, found.status) == (pdu.sequence_number, pdu.command_status)
    for field in attrs.fields(type(pdu)):
        if field.name not in _HEADER:
            ours = _as_smpplib_reads(getattr(pdu, field.name))
            assert (getattr(found, field.name) or type(ours)()) == ours  # absent is None there
    for tag, octets in pdu.tlvs:
        name = _agreed_tags(type(pdu))[tag]
        theirs = getattr(found, name)
        assert theirs == (octets if TYPES[tag].kind is not Kind.INTEGER else tlvs.integer(octets))


@given(expressible)
@example(submit())
@example(submit(short_message=b"", tlvs=((Tag.MESSAGE_PAYLOAD, b"\0A"), (Tag.USER_MESSAGE_REFERENCE, b"\1\4"))))
@example(data())
def test_we_read_what_smpplib_writes(pdu: Pdu) -> None:
    """Every PDU that smpplib generates decodes to the values that it was given; it orders parameters as it likes."""
    theirs = smpp.make_pdu(_NAMES[type(pdu)], client=_Numbers())
    for field in attrs.fields(type(pdu)):
        if field.name not in _HEADER:
            setattr(theirs, field.name, getattr(pdu, field.name))
    for tag, octets in pdu.tlvs:
        is_integer = TYPES[tag].kind is Kind.INTEGER
        setattr(theirs, TYPES[tag].name, tlvs.integer(octets) if is_integer else octets)
    theirs.sequence = pdu.sequence_number

    found = decode(theirs.generate())

    assert attrs.evolve(found, tlvs=()) == attrs.evolve(pdu, tlvs=())
    assert sorted(found.tlvs) == sorted(pdu.tlvs)


@pytest.mark.parametrize(
    "frame",
    [frame for frame in FRAMES if type(frame.pdu) in _NAMES and not frame.pdu.tlvs],
    ids=lambda frame: frame.name,
)
def test_smpplib_reads_the_table_of_frames(frame: Frame) -> None:
    """The hand-written frames are SMPP to somebody else, too (those with parameters are compared above)."""
    found = smpp.parse_pdu(frame.octets, client=_Numbers())

    assert found.sequence == frame.pdu.sequence_number
    for field in attrs.fields(type(frame.pdu)):
        if field.name not in _HEADER:
            ours = _as_smpplib_reads(getattr(frame.pdu, field.name))
            assert (getattr(found, field.name) or type(ours)()) == ours  # absent is None there


@pytest.mark.parametrize(
    ("pdu_class", "only_here", "only_there"),
    [
        (pdus.SubmitSm, {"callback_num_atag", "qos_time_to_live"}, set()),  # 3.4 §4.4.1 lists the first, 5.0 the second
        (pdus.DataSm, {"set_dpf"}, set()),  # of 3.4 §4.7.1; smpplib forgot it
        # smpplib took three parameters of SMPP 5.0 into deliver_sm.
        (pdus.DeliverSm, set(), {"source_network_type", "dest_network_type", "more_messages_to_send"}),
        (pdus.DataSmResp, set(), set()),
        (pdus.BindTransmitterResp, set(), set()),
        (pdus.BindReceiverResp, set(), set()),
        (pdus.BindTransceiverResp, set(), set()),
        (pdus.AlertNotification, set(), set()),
        (pdus.QuerySmResp, set(), {"message_state"}),  # a mandatory field there, with the name of a parameter
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_pdu_expects_what_smpplib_lists(pdu_class: type[Pdu], only_here: set[str], only_there: set[str]) -> None:
    """The parameters that a PDU may carry are those that smpplib lists for it, but for what is named here."""
    listed = {
        name for name in command.factory(_NAMES[pdu_class], client=_Numbers()).params if name in consts.OPTIONAL_PARAMS
    }
    ours = {TYPES[tag].name for tag in EXPECTED.get(pdu_class, frozenset())}

    assert (ours - listed, listed - ours) == (only_here, only_there)


def test_our_numbers_are_those_of_smpplib() -> None:
    """Statuses, tags and commands that both name have one value."""
    statuses = {name.removeprefix("SMPP_"): value for name, value in vars(consts).items() if "_ESME_" in name}

    assert statuses == {name: statuses[name] for name in statuses if CommandStatus[name] == statuses[name]}
    assert {tag.name.lower(): int(tag) for tag in Tag if tag is not Tag.CONGESTION_STATE} == consts.OPTIONAL_PARAMS
    assert {_NAMES[c]: int(c.command_id) for c in _NAMES} == {
        name: value for name, value in smpp.pdu.command_codes.commands.items() if name in _NAMES.values()
    }
    assert {int(id_) for id_ in CommandId} == set(smpp.pdu.command_codes.commands.values())
