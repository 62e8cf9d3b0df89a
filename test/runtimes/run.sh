#!/usr/bin/env bash
# Runs one list of behaviours against every host, from the npm registry and nothing else.
# Arguments pick hosts by a part of their name: test/runtimes/run.sh deno workerd
set -euo pipefail
cd "$(dirname "$0")/../.."
platforms=test/runtimes/platforms
project=.cache/runtimes

mkdir -p "$project"
if ! cmp --silent "$platforms/package-lock.json" "$project/installed-lock.json"; then
  cp .npmrc "$platforms"/package.json "$platforms"/package-lock.json "$project"
  # Their install scripts would only link the executables, which are called by their paths.
  npm ci --ignore-scripts --prefix "$project"
  cp "$platforms/package-lock.json" "$project/installed-lock.json"
fi
exec node_modules/.bin/node test/runtimes/run.ts "$@"
