"""TLS on a port of its own: the given certificate, or one made for this run."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import OpenSSL.crypto
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet.protocol import Factory
from twisted.internet.ssl import Certificate, CertificateOptions, PrivateCertificate
from twisted.protocols.tls import TLSMemoryBIOFactory

_VALID: Final = timedelta(days=30)


class TlsError(Exception):
    """A certificate, key or authority cannot be used; the text names the file."""


def tls_options(certificate: Path | None, key: Path | None, client_ca: Path | None, host: str) -> CertificateOptions:
    """TLS 1.2 and later with the certificate and key of these PEM files (``key`` None: it is in the certificate's
    file), or with a self-signed certificate for ``host`` and this machine. ``client_ca``: clients must show a
    certificate of one of its authorities. Raises TlsError."""
    try:
        if certificate is None:
            pem = self_signed(host)
        else:
            pem = certificate.read_bytes() + (b"" if key is None else b"\n" + key.read_bytes())
        own = PrivateCertificate.loadPEM(pem)
    except (OSError, ValueError) as error:
        raise TlsError(f"{certificate or 'generated certificate'}: {error}") from error
    except OpenSSL.crypto.Error as error:
        raise TlsError(f"{certificate}: no certificate with its key in PEM form: {error}") from error
    options: CertificateOptions = own.options()
    if client_ca is not None:
        try:
            blocks = x509.load_pem_x509_certificates(client_ca.read_bytes())
        except (OSError, ValueError) as error:
            raise TlsError(f"{client_ca}: {error}") from error
        authorities = [Certificate.loadPEM(block.public_bytes(serialization.Encoding.PEM)) for block in blocks]
        if not authorities:
            raise TlsError(f"{client_ca}: no certificate in it")
        options = own.options(*authorities)
    return options


def self_signed(host: str) -> bytes:
    """A fresh key and certificate in PEM, for ``host``, localhost and the loopback addresses, good for 30 days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sms-gateway")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    addresses = {"127.0.0.1", "::1"}
    try:
        addresses.add(str(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in sorted(addresses)]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def tls_factory(options: CertificateOptions, wrapped: Factory, reactor: Any) -> TLSMemoryBIOFactory:
    """``wrapped`` behind TLS. A stalled handshake is ended by the session_init timer: it runs from the first octet of
    TLS on, and Twisted aborts a connection that is closed before its handshake is done."""
    factory = TLSMemoryBIOFactory(options, False, wrapped, reactor)
    factory.noisy = False
    return factory
