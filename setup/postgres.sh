#!/usr/bin/env bash
# The PostgreSQL server that the scripts use: `start` keeps it running until `stop`; `status` shows it;
# `psql ARG…` opens a prompt, for example `./setup/postgres.sh psql mydb`.
set -euo pipefail
# shellcheck source=setup/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
if [ "${1:-}" = psql ]; then
    provision run "$@"
fi
provision postgres "$@"
