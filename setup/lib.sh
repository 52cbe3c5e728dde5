# shellcheck shell=bash
# Sourced by the scripts of this folder: finds a Python that Odoo 19 supports.
#
# INTEGRATION_MONITOR_PYTHON names one; else the first of python3, python3.13 … python3.10 that fits.
# The one that was found is kept in .odoo/python.

SETUP_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)

# Dozens of Odoo servers start in one run of the tests: what Python compiles for one is kept for the
# others, in .odoo, also where the environment (that of an image, say) wants no bytecode anywhere.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX=${SETUP_DIR%/setup}/.odoo/bytecode

find_python() {
    local check candidate path
    if [ -z "${INTEGRATION_MONITOR_PYTHON:-}" ] && [ -s "$SETUP_DIR/../.odoo/python" ]; then
        # The one that was found before: trying each costs time.
        path=$(<"$SETUP_DIR/../.odoo/python")
        if [ -x "$path" ]; then
            printf '%s\n' "$path"
            return
        fi
    fi
    check='import sys; assert (3, 10) <= sys.version_info[:2] <= (3, 13)
import ensurepip, venv; print(sys.executable)'
    for candidate in ${INTEGRATION_MONITOR_PYTHON:-python3 python3.13 python3.12 python3.11 python3.10}; do
        if path=$("$candidate" -c "$check" 2>/dev/null); then
            mkdir -p "$SETUP_DIR/../.odoo"
            printf '%s\n' "$path" >"$SETUP_DIR/../.odoo/python"
            printf '%s\n' "$path"
            return
        fi
    done
    printf '%s\n' "setup: no Python 3.10 to 3.13 with the venv module: install one with \`apt install python3 python3-venv\`, or name one by INTEGRATION_MONITOR_PYTHON." >&2
    return 1
}

# provision COMMAND ARG…: runs `python -m provision` in place of this shell.
provision() {
    local python
    python=$(find_python) || exit 1
    PYTHONPATH=$SETUP_DIR exec "$python" -m provision "$@"
}
