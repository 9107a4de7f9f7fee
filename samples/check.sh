#!/bin/bash
# Checks that the prebuilt ELFs are what the sources give: builds into a temporary directory and compares bytes.
# Exit status: 0 the same; 1 something differs, named on standard error; 2 cannot tell: no compiler, or another one than
# prebuilt/compiler.txt names.
set -euo pipefail
export LC_ALL=C
samples=$(cd "$(dirname "$0")" && pwd)
fresh=$(mktemp -d)
trap 'rm -r "$fresh"' EXIT

"$samples/build.sh" "$fresh"
if ! cmp -s "$fresh/compiler.txt" "$samples/prebuilt/compiler.txt"; then
  echo "check.sh: cannot compare: this is $(head -1 "$fresh/compiler.txt"), prebuilt/ was made by" \
    "$(head -1 "$samples/prebuilt/compiler.txt" 2>/dev/null || echo 'an unknown compiler')" >&2
  exit 2
fi
differs=0
for name in $( (cd "$fresh" && ls; cd "$samples/prebuilt" && ls) | sort -u); do
  if ! cmp -s "$fresh/$name" "$samples/prebuilt/$name"; then
    echo "check.sh: prebuilt/$name is not what the sources give: run samples/build.sh" >&2
    differs=1
  fi
done
exit $differs
