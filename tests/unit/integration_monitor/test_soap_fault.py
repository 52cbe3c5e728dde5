import pytest

from integration_monitor.tools import classify, errors
from integration_monitor.tools.soap_fault import read_fault

SOAP_1_1 = """<?xml version="1.0" encoding="iso-8859-1"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><id>7</id></s:Header>
 <s:Body><s:Fault><faultcode>{code}</faultcode><faultstring xml:lang="en">
   Unknown   postcode é</faultstring><detail><faultcode>x:Server</faultcode></detail></s:Fault>
</s:Body></s:Envelope>"""
SOAP_1_2 = """<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope">
<env:Body><env:Fault><env:Code><env:Value>{code}</env:Value>
  <env:Subcode><env:Value>m:BadPostcode</env:Value></env:Subcode></env:Code>
 <env:Reason><env:Text xml:lang="en">Unknown postcode é</env:Text></env:Reason></env:Fault>
</env:Body></env:Envelope>"""


@pytest.mark.parametrize(
    ("answer", "code", "kind", "error_class"),
    [
        (SOAP_1_1, "s:Client", errors.BusinessError, "business"),
        (SOAP_1_1, "s:Client.BadPostcode", errors.BusinessError, "business"),
        (SOAP_1_1, "Server", errors.RemoteError, "server"),
        (SOAP_1_1, "s:VersionMismatch", errors.ContractError, "contract"),
        (SOAP_1_2, "env:Sender", errors.BusinessError, "business"),
        (SOAP_1_2, "env:Receiver", errors.RemoteError, "server"),
        (SOAP_1_2, "env:MustUnderstand", errors.ContractError, "contract"),
    ],
)
def test_faults(answer, code, kind, error_class):
    """A wrong postcode, refused with SOAP's 500, takes the carrier for down."""
    for cut in (None, -30):
        text = answer.format(code=code)[:cut]
        for error in (classify.from_status(500, {}, text), classify.from_soap_fault(200, text)):
            assert type(error) is kind
            assert error.error_class == error_class
            assert error.message.endswith("It said: Unknown postcode é")
    assert classify.from_status(500, {}, text).retryable is (error_class == "server")


def test_codes_of_the_partner():
    """A code that SOAP does not know hides what the partner said."""
    text = SOAP_1_1.format(code="ns2:4711")
    error = classify.from_status(500, {}, text)
    assert (error.error_class, error.retryable) == ("server", True)
    assert error.message == "The partner answered HTTP 500. It said: Unknown postcode é"
    assert classify.from_soap_fault(200, text).error_class == "business"


def test_statuses_that_say_more():
    """A refused password is taken for a wrong document."""
    error = classify.from_status(401, {}, SOAP_1_1.format(code="s:Client"))
    assert error.error_class == "auth"
    assert "It said: Unknown postcode é" in error.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Fault",
        "{'Fault': 1}",
        "<html><body>Fault</body></html>",
        "<Envelope><Body><Fault><faultcode>Client</faultcode></Fault></Body></Envelope>",
        SOAP_1_1.format(code="s:Client")[:180],
        SOAP_1_1.format(code=""),
        pytest.param("<a>" * 5000 + "Fault", id="deep"),
        "<!DOCTYPE x [<!ENTITY e 'x'>]>" + SOAP_1_2.format(code="env:Sender"),
    ],
)
def test_what_is_no_fault(text):
    """Any page with the word Fault, or a bomb in XML, is read as one."""
    assert read_fault(text) is None
