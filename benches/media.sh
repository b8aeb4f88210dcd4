#!/usr/bin/env bash
# Builds the benchmark and runs it: the server on processor 0, the load on processor 1, in a network namespace with
# addresses of its own, so that nothing of it leaves this machine and nobody else is in the way. Janus does not use the
# loopback device, so all of them are reached at the address of a virtual one; the packets take the same way.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(nproc)" -lt 2 ]; then
  echo "the benchmark needs two processors: one for the server, one for the load" >&2
  exit 1
fi
# Without the papers, which would take most of the build and nothing of the measuring.
build=(bench --locked --profile speed --no-default-features --bench media)
cargo "${build[@]}" --no-run

network='ip link set lo up && ip link add va type veth peer name vb && ip link set va up && ip link set vb up &&
  ip addr add 10.99.0.1/24 dev va'
own=(unshare --net)
[ "$(id -u)" = 0 ] || own=(unshare --map-root-user --net)
address=10.99.0.1
if ! "${own[@]}" bash -c "$network" 2>/dev/null; then
  echo '{"bench":"network","missing":"no network namespace of its own (unshare --net): loopback instead, without Janus"}'
  exec taskset -c 1 cargo "${build[@]}" -- --no-peers "$@"
fi
printf '{"bench":"machine","processors":%s,"model":"%s","kernel":"%s","load_average":"%s"}\n' \
  "$(nproc)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(uname -r)" "$(cut -d' ' -f1-3 /proc/loadavg)"
"${own[@]}" bash -c "$network"' && exec taskset -c 1 cargo --offline "$@"' bench \
  "${build[@]}" -- --address "$address" "$@"
