"""What the carrier shows: the label as a PDF, and the tracking page."""

from html import escape
from typing import Any


def label_pdf(lines: list[str]) -> bytes:
    """Return a small valid PDF, 10 × 15 cm, with `lines` of text (Latin-1)."""
    shown = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
    drawn = "".join(f"({line}) Tj 0 -22 Td " for line in shown)
    stream = f"BT /F1 14 Tf 20 390 Td {drawn}ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 283 425] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>",
    ]
    document, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(document)
    document += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    document += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return document + trailer % (len(objects) + 1, start)


def tracking_page(shipment: dict[str, Any]) -> bytes:
    """Return the public page of a shipment (HTML)."""
    rows = "".join(
        f"<tr><td>{escape(item['datetime'])}</td><td>{escape(item['message'])}</td></tr>"
        for item in shipment["tracking_details"]
    )
    number, status = escape(shipment["tracking_number"]), escape(shipment["status"])
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>Shipment {number}</title></head><body><h1>Shipment {number}</h1>"
        f"<p>Status: <strong>{status.replace('_', ' ')}</strong></p>"
        f"<table><tr><th>When</th><th>What</th></tr>{rows}</table></body></html>"
    ).encode()
