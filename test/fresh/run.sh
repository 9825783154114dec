#!/usr/bin/env bash
# `npm run test:fresh`: both commands of the README on a machine that is as good as new. It is a Debian root made by
# debootstrap, with Node, git and apt, in namespaces of its own: processes, mounts and network are not this machine's,
# and the engine that set-up starts there has never run before. This machine's engine is not touched.
#
#   --if-changed   does nothing where what set-up is made of has passed before (test/fresh/passed)
#   --whole        runs all of `npm test` instead of the engine's tests and some pushes
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
passed=$here/passed
tests=(.engine.test.ts end-to-end/pushes.test.ts)
only_if_changed=

for option in "$@"; do
  case $option in
    --if-changed) only_if_changed=yes ;;
    --whole) tests=() ;;
    *) echo "test:fresh knows --if-changed and --whole, not $option" >&2; exit 2 ;;
  esac
done

fail() {
  echo "test:fresh cannot run here: $1" >&2
  exit 1
}

# What decides whether a fresh machine gets everything: set-up, its bundles, the packages, and this test.
state() {
  cd "$repository"
  {
    git ls-files -co --exclude-standard -- local/setup local/bundle test/fresh package-lock.json vitest.config.ts |
      { grep -v '^test/fresh/passed$' || true; } | LC_ALL=C sort | xargs -d '\n' sha256sum
    node -p 'const { scripts } = require("./package.json"); [scripts.demo, scripts.test, scripts.check].join("\n")'
  } | sha256sum | cut -d ' ' -f 1
}

hash=$(state)
if [ -n "$only_if_changed" ] && [ "$(cat "$passed" 2>/dev/null)" = "$hash" ]; then
  echo "A fresh machine has passed with this set-up ($hash)."
  exit 0
fi

[ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] || fail "it needs Linux and root"
command -v apt-get >/dev/null || fail "it needs Debian's apt"
missing=()
for program in debootstrap:debootstrap ip:iproute2 iptables:iptables unshare:util-linux; do
  command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  install=(apt-get install -y -q --no-install-recommends "${missing[@]}")
  "${install[@]}" >/dev/null 2>&1 || { apt-get update -q >/dev/null && "${install[@]}" >/dev/null; }
fi

root=$(mktemp -d "${SLIPWAY_FRESH_DIRECTORY:-/var/tmp}/slipway-fresh-XXXXXX")
chmod 755 "$root"
subnet=10.213.87
link=slipfresh$((BASHPID % 10000))
rules() {
  iptables "$1" FORWARD ${2:-} -i "$link" -j ACCEPT
  iptables "$1" FORWARD ${2:-} -o "$link" -j ACCEPT
  iptables -t nat "$1" POSTROUTING ${2:-} -s $subnet.0/30 ! -o "$link" -j MASQUERADE
}
clean_up() {
  status=$?
  trap - EXIT
  # Everything in the namespaces ends with their first process; mounts of theirs were never seen here.
  [ -z "${inside:-}" ] || kill -KILL "$inside" 2>/dev/null || true
  wait 2>/dev/null || true
  rules -D 2>/dev/null || true
  ip link delete "$link" 2>/dev/null || true
  rm -rf --one-file-system "$root"
  exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -oE '^[^#]*https?://[^] ]+' |
  grep -oE 'https?://.*' | grep -vE 'security|snapshot' | grep debian | head -n 1) || true
mirror=${mirror:-http://deb.debian.org/debian}
echo "A Debian root ($suite from $mirror) …"
debootstrap --variant=minbase --include=ca-certificates,git "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
  { tail -20 "$root.log" >&2; rm -f "$root.log"; fail "debootstrap failed"; }
rm -f "$root.log"

# The machine's own way to Debian and to its certificates; Node and npm as they are here.
cp -a /etc/apt/. "$root/etc/apt/"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
grep -vE '127\.|::1|localhost|^#|^$' /etc/hosts >>"$root/etc/hosts" || true
install -D "$(node -p process.execPath)" "$root/usr/local/bin/node"
mkdir -p "$root/usr/local/lib/node_modules"
cp -a "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" "$root/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"

# The repository as it is here, without what is installed or made.
git clone -q --no-local "$repository" "$root/root/slipway"
git -C "$repository" ls-files -z -d | (cd "$root/root/slipway" && xargs -0 -r rm -f)
git -C "$repository" ls-files -z -co --exclude-standard | while IFS= read -r -d '' file; do
  if [ -e "$repository/$file" ]; then printf '%s\0' "$file"; fi
done | tar -C "$repository" --null -T - -c | tar -C "$root/root/slipway" -x

cat >"$root/root/in-the-root.sh" <<'SCRIPT'
set -euo pipefail
cd /root/slipway
echo "--- npm run demo"
npm run demo
echo "--- npm test" "$@"
if [ $# -gt 0 ]; then npm test -- "$@"; else npm test; fi
SCRIPT

cat >"$root/root/enter.sh" <<'SCRIPT'
set -euo pipefail
root=$1
shift
mount --make-rprivate /
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip link set lo up
# A chroot would not do: the kernel lets nothing below one make a user namespace.
cd "$root"
pivot_root . .
umount -l .
exec /bin/bash /root/in-the-root.sh "$@"
SCRIPT

# Nothing of this environment comes along but ways through proxies and to certificates.
environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 CI=true)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS SLIPWAY_OFFLINE; do
  [ -z "${!name:-}" ] || environment+=("$name=${!name}")
done
environment+=("npm_config_registry=$(npm config get registry)")

echo "The README's commands in it …"
env -i "${environment[@]}" unshare --mount --net --pid --ipc --uts --fork --kill-child \
  bash "$root/root/enter.sh" "$root" ${tests[@]+"${tests[@]}"} &
inside=$!
# The first process of the namespaces is the child of unshare.
until child=$(pgrep -P "$inside" -n) && [ "$(readlink "/proc/$child/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
  kill -0 "$inside" || fail "namespaces cannot be made"
  sleep 0.05
done
sysctl -q -w net.ipv4.ip_forward=1
ip link add "$link" type veth peer name eth0 netns "/proc/$child/ns/net"
ip address add $subnet.1/30 dev "$link"
ip link set "$link" up
rules -I
nsenter --target "$child" --net ip address add $subnet.2/30 dev eth0
nsenter --target "$child" --net ip link set eth0 up
nsenter --target "$child" --net ip route add default via $subnet.1
wait "$inside" && inside= || { status=$?; inside=; echo "test:fresh: failed on the fresh machine" >&2; exit $status; }

echo "$hash" >"$passed"
echo "A fresh machine passes; test/fresh/passed says so."
