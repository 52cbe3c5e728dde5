"""The test runner behind ``setup/test.sh``, and what tests and the demonstration share.

Runs in the run-time environment. For authors of tests: ``waiting`` (conditions and free ports),
``processes`` (Odoo servers as subprocesses), ``rpc`` (a client of Odoo's web API).
"""
