#!/usr/bin/env bash
# Writes .env for docker-compose.yml: every password random, none of them known to anybody before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${1:-.env}
if [[ -e $target ]]; then
    echo "$target is there already; remove it first to make new passwords (the running services keep the old ones)" >&2
    exit 1
fi

random() { # BYTES
    head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n'
}

umask 077
while IFS= read -r line; do
    case $line in
    *=) echo "$line$(random 24)" ;;
    *) echo "$line" ;;
    esac
done <.env.example >"$target"
settings=$(dirname "$target")/veille.yaml
[[ -e $settings ]] || cp veille.example.yaml "$settings"
echo "Wrote $target. What to watch stands in $settings; then: docker compose up --detach" >&2
