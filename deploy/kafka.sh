#!/usr/bin/env bash
# Starts the composition's Kafka: one node, SASL/SCRAM over TLS, one user. Made before the first start: its storage.
set -euo pipefail

bin=${KAFKA_BIN:-/opt/kafka/bin}
data=${KAFKA_DATA:-/var/lib/kafka/data}
certificate=${KAFKA_CERTIFICATE:-/certs/kafka.pem}
host=${KAFKA_HOST:-kafka}
port=${KAFKA_PORT:-9093}
controller_port=${KAFKA_CONTROLLER_PORT:-9094}
user=veille
password=${VEILLE_KAFKA_PASSWORD:?}
login="org.apache.kafka.common.security.scram.ScramLoginModule required username=\"$user\" password=\"$password\";"

umask 077
properties=$(mktemp)
cat >"$properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
listeners=SASL_SSL://:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=SASL_SSL://$host:$port
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=SASL_SSL
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:$controller_port
log.dirs=$data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=$login
ssl.keystore.type=PEM
ssl.keystore.location=$certificate
ssl.truststore.type=PEM
ssl.truststore.location=${KAFKA_CA:-/certs/ca.pem}
PROPERTIES

"$bin/kafka-storage.sh" format --ignore-formatted --config "$properties" \
    --cluster-id "${KAFKA_CLUSTER_ID:-dmVpbGxlLWNvbXBvc2UtMQ}" \
    --add-scram "SCRAM-SHA-512=[name=$user,password=$password]"
exec "$bin/kafka-server-start.sh" "$properties"
