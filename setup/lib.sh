# shellcheck shell=bash
# Sourced by the scripts of this folder: finds a Python that Odoo 19 supports.
#
# INTEGRATION_MONITOR_PYTHON names one; else the first of python3, python3.13 … python3.10 on the path
# that fits and was built with optimisations, or the first that fits. It is kept in .odoo/python.

SETUP_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)

# Dozens of Odoo servers start in one run of the tests: what Python compiles for one is kept for the
# others, in .odoo, also where the environment (that of an image, say) wants no bytecode anywhere.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX=${SETUP_DIR%/setup}/.odoo/bytecode

find_python() {
    local answer candidate candidates check path=
    if [ -z "${INTEGRATION_MONITOR_PYTHON:-}" ] && [ -s "$SETUP_DIR/../.odoo/python" ]; then
        # The one that was found before: trying each costs time.
        path=$(<"$SETUP_DIR/../.odoo/python")
        if [ -x "$path" ]; then
            printf '%s\n' "$path"
            return
        fi
        path=
    fi
    # Says whether it was built with optimisations, too, as those of distributions are: one that
    # somebody compiled without takes a quarter longer for everything, and comes after the others.
    check='import sys, sysconfig; assert (3, 10) <= sys.version_info[:2] <= (3, 13)
import ensurepip, venv; options = sysconfig.get_config_var("CONFIG_ARGS") or ""
fast = sys.base_prefix == "/usr" or "--enable-optimizations" in options
print("fast" if fast else "slow", sys.executable)'
    read -ra candidates <<<"${INTEGRATION_MONITOR_PYTHON:-python3 python3.13 python3.12 python3.11 python3.10}"
    while read -r candidate; do
        answer=$("$candidate" -c "$check" 2>/dev/null) || continue
        path=${path:-${answer#* }}
        if [ "${answer%% *}" = fast ]; then
            path=${answer#* }
            break
        fi
    done < <(type -aP "${candidates[@]}" 2>/dev/null || true)
    if [ -n "$path" ]; then
        mkdir -p "$SETUP_DIR/../.odoo"
        printf '%s\n' "$path" >"$SETUP_DIR/../.odoo/python"
        printf '%s\n' "$path"
        return
    fi
    printf '%s\n' "setup: no Python 3.10 to 3.13 with the venv module: install one with \`apt install python3 python3-venv\`, or name one by INTEGRATION_MONITOR_PYTHON." >&2
    return 1
}

# provision COMMAND ARG…: runs `python -m provision` in place of this shell.
provision() {
    local python
    python=$(find_python) || exit 1
    PYTHONPATH=$SETUP_DIR exec "$python" -m provision "$@"
}
