#!/usr/bin/env bash
# Runs Odoo's own tests, and queue_job's, with the suite installed and without, and compares.
#
#   ./setup/upstream_tests.sh                     sale_stock stock_delivery purchase_stock payment queue_job
#   ./setup/upstream_tests.sh payment queue_job   other modules of the template databases
#   ./setup/upstream_tests.sh --json result.json
#
# Prints what fails only with the suite (exit code 1) and what also fails without it. Logs are in
# .odoo/logs/upstream. It takes about half an hour.
set -euo pipefail
# shellcheck source=setup/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
provision run "$SETUP_DIR/../.odoo/venv/bin/python" "$SETUP_DIR/testing/upstream.py" "$@"
