#!/bin/sh
# Pin anew what pyproject.toml asks for. The files name packages and hashes, no host.
set -eu
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile "$@" --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -q --python-version 3.11; }
compile pyproject.toml -o requirements/run.txt
compile pyproject.toml --group dev --group bench -o requirements/dev.txt
echo "uv" | compile - -o requirements/uv.txt
