"""A message for a client as the PDUs that carry it: the same octets each time it is asked, but for sequence numbers."""

from __future__ import annotations

import attrs

from gateway.clients.directory import Client
from gateway.messages.dialects import DELIVER_TLV, travelling
from gateway.messages.message import Kind, Message
from gateway.smpp.constants import Tag
from gateway.smpp.pdus import DataSm, DeliverSm, Pdu
from gateway.sms import alphabets, segments

_UDHI = 0x40
_LONGEST_SHORT_MESSAGE = 254  # SMPP 3.4 §5.2.21
_ALWAYS_ONE_SEGMENT = 140  # octets that one segment holds in every alphabet (3GPP TS 23.040 §9.2.3.16)


def pdus_for(message: Message, client: Client) -> list[Pdu]:
    """The deliver_sm (or data_sm, if the client wants those) that carry ``message``, in order.

    A reply, or a text of another client, is cut into segments as this client's ``segmentation`` says, with the low
    bits of its id as the reference; what has a user data header or sar_* TLVs already, receipts and what a loopback
    sends back travel as they are, in message_payload when they are too long for short_message.
    """
    if len(message.user_data) > _ALWAYS_ONE_SEGMENT and (
        message.kind == Kind.REPLY or (message.kind == Kind.SUBMITTED and not _is_part(message))
    ):
        default = alphabets.BY_NAME[client.default_alphabet]
        alphabet = alphabets.alphabet_of(message.data_coding, default) or alphabets.Alphabet.OCTETS
        cut = segments.split(message.user_data, alphabet, client.segmentation, message.id)  # type: ignore[arg-type]  # settings allow only the four methods
        if len(cut) > 1 or cut[0].payload:
            return [_segment_pdu(message, client, segment) for segment in cut]
    tlvs = message.tlvs
    if tlvs:
        client = _told_otherwise(tlvs, client)
        tlvs = travelling(tlvs)
    if client.deliver_with == "data_sm" or len(message.user_data) > _LONGEST_SHORT_MESSAGE:
        return [_pdu(message, client, b"", message.esm_class, (*tlvs, (Tag.MESSAGE_PAYLOAD, message.user_data)))]
    return [_pdu(message, client, message.user_data, message.esm_class, tlvs)]


def _told_otherwise(tlvs: tuple[tuple[int, bytes], ...], client: Client) -> Client:
    """The client as a receipt wants it that travels in another PDU than its other messages."""
    for tag, value in tlvs:
        if tag == DELIVER_TLV:
            return attrs.evolve(client, deliver_with=value.decode("ascii"))
    return client


def _is_part(message: Message) -> bool:
    return bool(message.esm_class & _UDHI) or any(tag == Tag.SAR_MSG_REF_NUM for tag, _ in message.tlvs)


def _segment_pdu(message: Message, client: Client, segment: segments.Segment) -> Pdu:
    tlvs = travelling(message.tlvs) if message.tlvs else ()
    if segment.sar is not None:
        reference, total, number = segment.sar
        tlvs = (
            *tlvs,
            (Tag.SAR_MSG_REF_NUM, reference.to_bytes(2, "big")),
            (Tag.SAR_TOTAL_SEGMENTS, bytes((total,))),
            (Tag.SAR_SEGMENT_SEQNUM, bytes((number,))),
        )
    esm_class = message.esm_class | (_UDHI if segment.udhi else 0)
    if segment.payload or client.deliver_with == "data_sm":
        return _pdu(message, client, b"", esm_class, (*tlvs, (Tag.MESSAGE_PAYLOAD, segment.user_data)))
    return _pdu(message, client, segment.user_data, esm_class, tlvs)


def _pdu(
    message: Message, client: Client, short_message: bytes, esm_class: int, tlvs: tuple[tuple[int, bytes], ...]
) -> Pdu:
    if client.deliver_with == "data_sm":
        return DataSm(
            message.service_type,
            message.source_addr_ton,
            message.source_addr_npi,
            message.source_addr,
            message.dest_addr_ton,
            message.dest_addr_npi,
            message.destination_addr,
            esm_class,
            0,
            message.data_coding,
            tlvs=tlvs,
        )
    # A positional call: naming seventeen fields costs twice as much, and this is made for every reply.
    pdu = DeliverSm(
        message.service_type,
        message.source_addr_ton,
        message.source_addr_npi,
        message.source_addr,
        message.dest_addr_ton,
        message.dest_addr_npi,
        message.destination_addr,
        esm_class,
        message.protocol_id,
        message.priority_flag,
        "",  # schedule_delivery_time and validity_period are NULL in a deliver_sm (SMPP 3.4 §4.6.1)
        "",
        0,
        0,
        message.data_coding,
        0,
        short_message,
    )
    if tlvs:
        pdu.tlvs = tlvs
    return pdu
