#!/bin/sh
echo "deployed by the sample's own script"
