#!/usr/bin/env bash
# What only a machine with a GPU can show, in one report on stdout: under eight minutes, no network.
#
#   tools/gpu_check.sh > docs/measured/gpu-$(date +%F).md
#
# Asks with the Python of .venv, or of PYTHON; what is not installed there is said to be left out.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-$([ -x .venv/bin/python ] && echo .venv/bin/python || echo python3)}"
exec "$PYTHON" tools/gpu_check.py "$@"
