#!/usr/bin/env bash
# Prints the interpreter that has aiortc; makes its environment in the folder named first. What it lacks it says on
# standard error, and fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=$1/foreign-python
wanted=$(cat "$here/requirements.txt")
if [ ! -x "$place/bin/python" ] || [ "$(cat "$place/made-for" 2>/dev/null)" != "$wanted" ]; then
  command -v python3 >/dev/null || { echo "python3 is not there" >&2; exit 1; }
  rm -rf "$place"
  python3 -m venv "$place" >&2 || { echo "python3 cannot make an environment (Debian: python3-venv)" >&2; exit 1; }
  "$place/bin/pip" install --quiet --disable-pip-version-check --no-input --only-binary :all: \
    --timeout 20 --retries 2 -r "$here/requirements.txt" >&2 || { echo "PyPI gives no aiortc" >&2; exit 1; }
  printf '%s\n' "$wanted" >"$place/made-for"
fi
echo "$place/bin/python"
