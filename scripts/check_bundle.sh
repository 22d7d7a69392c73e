#!/bin/sh
# Rebuilds the designer from its sources in a copy, checks them, and compares the result with the committed bundle.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "The bundle check needs Node 20.19 or newer and npm, and found none on the PATH." >&2
    exit 1
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/workflows/designer" "$copy/static"
(cd "$root/workflows/designer" && tar --exclude=./node_modules -cf - .) | tar -xf - -C "$copy/workflows/designer"
cd "$copy/workflows/designer"
npm ci --no-audit --no-fund --silent
npm run --silent check
npm run --silent build
if ! diff -rq "$copy/static/designer" "$root/static/designer"; then
    echo "static/designer is not what the sources build: run 'npm run build' in workflows/designer and commit." >&2
    exit 1
fi
