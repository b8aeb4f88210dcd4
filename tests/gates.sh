#!/usr/bin/env bash
# The gates of `make test`: cheap ones first, the first that fails ends it. `tests/gates.sh lint rust` runs only those.
# The last line counts what was really run.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never} NO_COLOR=1 INSTA_UPDATE=no
# One set of features everywhere (`pdf` is on by default), so that the tree of dependencies is checked once for clippy
# and built once for tests.
cargo_target=${CARGO_TARGET_DIR:-target}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

format() { cargo fmt --all --check; }

web() {
  npm --prefix web ci --no-audit --no-fund
  npm --prefix web run typecheck
  npm --prefix web run lint
  npm --prefix web test
  npm --prefix web run build
}

lint() {
  cargo clippy --locked --workspace --all-targets -- -D warnings
  cargo clippy --locked --no-default-features --lib --bins -- -D warnings
}

# No doctests: examples live in tests, and an empty doctest run would be the last thing a reader of the log sees.
rust() { cargo test --locked --workspace --lib --bins --tests; }

# What needs the machine for itself.
alone() { cargo test --locked --workspace --test it -- --ignored --nocapture three_hundred_points; }

# The same with program and points optimised: the time is promised of that. Building it takes minutes.
storm() { cargo test --locked --profile speed --no-default-features --test it -- --ignored --nocapture three_hundred_points; }

# Real browsers against the program that `rust` has built.
browser() {
  [ -d web/e2e ] || { echo "web/e2e is not there: nothing to run"; return; }
  shopt -s nullglob
  local scripts=(web/e2e/day.mjs web/e2e/*.test.mjs) ran=0
  [ -n "$(compgen -G 'web/e2e/*.mjs')" ] || { echo "web/e2e is empty"; return 1; }
  for script in "${scripts[@]}"; do
    [ -f "$script" ] || continue
    echo "-- $script"
    ran=$((ran + 1)) code=0
    DIEMCAU_BIN="$cargo_target/debug/diemcau" node "$script" || code=$?
    case $code in
      0) echo "browser result: 1 passed" ;;
      # What the machine does not allow; the script has said what.
      77) echo "browser result: 1 skipped" ;;
      *) return "$code" ;;
    esac
  done
  [ "$ran" -gt 0 ] || echo "browser result: 1 skipped (web/e2e/day.mjs is not there)"
}

# What takes minutes in real browsers; only `make test-long` asks for it.
long() {
  for script in web/e2e/poor-lines.mjs web/e2e/firefox.mjs; do
    echo "-- $script"
    DIEMCAU_BIN="$cargo_target/debug/diemcau" node "$script"
    echo "browser result: 1 passed"
  done
}

state_of_the_tree() { { git status --porcelain; git diff; } | sha256sum; }

# Generated and golden files are compared by the tests themselves; whatever a test wrote instead shows here.
untouched() {
  [ "$(state_of_the_tree)" = "$tree_before" ] || { git status --short; echo "the tests changed the tree"; return 1; }
}

case $cargo_target in /*) ;; *) cargo_target=$PWD/$cargo_target ;; esac
tree_before=$(state_of_the_tree)
began=$SECONDS
for gate in ${@:-format web lint rust alone browser untouched}; do
  printf '\n== %s\n' "$gate"
  since=$SECONDS
  # Not within `if` or `||`: there `set -e` would not hold inside the gate.
  set +e
  (set -e; "$gate") 2>&1 | tee -a "$log"
  code=${PIPESTATUS[0]}
  set -e
  if [ "$code" != 0 ]; then
    printf '== %s failed after %s s\n' "$gate" "$((SECONDS - since))"
    exit 1
  fi
  printf '== %s passed in %s s\n' "$gate" "$((SECONDS - since))"
done

printf '\n== all gates passed in %s s\n' "$((SECONDS - began))"
# cargo: `test result: ok. 5 passed; 0 failed; 1 ignored; …`; vitest: `Tests  73 passed | 1 skipped (74)`.
awk '
  /^test result: / { passed += $4; failed += $6; skipped += $8 }
  /^ *Tests +[0-9]/ { for (i = 2; i < NF; i++) { if ($(i + 1) ~ /^passed/) passed += $i; if ($(i + 1) ~ /^skipped/) skipped += $i } }
  /^browser result: / { if ($4 == "passed") passed += $3; else skipped += $3 }
  END { if (passed + failed + skipped) printf "total: %d passed, %d failed, %d skipped\n", passed, failed, skipped }
' "$log"
