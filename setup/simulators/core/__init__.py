"""What every simulator shares: HTTP, faults, ledger, idempotency, webhooks, timers."""
