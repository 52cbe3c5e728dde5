"""The customer and the addresses of a shop order."""

from psycopg2 import errors as pg_errors

from odoo import models

from ..tools.errors import MappingError, RetryLater


class IntegrationShopPartner(models.AbstractModel):
    """Finds or makes contacts; a second order of a customer makes nothing new."""

    _name = "integration.shop.partner"
    _description = "Customers of shop orders"

    def _shop_partner(self, flow, shop):
        """Return the customer of an order.

        Matched by the shop's customer id, then by e-mail address (guests too), else made.

        :param flow: ``integration.flow``
        :param shop: ``ShopOrder``
        :return: ``res.partner``
        """
        keys = [key for key in (shop.customer.external_id, shop.customer.email) if key]
        known = self.env["integration.mapping"]._search_values(flow, "customer", keys)
        partner = self.env["res.partner"]
        for key in keys:
            found = known.get(key, partner)
            if found and found.active:
                partner = found
                break
        partner = partner or self._shop_partner_by_contact(flow, shop)
        if not partner:
            partner = self.env["res.partner"].create(self._shop_partner_vals(flow, shop))
        self._remember_customer(flow, partner, [key for key in keys if known.get(key) != partner])
        return partner

    def _shop_partner_by_contact(self, flow, shop):
        """Return the contact with the customer's e-mail; without one, with name and address."""
        Partner = self.env["res.partner"]
        domain = [("company_id", "in", (flow.company_id.id, False)), ("type", "=", "contact")]
        if shop.customer.email:
            return Partner.search(
                [*domain, ("email_normalized", "=", shop.customer.email)], order="id", limit=1
            )
        address = shop.billing or shop.shipping
        name = shop.customer.name or address.name
        if not name or not address.zip:
            return Partner
        namesakes = Partner.search(
            [*domain, ("name", "=", name), ("zip", "=", address.zip), ("email", "=", False)],
            limit=20,
        )
        values = self._shop_address_vals(flow, shop, address)
        wanted = self._address_key(values)
        return namesakes.filtered(lambda partner: self._partner_key(partner) == wanted)[:1]

    def _shop_partner_vals(self, flow, shop):
        """Return the values of a new customer; the billing address is its own."""
        address = shop.billing or shop.shipping
        customer = shop.customer
        values = self._shop_address_vals(flow, shop, address)
        values.update(
            name=customer.name
            or address.name
            or customer.company
            or customer.email
            or self.env._("Customer of order %s", shop.name),
            email=customer.email or False,
            phone=customer.phone or address.phone or False,
            company_name=customer.company or False,
        )
        if flow.partner_tag_id:
            values["category_id"] = [(4, flow.partner_tag_id.id)]
        return values

    def _shop_address(self, flow, shop, partner, address, kind):
        """Return the contact for an address: the customer, one of its addresses, or a new one.

        :param kind: ``invoice`` or ``delivery``
        """
        if not address:
            return partner
        values = self._shop_address_vals(flow, shop, address)
        values["name"] = self._address_name(partner, address)
        wanted = self._address_key(values)
        for candidate in partner | partner.child_ids:
            if self._partner_key(candidate) == wanted:
                return candidate
        return self.env["res.partner"].create(
            {
                **values,
                "parent_id": partner.id,
                "type": kind,
                "phone": address.phone or False,
            }
        )

    def _address_name(self, partner, address):
        if address.company and address.company != partner.commercial_company_name:
            return ", ".join(part for part in (address.company, address.name) if part)
        return address.name or partner.name

    def _shop_address_vals(self, flow, shop, address):
        """Return the values of a contact for an address.

        :raise MappingError: a country that Odoo does not know
        """
        country = self._shop_country(flow, shop, address)
        return {
            "name": address.name,
            "street": address.street or False,
            "street2": address.street2 or False,
            "city": address.city or False,
            "zip": address.zip or False,
            "country_id": country.id,
            "state_id": self._shop_state(shop, address, country).id,
        }

    def _shop_country(self, flow, shop, address):
        Country = self.env["res.country"]
        value = address.country_code or address.country_name
        if not value:
            return Country
        country = Country.search([("code", "=", address.country_code)], limit=1)
        mapped = self.env["integration.mapping"]._resolve
        for candidate in (address.country_code, address.country_name):
            country = country or (candidate and mapped(flow, "country", candidate)) or Country
        if not country and address.country_name:
            country = Country.search([("name", "=", address.country_name)], limit=1)
        if not country:
            raise MappingError(
                "res.country",
                "code",
                value,
                self.env._(
                    "Country “%(country)s” of order %(order)s is not known. Map it under "
                    "Integrations ▸ Configuration ▸ Mappings, then press Retry.",
                    country=value,
                    order=shop.name,
                ),
            )
        return country

    def _shop_state(self, shop, address, country):
        State = self.env["res.country.state"]
        if not country or not (address.state_code or address.state_name):
            return State
        domain = [("country_id", "=", country.id)]
        state = State.search([*domain, ("code", "=", address.state_code.upper())], limit=1)
        if not state and (address.state_name or address.state_code):
            name = address.state_name or address.state_code
            state = State.search([*domain, ("name", "=", name)], limit=1)
        if not state:
            warning = self.env._(
                "State “%(state)s” is not known in %(country)s and was left out of the address.",
                state=address.state_name or address.state_code,
                country=country.name,
            )
            if warning not in shop.warnings:
                shop.warnings.append(warning)
        return state

    def _address_key(self, values):
        """Return what makes two addresses the same, blind to case and spacing."""
        texts = (values.get(key) for key in ("name", "street", "street2", "city", "zip"))
        words = tuple(" ".join((text or "").casefold().split()) for text in texts)
        return (*words, values.get("state_id") or False, values.get("country_id") or False)

    def _partner_key(self, partner):
        return self._address_key(
            {
                "name": partner.name,
                "street": partner.street,
                "street2": partner.street2,
                "city": partner.city,
                "zip": partner.zip,
                "state_id": partner.state_id.id,
                "country_id": partner.country_id.id,
            }
        )

    def _remember_customer(self, flow, partner, keys):
        """Map the shop's identifiers to the contact.

        The unique index on mappings also keeps two orders of one new customer, handled at the
        same time, from making two contacts: the second one starts again and finds the first.

        :raise RetryLater: another order is making the same customer right now
        """
        if not keys:
            return
        # Mappings are configuration; the account may not write them in general.
        Mapping = self.env["integration.mapping"].sudo()
        stale = Mapping.search(
            [
                ("system_id", "=", flow.system_id.id),
                ("flow_id", "=", False),
                ("kind", "=", "customer"),
                ("external_value", "in", keys),
            ]
        )
        stale.write({"res_model": partner._name, "res_id": partner.id})
        missing = set(keys) - set(stale.mapped("external_value"))
        try:
            with self.env.cr.savepoint():
                Mapping.create(
                    [
                        {
                            "system_id": flow.system_id.id,
                            "kind": "customer",
                            "external_value": key,
                            "res_model": partner._name,
                            "res_id": partner.id,
                        }
                        for key in sorted(missing)
                    ]
                )
                Mapping.flush_model()
        except (pg_errors.UniqueViolation, pg_errors.SerializationFailure) as error:
            raise RetryLater(
                2, self.env._("Another order is making the same customer; trying again.")
            ) from error
