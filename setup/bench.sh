#!/usr/bin/env bash
# Measures what the suite costs, each figure beside its baseline of the same run.
#
#   ./setup/bench.sh document                 orders, transfers and invoices with and without the suite
#   ./setup/bench.sh log                      calls, API calls, jobs, scheduled actions; 300 observations/s
#   ./setup/bench.sh log-list                 the log's screen over 5 million lines
#   ./setup/bench.sh message                  throughput, delay and backlog of messages; a hanging partner
#   ./setup/bench.sh process                  200,000 transactions: deadlines and screens; existing orders
#   ./setup/bench.sh rollup                   a million lines into figures, then a busy minute
#   ./setup/bench.sh document --pairs 60 --json document.json
#   ./setup/bench.sh --help
#
# Prints a table; the JSON goes to .odoo/bench/<name>.json or where --json says. What is missing is
# provisioned first, databases of its own are made and dropped. Run it on an otherwise idle machine.
set -euo pipefail
# shellcheck source=setup/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
provision run "$SETUP_DIR/../.odoo/venv/bin/python" "$SETUP_DIR/bench/main.py" "$@"
