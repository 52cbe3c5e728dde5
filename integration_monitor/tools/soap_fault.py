"""SOAP faults: answers that say in XML what went wrong, mostly with the status 500.

The status tells nothing then: the code of the fault says whose fault it is.
"""

from __future__ import annotations

import contextlib
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

_SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
_SOAP_1_2 = "http://www.w3.org/2003/05/soap-envelope"
_FAULTS = tuple(
    [f"{{{namespace}}}{name}" for name in ("Envelope", "Body", "Fault")]
    for namespace in (_SOAP_1_1, _SOAP_1_2)
)
_CODE = (["faultcode"], ["Code", "Value"])
_WORDS = (["faultstring"], ["Reason", "Text"])
_CLASSES = {
    "Client": "business",
    "Sender": "business",
    "Server": "server",
    "Receiver": "server",
    "VersionMismatch": "contract",
    "MustUnderstand": "contract",
    "DataEncodingUnknown": "contract",
}
_MAX_WORDS = 300


@dataclass(frozen=True, slots=True)
class SoapFault:
    """``error_class`` is None for a code of the partner's own; ``words`` may be empty."""

    code: str
    error_class: str | None
    words: str


def read_fault(text: str) -> SoapFault | None:
    """The fault of SOAP 1.1 or 1.2 that an answer, or its beginning, holds; None when it is none.

    Documents with a type declaration are not read: SOAP forbids them, and entities can explode.
    """
    if "Fault" not in text or "<!DOCTYPE" in text:
        return None
    parser = ElementTree.XMLPullParser(["start", "end"])
    parser.feed(text)
    path: list[str] = []
    code = words = ""
    with contextlib.suppress(ElementTree.ParseError):  # cut off: what was read before counts
        for event, element in parser.read_events():
            if event == "start":
                path.append(element.tag)
                continue
            if path[:3] in _FAULTS:
                inner = [tag.rpartition("}")[2] for tag in path[3:]]
                if inner in _CODE and not code:
                    code = (element.text or "").strip()
                elif inner in _WORDS and not words:
                    words = " ".join((element.text or "").split())
            path.pop()
    # “soap:Client.InvalidPostcode”: SOAP's own code, and the partner's closer description.
    own = code.rpartition(":")[2]
    return SoapFault(own, _CLASSES.get(own.partition(".")[0]), words[:_MAX_WORDS]) if own else None
