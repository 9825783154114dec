#!/bin/sh
# What the official docker image promises (https://hub.docker.com/_/docker): `docker run docker ps` runs
# `docker ps`, and without DOCKER_HOST the engine is the socket, or else the service named `docker`,
# with TLS when its client certificates are shared with this container.
set -eu

case ${1-} in
  "" | */* | sh | bash | dockerd*) ;;
  -*) set -- docker "$@" ;;
  *) if docker help "$1" >/dev/null 2>&1; then set -- docker "$@"; fi ;;
esac

has_certificates() {
  [ -n "${DOCKER_TLS_CERTDIR:-}" ] &&
    [ -s "$DOCKER_TLS_CERTDIR/client/ca.pem" ] &&
    [ -s "$DOCKER_TLS_CERTDIR/client/cert.pem" ] &&
    [ -s "$DOCKER_TLS_CERTDIR/client/key.pem" ]
}

if [ -z "${DOCKER_HOST:-}" ]; then
  if [ -S /var/run/docker.sock ]; then
    export DOCKER_HOST=unix:///var/run/docker.sock
  elif [ -n "${DOCKER_TLS_VERIFY:-}" ] || has_certificates; then
    export DOCKER_HOST=tcp://docker:2376
  else
    export DOCKER_HOST=tcp://docker:2375
  fi
fi
case $DOCKER_HOST in
  tcp:*)
    if [ -z "${DOCKER_TLS_VERIFY:-}" ] && [ -z "${DOCKER_CERT_PATH:-}" ] && has_certificates; then
      export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$DOCKER_TLS_CERTDIR/client"
    fi
    ;;
esac

case ${1-} in
  dockerd) shift; exec dockerd-entrypoint.sh dockerd "$@" ;;
esac
exec "$@"
