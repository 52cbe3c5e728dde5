"""The demonstration: two companies, six partner systems and a scenario that keeps running."""
