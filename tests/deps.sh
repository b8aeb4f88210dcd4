#!/usr/bin/env bash
# What a machine needs, by what it is for: `tests/deps.sh build`, `tests/deps.sh test`, `tests/deps.sh long`.
# Says what is missing and from where; on a terminal it asks before it installs, elsewhere it just does.
set -euo pipefail

purpose=${1:-test}

# What shows that it is there | Debian package | what it is for
packages=$(
  cat <<'TABLE'
/usr/bin/cc|build-essential|links the program, compiles SQLite and the cryptography of ring
TABLE
  [ "$purpose" = build ] || cat <<'TABLE'
/usr/lib/postgresql/*/bin/initdb|postgresql|the store's contract on the second engine, in a cluster of the tests' own
/usr/bin/ffmpeg|ffmpeg|makes sound and picture for the recorder's tests and judges its files
/usr/bin/pdftotext|poppler-utils|reads what stands in the papers
/usr/lib/python3*/ensurepip/__init__.py|python3-venv|an encoder and a display by other hands (aiortc, from PyPI)
/usr/bin/chromium|chromium|calls, screens and papers in a real browser
/usr/sbin/runuser|util-linux|runs PostgreSQL as its own user, mounts small disks to be filled
TABLE
  [ "$purpose" != long ] || cat <<'TABLE'
/usr/bin/firefox-esr|firefox-esr|the other browser in a call
/usr/bin/espeak-ng|espeak-ng|speaks the numbers that are looked for in a recording
/usr/lib/python3/dist-packages/gi/overrides/Gst.py|python3-gst-1.0|an encoder on GStreamer, driven from Python
/usr/lib/*/girepository-1.0/GstWebRTC-1.0.typelib|gir1.2-gst-plugins-bad-1.0|the same: what it is told by WHIP
/usr/lib/*/gstreamer-1.0/libgstwebrtc.so|gstreamer1.0-plugins-bad|the same: WebRTC and OpenH264
/usr/lib/*/gstreamer-1.0/libgstvpx.so|gstreamer1.0-plugins-good|the same: VP8
/usr/lib/*/gstreamer-1.0/libgstnice.so|gstreamer1.0-nice|the same: ICE
TABLE
)

wrong=0
say() { printf 'deps: %s\n' "$*" >&2; }

# Toolchains come from their makers: a distribution's are too old.
version_of() { "$1" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+' | head -1; }
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -1)" = "$2" ]; }
for tool in "cargo 1.95 https://rustup.rs" "node 20.19 https://nodejs.org" "npm 9.0 https://nodejs.org"; do
  read -r name wanted from <<<"$tool"
  have=$(version_of "$name" || true)
  if [ -z "$have" ] || ! at_least "$have" "$wanted"; then
    say "$name $wanted or newer is needed (here: ${have:-none}); from $from"
    wrong=1
  fi
done
[ "$wrong" = 0 ] || exit 1

missing=()
while IFS='|' read -r sign package use; do
  if ! compgen -G "$sign" >/dev/null; then
    say "$package is missing (Debian package): $use"
    missing+=("$package")
  fi
done <<<"$packages"

[ "${#missing[@]}" -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  say "this is no Debian: install the counterparts of ${missing[*]} and run this again"
  exit 1
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { say "run as root: apt-get install ${missing[*]}"; exit 1; }
  as_root=(sudo)
fi
if [ -t 0 ]; then
  read -r -p "Install ${missing[*]} from this machine's Debian archives? [y/N] " answer
  [[ $answer == [yY]* ]] || exit 1
fi
"${as_root[@]}" apt-get update -q
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qy --no-install-recommends "${missing[@]}"
