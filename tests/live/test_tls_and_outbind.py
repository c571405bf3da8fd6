"""SMPP over TLS and outbind, over real sockets."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
from pathlib import Path

import pytest
import trustme

from tests.live.gateways import Gateway, run, running_gateway

pytestmark = pytest.mark.live

BIND = struct.pack(">LLLL", 31, 9, 0, 1) + b"demo\0demo\0\0\x34\0\0\0"
UNBIND = struct.pack(">LLLL", 16, 6, 0, 2)


def tls_port(gateway: Gateway) -> int:
    address: str = json.loads(gateway.ready_file.read_text("utf-8"))["smpp_tls"]
    return int(address.rpartition(":")[2])


def read_pdu(connection: socket.socket) -> bytes:
    """One whole PDU."""
    octets = b""
    while len(octets) < 4 or len(octets) < struct.unpack(">L", octets[:4])[0]:
        more = connection.recv(4096)
        assert more, "closed in the middle"
        octets += more
    return octets


def bind_over(connection: socket.socket) -> int:
    """Bind and give the command_status."""
    connection.sendall(BIND)
    return int(struct.unpack(">L", read_pdu(connection)[8:12])[0])


def exchange_with(context: ssl.SSLContext, plain: socket.socket) -> bytes:
    """What comes back over TLS to a bind."""
    with context.wrap_socket(plain, server_hostname="localhost") as secure:
        secure.sendall(BIND)
        return secure.recv(100)


def test_a_generated_certificate_is_for_this_machine(tmp_path: Path) -> None:
    """Without a certificate of one's own TLS works all the same, and the certificate names localhost."""
    with running_gateway(tmp_path, "--smpp-tls-port", "0") as gateway:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", tls_port(gateway)), timeout=10) as plain,
            context.wrap_socket(plain) as secure,
        ):
            assert secure.version() in ("TLSv1.2", "TLSv1.3")
            assert bind_over(secure) == 0
            own = secure.getpeercert(binary_form=True)
            assert own is not None
            assert b"localhost" in own
            secure.sendall(UNBIND)
            assert read_pdu(secure)[4:8] == b"\x80\x00\x00\x06"


def test_own_certificate_and_client_certificates(tmp_path: Path) -> None:
    """The configured certificate is shown; a client without one of the authority's does not get in."""
    authority = trustme.CA()
    own = authority.issue_cert("localhost", "127.0.0.1")
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "own.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    client = authority.issue_cert("client@example.org")
    client.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client.pem"))
    config = tmp_path / "tls.toml"
    config.write_text(
        '[smpp]\ntls_port = 0\ntls_certificate = "own.pem"\ntls_client_ca = "ca.pem"\n'
        '[clients.demo]\npassword = "demo"\n'
    )
    with running_gateway(tmp_path, "--config", str(config)) as gateway:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        # With TLS 1.3 the client learns of the refusal when it first reads.
        refused = pytest.raises(OSError, match=r"(?i)certificate|alert|reset|closed|EOF|broken pipe")
        with socket.create_connection(("127.0.0.1", tls_port(gateway)), timeout=10) as plain, refused:
            exchange_with(context, plain)
        context.load_cert_chain(tmp_path / "client.pem")
        with (
            socket.create_connection(("127.0.0.1", tls_port(gateway)), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as known,
        ):
            assert bind_over(known) == 0


def test_smpp_in_clear_on_the_tls_port_and_a_stalled_handshake_are_dropped(tmp_path: Path) -> None:
    """Neither gets an SMPP answer, and both connections end; others are served."""
    config = tmp_path / "quick.toml"
    config.write_text("[smpp]\ntls_port = 0\n[smpp.session]\nsession_init = 1\n")
    with running_gateway(tmp_path, "--config", str(config)) as gateway:
        with socket.create_connection(("127.0.0.1", tls_port(gateway)), timeout=10) as confused:
            confused.sendall(BIND)
            answer = b""
            while more := confused.recv(1000):
                answer += more
            assert b"\x80\x00\x00\x09" not in answer
        with socket.create_connection(("127.0.0.1", tls_port(gateway)), timeout=10) as stalled:
            stalled.sendall(b"\x16\x03\x01")
            with contextlib.suppress(ConnectionResetError):
                assert stalled.recv(1000) == b"", "the handshake went on"
        with socket.create_connection((gateway.host, gateway.port), timeout=10) as plain:
            assert bind_over(plain) == 0


def test_files_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    """A certificate that is none ends the start with one line that names the file."""
    (tmp_path / "bad.pem").write_text("no certificate")
    status, _, error = run(
        ["serve", "--smpp-port", "0", "--http-port", "0", "--smpp-tls-port", "0"],
        SMS_GATEWAY_SMPP_TLS_CERTIFICATE=str(tmp_path / "bad.pem"),
    )
    assert status == 2
    assert "bad.pem" in error
    assert "Traceback" not in error


def test_outbind_asks_an_esme_to_bind_and_delivers_to_it(tmp_path: Path) -> None:
    """The gateway connects, sends outbind, accepts the bind_receiver that follows, and the session works."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = tmp_path / "out.toml"
        config.write_text(
            f'[outbind.esme]\nhost = "127.0.0.1"\nport = {listener.getsockname()[1]}\n'
            'system_id = "SMSC"\npassword = "pw"\n'
        )
        with running_gateway(tmp_path, "--config", str(config), "--outbind", "esme"):
            listener.settimeout(10)
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                outbind = read_pdu(connection)
                assert outbind[4:8] == b"\x00\x00\x00\x0b"
                assert outbind[16:] == b"SMSC\0pw\0"
                connection.sendall(struct.pack(">LLLL", 31, 1, 0, 1) + BIND[16:])
                answer = read_pdu(connection)
                assert struct.unpack(">LLL", answer[4:16]) == (0x80000001, 0, 1)


def test_an_unknown_outbind_target_is_a_fault(tmp_path: Path) -> None:
    """A name that is not configured ends the start."""
    status, _, error = run(["serve", "--smpp-port", "0", "--http-port", "0", "--outbind", "nobody"])
    assert status == 2
    assert "[outbind.nobody]" in error
