#!/bin/sh
set -e
echo "Deploying $CONTAINER_RELEASE_IMAGE"
docker pull -q "$CONTAINER_RELEASE_IMAGE"
docker run --rm "$CONTAINER_RELEASE_IMAGE"
