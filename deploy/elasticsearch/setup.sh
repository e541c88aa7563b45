#!/usr/bin/env bash
# Gives Kibana its password and veille its API keys, once Elasticsearch answers: KEYS/sink and KEYS/reader.
set -euo pipefail

url=${ELASTICSEARCH_URL:-https://elasticsearch:9200}
keys=${KEYS:-/keys}
requests=${REQUESTS:-/deploy/elasticsearch}

# The password goes through a file, not through the arguments that every process can see.
login=$(mktemp)
trap 'rm -f "$login"' EXIT
echo "user = \"elastic:${ELASTIC_PASSWORD:?}\"" >"$login"
ask() { # METHOD PATH JSON
    curl --silent --show-error --fail --cacert "${CA:-/certs/ca.pem}" --config "$login" \
        --request "$1" "$url$2" --header 'Content-Type: application/json' --data "$3"
}

ask POST /_security/user/kibana_system/_password "{\"password\": \"${KIBANA_PASSWORD:?}\"}" >/dev/null
for role in sink reader; do
    [[ -s $keys/$role ]] && continue
    answer=$(ask POST /_security/api_key "$(cat "$requests/$role.json")")
    key=$(sed -nE 's/.*"encoded" *: *"([^"]+)".*/\1/p' <<<"$answer")
    [[ $key =~ ^[A-Za-z0-9+/=]{20,}$ ]] || { echo "Elasticsearch answered without an API key" >&2; exit 1; }
    echo "$key" >"$keys/$role"
    chmod 644 "$keys/$role"
done
