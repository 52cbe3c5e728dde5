"""Addresses that calls can use, and the words for those that none can."""

from odoo import api, models
from odoo.exceptions import ValidationError

from ..tools.http_address import address_fault, has_control_characters, path_fault
from ..tools.ssrf import parse_networks


class IntegrationEndpoint(models.Model):
    """Refuses what no call could use when it is entered; later the words come too late."""

    _inherit = "integration.endpoint"

    @api.constrains("base_url", "health_path", "allowed_networks")
    def _check_address(self):
        """Refuse an address that no call could use, with a word on what is wrong."""
        for endpoint in self:
            refusal = self._address_refusal(endpoint.base_url) or self._path_refusal(
                endpoint.health_path
            )
            if refusal:
                raise ValidationError(refusal)
            try:
                parse_networks(endpoint.allowed_networks or "")
            except ValueError as error:
                raise ValidationError(
                    self.env._("Private networks: %(error)s.", error=error)
                ) from error

    @api.constrains("hmac_prefix")
    def _check_hmac_prefix(self):
        """What stands before a signature travels in its header."""
        for endpoint in self:
            if has_control_characters(endpoint.hmac_prefix):
                raise ValidationError(
                    self.env._(
                        "What stands before the signature of “%(endpoint)s” holds a line break or "
                        "another invisible character: type it again.",
                        endpoint=endpoint.name,
                    )
                )

    @api.model
    def _address_refusal(self, address):
        """:return: why no call can go to the address, in words for a person, or False"""
        fault = address_fault(address)
        if not fault:
            return False
        return {
            "space": self.env._(
                "The address holds a space, a line break or another invisible character: copy it "
                "again, without."
            ),
            "incomplete": self.env._(
                "Enter the full address: it must start with http:// or https:// and name a host, "
                "for example https://api.partner.example/v1"
            ),
            "host": self.env._(
                "The address names no valid host: correct what stands after http:// or https://. "
                "An IPv6 address stands in brackets, for example http://[2001:db8::1]:8080/v1"
            ),
            "port": self.env._(
                "The port of the address, after the colon, must be a number from 1 to 65535."
            ),
            "login": self.env._("Put user and password into the credential, not into the address."),
        }[fault]

    @api.model
    def _path_refusal(self, path):
        """:return: why the path for the test cannot be called, in words for a person, or False"""
        fault = path_fault(path)
        if not fault:
            return False
        return {
            "space": self.env._(
                "The path for the test holds a space or another invisible character: correct it."
            ),
            "address": self.env._(
                "The path for the test is only what follows the address, for example /health."
            ),
        }[fault]
