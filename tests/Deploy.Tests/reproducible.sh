#!/usr/bin/env bash
# Builds the image twice, from two clean checkouts of the commit, and compares the digests. Takes some minutes. Exit status 1: they differ.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for copy in one another-one; do
    git clone -q . "$work/$copy"
    git -C "$work/$copy" checkout -q "$(git rev-parse HEAD)"
    "$work/$copy/deploy/image/build.sh" --no-load --output "$work/$copy.tar" | tee "$work/$copy.line"
done
cmp "$work/one.line" "$work/another-one.line"
cmp "$work/one.tar" "$work/another-one.tar"
echo 'the same'
