#!/usr/bin/env bash
# The demonstration: provisions what is missing, starts Odoo with its job runner and the partner
# systems, plays a scenario, prints where to look, and runs until Ctrl-C.
#
#   ./setup/demo.sh              Odoo on port 8069, database integration_demo, admin/admin
#   ./setup/demo.sh --port 8080
#   ./setup/demo.sh --fresh      start from a new database
#   ./setup/demo.sh --once       end when the scenario has been played
set -euo pipefail
# shellcheck source=setup/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
provision run python "$SETUP_DIR/demo/__main__.py" "$@"
