"""Error classes of exchanges that are no HTTP: mail, FTP, SFTP, files, formats."""

from __future__ import annotations

import binascii
import csv
import decimal
import ftplib
import gzip
import imaplib
import json
import poplib
import smtplib
import struct
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib

# Of libraries that need not be installed (paramiko and its like): known by name.
_BY_NAME = {
    "AuthenticationException": "auth",
    "BadAuthenticationType": "auth",
    "PasswordRequiredException": "auth",
    "BadHostKeyException": "tls",
    "NoValidConnectionsError": "connect",
    "SSHException": "connect",
    "ChannelException": "connect",
    "XMLSyntaxError": "contract",
}
_FORMAT = (
    csv.Error,
    json.JSONDecodeError,
    UnicodeError,
    ElementTree.ParseError,
    binascii.Error,
    decimal.InvalidOperation,
    gzip.BadGzipFile,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_FILE = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
_SIGN_IN_FTP = ("530", "532")
# RFC 5530, RFC 3206, and what servers say without a code.
_SIGN_IN_MAILBOX = ("AUTH", "LOGIN", "CREDENTIAL", "PASSWORD")


def error_class_of(error: BaseException) -> str | None:
    """One of ``ERROR_CLASSES``; None when the exception is none of these."""
    if isinstance(error, smtplib.SMTPException):
        return _of_mail(error)
    if isinstance(error, ftplib.Error):
        return _of_ftp(error)
    if isinstance(error, imaplib.IMAP4.error | poplib.error_proto):
        return _of_mailbox(error)
    if isinstance(error, PermissionError):
        # One with a file's name is a folder of this machine; SFTP gives none.
        return "auth" if error.filename is None else "client"
    if isinstance(error, _FILE):
        return "client"
    if isinstance(error, _FORMAT):
        return "contract"
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_NAME and kind.__module__.partition(".")[0] != "builtins":
            return _BY_NAME[kind.__name__]
    return None


def _of_mail(error: smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "auth"
    if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError):
        return "connect"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        return "server" if codes and all(400 <= code < 500 for code in codes) else "client"
    if isinstance(error, smtplib.SMTPResponseException):
        # 4xx asks to come back later: the server's trouble. 5xx refuses what was sent.
        return "server" if 400 <= error.smtp_code < 500 else "client"
    return "client"


def _of_mailbox(error: Exception) -> str:
    if isinstance(error, imaplib.IMAP4.abort):
        return "connect"
    said = str(error).upper()
    return "auth" if any(word in said for word in _SIGN_IN_MAILBOX) else "server"


def _of_ftp(error: ftplib.Error) -> str:
    if isinstance(error, ftplib.error_perm):
        return "auth" if str(error).startswith(_SIGN_IN_FTP) else "client"
    if isinstance(error, ftplib.error_temp):
        return "server"
    return "connect"
