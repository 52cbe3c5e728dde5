#!/usr/bin/env bash
# Runs the linters; what is missing is provisioned first.
#
#   ./setup/lint.sh                 all of them
#   ./setup/lint.sh --fix           repairs what can be repaired
#   ./setup/lint.sh ruff prettier   some of them (`./setup/lint.sh --help` names all)
#   ./setup/lint.sh integration_monitor/models   on some files
set -euo pipefail
# shellcheck source=setup/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
provision lint "$@"
