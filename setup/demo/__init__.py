"""The demonstration: two companies, five partner systems and a scenario that keeps running."""
