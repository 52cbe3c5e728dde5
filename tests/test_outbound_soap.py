import requests
import zeep

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_monitor.instrumentation import log_writer

from .common_outbound import OutboundCase

WSDL = """<definitions name="T" targetNamespace="urn:t" xmlns:tns="urn:t"
 xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<message name="In"><part name="a" type="xsd:string"/></message>
<message name="Out"><part name="r" type="xsd:string"/></message>
<portType name="P"><operation name="ship">
 <input message="tns:In"/><output message="tns:Out"/></operation></portType>
<binding name="B" type="tns:P">
 <soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
 <operation name="ship"><soap:operation soapAction="urn:ship"/>
  <input><soap:body use="literal" namespace="urn:t"/></input>
  <output><soap:body use="literal" namespace="urn:t"/></output></operation></binding>
<service name="S"><port name="Port" binding="tns:B">
 <soap:address location="http://127.0.0.1:{port}/ship"/></port></service></definitions>"""
FAULT = """<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<soap:Fault><faultcode>soap:{code}</faultcode>
<faultstring>Unknown postcode, AccountPassword=hunter2x</faultstring>
<detail><Password>hunter2x</Password></detail></soap:Fault></soap:Body></soap:Envelope>"""


@tagged("post_install", "-at_install")
class TestOutboundSoap(OutboundCase):
    """A carrier's SOAP service, called with zeep: its faults in its own words."""

    def ships(self, code, status, times=1):
        """Call the service. :return: (endpoint, lines of the calls)"""
        fault = self.wire.answer(FAULT.format(code=code).encode(), status, Content_Type="text/xml")

        def answer(connection):
            wsdl = WSDL.format(port=port).encode()
            asked = received[-1].startswith("GET")
            connection.sendall(self.wire.answer(wsdl) if asked else fault)
            return True

        with self.server(answer) as (port, received), self.lines() as seen:
            endpoint = self.partner(port)
            self.env["integration.endpoint"]._match_table()
            client = zeep.Client(f"http://127.0.0.1:{port}/wsdl")
            for _number in range(times):
                with self.assertRaises(zeep.exceptions.Fault):
                    client.service.ship("9999")
        lines = [line for line in seen if line.method == "POST"]
        self.assertEqual(len(lines), times)
        return endpoint, lines

    def test_faults(self):
        """What is wrong with a parcel is a page of XML, or a success."""
        for code, status, error_class in (
            ("Client", "500 Internal Server Error", "business"),
            ("Client", "200 OK", "business"),
            ("Server", "500 Internal Server Error", "server"),
            ("Server", "200 OK", "server"),
            ("MustUnderstand", "500 Internal Server Error", "contract"),
        ):
            with self.subTest(code, status=status):
                _endpoint, (line,) = self.ships(code, status)
                self.assertEqual((line.outcome, line.error_class), ("error", error_class))
                self.assertEqual(line.status_code, int(status[:3]))
                self.assertIn("It said: Unknown postcode", line.error_message)
                self.assertNotIn("<", line.error_message)
                self.assertIn("Unknown postcode", line.response_excerpt)
                self.assertNotIn("hunter2x", repr(line))
                log_writer.write_on(self.env.cr, [line])

    def test_a_carrier_that_refuses_is_not_down(self):
        """Six wrong postcodes, and the carrier is down."""
        endpoint, lines = self.ships("Client", "500 Internal Server Error", times=6)
        log_writer.write_on(self.env.cr, lines)
        self.env["integration.metric"]._roll_up_on(self.env.cr)
        self.env["integration.endpoint"]._watch_calls(fields.Datetime.now())
        self.env.invalidate_all()
        self.assertNotIn(endpoint.health, ("degraded", "down"))

    def test_other_xml_is_left_alone(self):
        """An answer that mentions a fault is taken for one."""
        body = b"<ship><DefaultFault>none</DefaultFault></ship>"
        answer = self.wire.answer(body, Content_Type="text/xml; charset=utf-8")
        with self.server(answer) as (port, _received), self.lines() as seen:
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
        (line,) = seen
        self.assertEqual((line.outcome, line.response_excerpt), ("ok", None))
