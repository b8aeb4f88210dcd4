#!/usr/bin/env bash
# Prints an interpreter that has what `requirements-NAME.txt` asks for: `python.sh FOLDER NAME`; makes its environment in
# that folder. What it lacks it says on standard error, and fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=$1/foreign-$2
requirements=$here/requirements-$2.txt
wanted=$(cat "$requirements")
if [ ! -x "$place/bin/python" ] || [ "$(cat "$place/made-for" 2>/dev/null)" != "$wanted" ]; then
  command -v python3 >/dev/null || { echo "python3 is not there" >&2; exit 1; }
  rm -rf "$place"
  python3 -m venv "$place" >&2 || { echo "python3 cannot make an environment (Debian: python3-venv)" >&2; exit 1; }
  "$place/bin/pip" install --quiet --disable-pip-version-check --no-input --only-binary :all: \
    --timeout 20 --retries 2 -r "$requirements" >&2 || { echo "PyPI does not give $(echo $wanted)" >&2; exit 1; }
  printf '%s\n' "$wanted" >"$place/made-for"
fi
echo "$place/bin/python"
