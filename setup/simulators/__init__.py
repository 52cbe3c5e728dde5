"""Partner simulators: shop, warehouse system, carrier, finance system; each an HTTP process."""
