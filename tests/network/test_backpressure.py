"""A client that does not read: nothing grows without bound, and it does not stay for ever."""

from __future__ import annotations

import pytest

from gateway.smpp.codec import encode
from gateway.smpp.pdus import BindTransceiver
from tests.doubles import Bench
from tests.esme import HANDSET, Esme, submit_sm

RESPONSE = 16 + 11
"""Octets of a submit_sm_resp: header, ten digits, NUL."""


def submits(count: int) -> bytes:
    return b"".join(encode(submit_sm("hi", HANDSET, sequence_number=number)) for number in range(1, count + 1))


def test_a_full_write_buffer_stops_reading_and_sending() -> None:
    """While the transport says that its buffer is full, the gateway reads nothing more and sends no deliver_sm."""
    bench = Bench()
    esme = Esme(bench)
    esme.peer.transport.producer.pauseProducing()
    assert not esme.peer.is_read
    assert esme.peer.protocol.room == 0
    esme.peer.transport.producer.resumeProducing()
    bench.settle()
    assert esme.peer.is_read
    assert esme.peer.protocol.room > 0


def test_what_waited_goes_out_when_the_peer_reads_again() -> None:
    """Replies held back by a full buffer follow, in order, without another request."""
    bench = Bench()
    esme = Esme(bench)
    esme.answer = None
    producer = esme.peer.transport.producer
    esme.send(submit_sm("BALANCE"))
    producer.pauseProducing()
    (first,) = esme.take()
    esme.peer.protocol.session.receive_data(esme.answered(first, 0), bench.reactor.seconds())
    esme.peer.protocol.session.receive_data(
        b"".join(encode(submit_sm("HELP", source=f"7999111000{n}", sequence_number=50 + n)) for n in range(3)),
        bench.reactor.seconds(),
    )
    bench.pass_time(1)
    assert esme.take() == []
    producer.resumeProducing()
    bench.settle()
    assert [pdu.destination_addr for pdu in esme.take()] == ["79991110000", "79991110001", "79991110002"]


def test_a_peer_that_never_reads_is_dropped_after_thirty_seconds() -> None:
    """No write progress for write_timeout aborts the connection; its replies return to the queue."""
    bench = Bench()
    esme = Esme(bench)
    esme.answer = None
    esme.send(submit_sm("BALANCE"))
    esme.peer.transport.producer.pauseProducing()
    bench.pass_time(29)
    assert not esme.peer.closed
    bench.pass_time(2)
    assert esme.peer.aborted
    assert len(Esme(bench).take()) == 1


def test_many_requests_of_one_peer_are_read_in_portions() -> None:
    """Others get their turn between portions; every request is answered in the end."""
    bench = Bench()
    flood, other = Esme(bench), Esme(bench)
    flood.peer.protocol.dataReceived(submits(1000))
    assert not flood.peer.is_read, "reading goes on although a portion is unread"
    other.peer.protocol.dataReceived(submits(1))
    assert len(other.peer.received()) == RESPONSE
    bench.settle()
    assert flood.peer.is_read
    assert len(flood.peer.received()) == 1000 * RESPONSE


def test_a_closed_connection_that_lingers_is_aborted() -> None:
    """A peer that does not read its last octets cannot hold the connection."""
    bench = Bench()
    esme = Esme(bench)
    esme.peer.transport.loseConnection = lambda: None  # the buffer never drains
    esme.peer.protocol.drop()
    bench.settle()
    bench.pass_time(4)
    assert not esme.peer.aborted
    aborted = []
    esme.peer.transport.abortConnection = lambda: aborted.append(True)
    bench.pass_time(2)
    assert aborted


def test_connections_beyond_the_limit_are_not_taken() -> None:
    """The limit holds back new connections only, and a place that is free again is taken again."""
    bench = Bench()
    bench.emulator.exchange.limits = type(bench.emulator.exchange.limits)(connections=2)
    first, second = Esme(bench), Esme(bench)
    assert bench.connect().closed
    first.peer.close()
    assert not bench.connect().closed
    assert second.submit("BALANCE")


def test_binds_that_fail_too_often_are_refused_unseen() -> None:
    """Beyond the rate of failures an address gets 0x0D for any password, late; later it may try again."""
    bench = Bench()
    statuses = [Esme(bench, password="wrong").bind_response.command_status for _ in range(20)]
    assert statuses == [0x0E] * 20
    unheard = Esme(bench, bind=None)
    (number,) = unheard.send(BindTransceiver(system_id="demo", password="demo", interface_version=0x34))
    with pytest.raises(AssertionError, match="no response"):
        unheard.response(number)
    assert Esme(bench, host="127.0.0.2").bind_response.command_status == 0
    bench.pass_time(5)
    unheard.read()
    assert unheard.response(number).command_status == 0x0D
    assert Esme(bench).bind_response.command_status == 0


def test_after_a_standstill_peers_are_read_before_they_are_judged() -> None:
    """A process that was stopped for a minute times nobody out whose answer waits in the socket."""
    bench = Bench()
    esme = Esme(bench)
    esme.answer = None
    esme.send(submit_sm("BALANCE"))
    (delivery,) = esme.take()
    bench.reactor.advance(60)
    esme.respond(delivery)
    bench.pass_time(3)
    assert esme.take() == []
    assert not esme.peer.closed
