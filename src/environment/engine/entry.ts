import { closeMetadata } from "#engine/metadata.ts";
import type { Buildspec } from "../buildspec/buildspec.ts";
import { buildspecScript } from "../buildspec/script.ts";

/** Where an engine container keeps what it is given before its start. */
export const ENTRY_FILES = {
  entry: "slipway/entry.sh",
  buildspec: "slipway/buildspec.sh",
  runner: "slipway/runner.mjs",
  ticket: "slipway/ticket",
  engine: "etc/docker/daemon.json",
} as const;

/** Exit statuses by which the entry tells its own failures from the buildspec's. */
export const ENTRY_STATUS = { noEngine: 125, timedOut: 124 } as const;

/** The phases of a buildspec as the script that the entry runs. */
export function containerScript(buildspec: Buildspec): string {
  return `trap : TERM
mkdir -p "$SLIPWAY_DIRECTORY" && cd "$SLIPWAY_DIRECTORY" || exit
${buildspecScript(buildspec)}exit $slipway_status
`;
}

/**
 * The first process of an engine container, in bash: does what the entry of a CodeBuild image does in
 * privileged mode (engine at the Unix socket, overlay2, one more try with its databases removed), then
 * runs the buildspec for at most its time. All other processes end with it.
 */
export function entryScript(
  timeoutSeconds: number,
  { allowMetadata = false }: { readonly allowMetadata?: boolean } = {},
): string {
  const closing = `if ! (
${closeMetadata([{ behind: "any" }, "everything beside the engine"])}); then
  echo "The cloud's metadata is in reach of this environment's jobs: iptables cannot close it."
fi
`;
  return `#!/bin/bash
log=/var/log/dockerd.log
mkdir -p /tmp /var/log /var/run && chmod 1777 /tmp

# Control groups of containers cannot be made beside processes (cgroups v2: "no internal processes").
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  for pid in $(cat /sys/fs/cgroup/cgroup.procs); do
    echo "$pid" >/sys/fs/cgroup/init/cgroup.procs
  done 2>/dev/null
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
  done 2>/dev/null
fi
# Volumes of the engine's containers are to see what is mounted later.
mount --make-rshared / 2>/dev/null

start_engine() {
  rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
  dockerd --host=unix:///var/run/docker.sock >"$log" 2>&1 &
  engine=$!
  for ((waited = 0; waited < 3000; waited++)); do
    grep -q 'API listen on' "$log" && return 0
    kill -0 "$engine" 2>/dev/null || return 1
    sleep 0.02
  done
  return 1
}

if ! start_engine; then
  kill -9 "$engine" 2>/dev/null
  pkill -9 containerd 2>/dev/null
  rm -f /var/lib/docker/network/files/local-kv.db /var/lib/docker/volumes/metadata.db \\
    /var/lib/docker/buildkit/*.db \\
    /var/lib/docker/containerd/daemon/io.containerd.metadata.v1.bolt/meta.db
  if ! start_engine; then
    echo "The engine does not start. It said last:"
    tail -n 5 "$log"
    exit ${ENTRY_STATUS.noEngine}
  fi
fi

${allowMetadata ? "" : closing}
SLIPWAY_TICKET=$(cat /${ENTRY_FILES.ticket})
rm -f /${ENTRY_FILES.ticket}
export SLIPWAY_TICKET
began=$SECONDS
set -m
bash --norc /${ENTRY_FILES.buildspec} </dev/null &
main=$!
set +m
unset SLIPWAY_TICKET
{ sleep ${timeoutSeconds}; kill -TERM -$main; sleep 30; kill -KILL -$main; } 2>/dev/null &
wait "$main"
status=$?
[ $((SECONDS - began)) -lt ${timeoutSeconds} ] || exit ${ENTRY_STATUS.timedOut}
if [ $status -ne 0 ]; then
  for place in / /var/lib/docker; do
    free=$(df -Pk "$place" | tail -n 1 | sed 's/  */ /g' | cut -d ' ' -f 4)
    [ "\${free:-1000000}" -gt 10240 ] || echo "The disk is full: less than 10 MiB free at $place."
  done
fi
exit $status
`;
}
