#!/usr/bin/env bash
# Makes an authority and one certificate for each host, unless they are there: certificates.sh FOLDER HOST...
# FOLDER/ca.pem is for everybody (and copied into AUTHORITY, where set); HOST.pem holds key and certificate together,
# HOST.key and HOST.crt apart. OWNER, where set, is given the servers' files; the authority's key stays the caller's.
set -euo pipefail

folder=$1
shift
days=3650
umask 027
mkdir -p "$folder"
cd "$folder"

if [[ ! -e ca.pem ]]; then
    openssl req -x509 -newkey rsa:3072 -nodes -days "$days" -subj "/CN=veille composition" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.pem 2>/dev/null
    chmod 600 ca.key
    chmod 644 ca.pem
fi
for host in "$@"; do
    [[ -e $host.pem ]] && continue
    openssl req -newkey rsa:3072 -nodes -subj "/CN=$host" -keyout "$host.key" -out "$host.csr" 2>/dev/null
    openssl x509 -req -in "$host.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$days" -out "$host.crt" \
        -extfile <(echo "subjectAltName=DNS:$host,DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth") 2>/dev/null
    cat "$host.key" "$host.crt" >"$host.pem"
    rm "$host.csr"
done
[[ -z ${OWNER:-} ]] || for host in "$@"; do
    chown "$OWNER" "$host".{key,crt,pem}
done
chmod 755 .
[[ -z ${AUTHORITY:-} ]] || install -m 644 ca.pem "$AUTHORITY/ca.pem"
