"""What kind of system a host name probably belongs to; a proposal that a person may change."""

from __future__ import annotations

import re

# Words between dots and hyphens of host names, and the kind of system they stand for.
_WORDS = {
    "ecommerce": "shopify myshopify woocommerce magento shopware bigcommerce prestashop shop",
    "marketplace": "amazon amazonservices ebay etsy zalando otto kaufland mirakl walmart bol",
    "carrier": "dhl ups fedex usps dpd gls hermes postnl sendcloud easypost shippo shipstation "
    "bpost starshipit envia tracking carrier",
    "finance": "stripe paypal adyen mollie razorpay authorize worldline klarna avalara avatax "
    "taxjar flutterwave mercadopago xendit buckaroo asiapay plaid ponto vies",
    "crm": "salesforce hubspot pipedrive zendesk freshdesk",
    "edi": "peppol edi as2 storecove",
    "wms": "wms warehouse",
    "tms": "tms transport",
    "analytics": "analytics segment mixpanel datadoghq sentry",
    "middleware": "zapier make n8n mulesoft boomi workato",
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}


def guess_kind(host: str) -> str:
    """One of the system kinds; ``other`` when the name tells nothing."""
    for word in reversed(re.split(r"[.\-_]", host.lower())):
        if word in _KINDS:
            return _KINDS[word]
    return "other"


def name_of(host: str) -> str:
    """A readable name: ``api.sandbox.dhl.com`` → ``dhl.com``; addresses stay as they are."""
    labels = host.split(".")
    if len(labels) < 3 or re.fullmatch(r"[0-9.]+|.*:.*", host):
        return host
    # Two-letter countries with a short second level (co.uk, com.br) need a label more.
    size = 3 if len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2
    return ".".join(labels[-size:])
