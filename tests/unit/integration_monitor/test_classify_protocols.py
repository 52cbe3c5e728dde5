"""Error classes of mail, FTP and files, by what the libraries really raise."""

import csv
import decimal
import errno
import ftplib
import gzip
import imaplib
import io
import json
import poplib
import smtplib
import socket
import struct
import threading
import zipfile
import zlib

import pytest

from integration_monitor.tools import classify


def raised(work):
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


def talking(*answers):
    """A server on loopback that says one line for each line it hears. :return: its port"""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _address = server.accept()
        with connection, server:
            heard = connection.makefile("rb")
            for answer in answers:
                connection.sendall(answer + b"\r\n")
                if not heard.readline():
                    return

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1]


def mail(*answers):
    with smtplib.SMTP("127.0.0.1", talking(b"220 hi", b"250 hi", *answers), timeout=5) as smtp:
        smtp.ehlo()
        smtp.sendmail("a@example.com", ["b@example.com"], "x")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((b"451 try later",), "server"),
        ((b"550 no",), "client"),
        ((b"250 ok", b"550 no such mailbox"), "client"),
        ((b"250 ok", b"450 mailbox busy"), "server"),
        ((), "connect"),
    ],
)
def test_mail(answers, expected):
    """A refused recipient is reported as a broken line."""
    assert classify.error_class_of(raised(lambda: mail(*answers))) == expected


def ftp(*answers):
    with ftplib.FTP() as client:
        client.connect("127.0.0.1", talking(b"220 hi", *answers), timeout=5)
        client.login("user", "secret")
        client.cwd("/in")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((b"331 password", b"530 no"), "auth"),
        ((b"230 in", b"550 no such folder"), "client"),
        ((b"230 in", b"450 busy"), "server"),
    ],
)
def test_ftp(answers, expected):
    """A wrong password is reported as an unknown fault."""
    assert classify.error_class_of(raised(lambda: ftp(*answers))) == expected


def test_files_and_formats(tmp_path):
    """A missing file is reported as no connection."""
    missing = tmp_path / "missing.csv"
    assert classify.error_class_of(raised(lambda: missing.read_text())) == "client"
    assert classify.error_class_of(raised(lambda: json.loads("{"))) == "contract"
    assert classify.error_class_of(raised(lambda: b"\xff".decode())) == "contract"
    wide = ["x" * (csv.field_size_limit() + 1)]
    assert classify.error_class_of(raised(lambda: list(csv.reader(wide)))) == "contract"
    assert classify.error_class_of(PermissionError("no")) == "auth"


def test_causes_count_and_what_was_handled_does_not():
    """A time-out is reported as a missing file, because one was missing a moment before."""

    def wrapped():
        try:
            json.loads("{")
        except ValueError as error:
            raise RuntimeError("no price list") from error

    assert classify.error_class_of(raised(wrapped)) == "contract"

    def meanwhile():
        try:
            json.loads("{")
        except ValueError:
            raise TimeoutError("too slow")  # noqa: B904 - the fault under test

    assert classify.error_class_of(raised(meanwhile)) == "timeout"


def test_ssh_libraries_are_known_by_name():
    """A refused key of an SFTP library is an unknown fault."""
    kind = type("AuthenticationException", (Exception,), {"__module__": "paramiko.errors"})
    assert classify.error_class_of(kind("no")) == "auth"


def _full_disk():
    with open("/dev/full", "w") as file:
        file.write("x" * 100_000)


def _raiser(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (_full_disk, "unknown"),
        (_raiser(OSError(errno.EMFILE, "Too many open files")), "unknown"),
        (_raiser(OSError(errno.EROFS, "Read-only file system")), "unknown"),
        (_raiser(PermissionError(errno.EACCES, "Permission denied", "/spool")), "client"),
        (_raiser(PermissionError(errno.EACCES, "Permission denied")), "auth"),
        (_raiser(OSError(errno.EHOSTUNREACH, "No route to host")), "connect"),
        (lambda: gzip.decompress(b"xxxx"), "contract"),
        (lambda: zlib.decompress(b"xx"), "contract"),
        (lambda: zipfile.ZipFile(io.BytesIO(b"x")), "contract"),
        (lambda: struct.unpack("I", b"x"), "contract"),
        (lambda: decimal.Decimal("x"), "contract"),
        (_raiser(imaplib.IMAP4.error("[AUTHENTICATIONFAILED] Invalid credentials")), "auth"),
        (_raiser(imaplib.IMAP4.abort("socket error: EOF")), "connect"),
        (_raiser(poplib.error_proto("-ERR [AUTH] bad")), "auth"),
    ],
)
def test_our_own_trouble_is_not_the_partners(work, expected):
    """The disk is full, and the system of the partner is down."""
    assert classify.error_class_of(raised(work)) == expected
