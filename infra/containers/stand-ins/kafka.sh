#!/bin/bash
# Kafka's own wrapper turns KAFKA_* into server.properties and formats the storage, as in its image
set -euo pipefail
run() {
  # shellcheck disable=SC2086  several arguments
  exec java ${KAFKA_HEAP_OPTS:--Xmx1G} -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -cp '/opt/kafka/libs/*' "$@"
}
: "${CLUSTER_ID:?}"
output=$(run kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config 2>&1) ||
  grep -qi 'already formatted' <<<"$output" || { echo "$output"; exit 1; }
run kafka.Kafka /opt/kafka/config/server.properties
