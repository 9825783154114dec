#!/bin/sh
# What the official docker:dind image promises: an engine at the socket and at 2376 with TLS, its
# certificates in $DOCKER_TLS_CERTDIR, or at 2375 without TLS when DOCKER_TLS_CERTDIR is empty.
set -eu

case ${1-} in
  "" | -*) set -- dockerd "$@" ;;
esac
if [ "$1" != dockerd ]; then
  exec docker-entrypoint.sh "$@"
fi
shift

certificate() { # name, subject, extensions
  [ -s "$1/key.pem" ] || openssl genrsa -out "$1/key.pem" 2048 2>/dev/null
  openssl req -new -key "$1/key.pem" -subj "/CN=$2" -out "$1/csr.pem"
  printf '%s\n' "$3" >"$1/extensions"
  openssl x509 -req -in "$1/csr.pem" -CA "$1/ca.pem" -CAkey "$directory/ca/key.pem" -CAcreateserial \
    -days 825 -extfile "$1/extensions" -out "$1/cert.pem" 2>/dev/null
  openssl verify -CAfile "$1/ca.pem" "$1/cert.pem" >/dev/null
}

if [ -n "${DOCKER_TLS_CERTDIR:-}" ]; then
  directory=$DOCKER_TLS_CERTDIR
  mkdir -p "$directory/ca" "$directory/server" "$directory/client"
  [ -s "$directory/ca/key.pem" ] || openssl genrsa -out "$directory/ca/key.pem" 2048 2>/dev/null
  openssl req -x509 -new -key "$directory/ca/key.pem" -subj "/CN=docker:dind CA" -days 825 \
    -out "$directory/ca/cert.pem"
  cp "$directory/ca/cert.pem" "$directory/server/ca.pem"
  cp "$directory/ca/cert.pem" "$directory/client/ca.pem"
  names="DNS:docker,DNS:localhost,DNS:$(hostname),IP:127.0.0.1"
  for address in $(hostname -i); do names="$names,IP:$address"; done
  certificate "$directory/server" docker:dind "subjectAltName=$names"
  certificate "$directory/client" "docker:dind client" "extendedKeyUsage=clientAuth"
  set -- --host=tcp://0.0.0.0:2376 --tlsverify --tlscacert="$directory/server/ca.pem" \
    --tlscert="$directory/server/cert.pem" --tlskey="$directory/server/key.pem" "$@"
else
  set -- --host=tcp://0.0.0.0:2375 --tls=false "$@"
fi
rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
exec docker-init -- dockerd --host=unix:///var/run/docker.sock "$@"
