"""Plain typed Python of the webhook addon: limits, refusals, throttle, signature adapters."""
