"""Real sockets for tests: each connection runs a function that may misbehave as it likes."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from contextlib import contextmanager

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@contextmanager
def serving(behave, tls: ssl.SSLContext | None = None):
    """Yield (port, connections): ``behave(sock, request_bytes, number)`` for each request.

    ``connections`` counts what was accepted. A behaviour that returns True keeps the connection.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def serve(connection):
        with connection:
            try:
                if tls:
                    connection = tls.wrap_socket(connection, server_side=True)
                number = 0
                while request := read_request(connection):
                    if not behave(connection, request, number):
                        return
                    number += 1
            except OSError:
                return  # the client went away, as some tests want

    def accept():
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            accepted.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], accepted
    finally:
        listener.close()
        for connection in accepted:
            connection.close()


def read_request(connection) -> bytes:
    """One request: head, and a body of its Content-Length; empty at the end of the stream."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes = b"ok", status: str = "200 OK", **headers: str) -> bytes:
    """The bytes of a response; header names with underscores for hyphens."""
    lines = [f"HTTP/1.1 {status}"]
    headers.setdefault("Content_Length", str(len(body)))
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(connection) -> None:
    """Close with RST in place of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextmanager
def full_queue():
    """Yield a port at which nobody accepts: packets of a new connection are dropped."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        # One connection fills the queue; Linux lets no second one in.
        with socket.create_connection(listener.getsockname(), timeout=5):
            yield listener.getsockname()[1]


def certificate(folder, name="localhost"):
    """A self-signed certificate; returns (server context, path of the certificate)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
                if name == "localhost"
                else [x509.DNSName(name)]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    ca = folder / f"{name}-ca.pem"
    ca.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    return context, str(ca)
