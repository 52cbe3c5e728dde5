#!/usr/bin/env bash
# Odoo's command line in the provisioned environment, for example
#
#   ./setup/odoo.sh -d mydb -u integration_monitor --stop-after-init
#   ./setup/odoo.sh shell -d mydb
#   ./setup/odoo.sh -d mydb --http-port 8070
#
# What is missing is provisioned first; PostgreSQL runs as long as somebody uses it. Several may run
# at once, each with a port of its own (--http-port, and --gevent-port with --workers).
# Environment variables: see setup/README.md.
set -euo pipefail
# shellcheck source=setup/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
provision odoo "$@"
