#!/usr/bin/env bash
# Runs every test: Odoo tests of each addon, beside them linters and unit tests, then end-to-end
# tests.
#
#   ./setup/test.sh                          everything
#   ./setup/test.sh integration_monitor      one addon: its Odoo tests and tests/unit/<addon>, as many
#                                            as are done within a minute and a half
#   ./setup/test.sh --all integration_monitor                             all of them
#   ./setup/test.sh --tags /integration_monitor:TestFlow.test_pause
#   ./setup/test.sh tests/unit/integration_monitor/test_backoff.py
#   ./setup/test.sh integration_monitor/tests/test_flow.py
#   ./setup/test.sh lint | unit | odoo | e2e    single stages; -k EXPRESSION goes to pytest
#   ./setup/test.sh --no-lint
#
# The last line is `N passed, N failed, N skipped`; the exit code tells whether anything failed.
# What is missing is provisioned first. Nothing is left behind but logs in .odoo/logs.
set -euo pipefail
# shellcheck source=setup/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
provision test "$@"
