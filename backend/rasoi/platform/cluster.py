"""Where Kafka is, and the topics that must be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

PARTITIONS = 12
LARGEST_MESSAGE = 4 * 1024 * 1024
DAY_MS = 86_400_000


class KafkaUnavailable(Exception):
    """Kafka can't be reached or used; the text is one line."""


@dataclass(frozen=True)
class Cluster:
    """Where Kafka is, and how topics are made there."""

    bootstrap: str
    replicas: int = 1
    retention_days: int = (
        7  # fewer than the 14 for which an inbox remembers, so that a repeated event is known
    )
    prefix: str = "rasoi"

    def name(self, room: str) -> str:
        """The topic of that room's events, and the group of its consumers."""
        return f"{self.prefix}.{room}"

    def topic(self, room: str) -> NewTopic:
        """12 partitions from the first day: another number would move keys and break their order."""
        configs = {
            "retention.ms": str(self.retention_days * DAY_MS),
            "min.insync.replicas": str(min(2, self.replicas)),
            "max.message.bytes": str(LARGEST_MESSAGE),
            "cleanup.policy": "delete",
        }
        return NewTopic(self.name(room), PARTITIONS, self.replicas, topic_configs=configs)


async def ensure_topics(cluster: Cluster, rooms: Sequence[str]) -> list[str]:
    """Create the topics that are missing; what exists is left as it is. Returns what was created."""
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap, request_timeout_ms=10_000)
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        missing = [cluster.topic(room) for room in rooms if cluster.name(room) not in existing]
        if not missing:
            return []
        answer = await admin.create_topics(missing)
        for name, code, *_ in answer.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:  # another process was faster
                raise KafkaUnavailable(f"Kafka did not create the topic {name}: {for_code(code).__name__}")
        return [each.name for each in missing]
    finally:
        await admin.close()


async def check(cluster: Cluster) -> None:
    """Ask for an answer. Raises when none comes."""
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap, request_timeout_ms=1500)
    try:
        await admin.start()
    finally:
        await admin.close()


async def partitions_of(cluster: Cluster, topics: Sequence[str]) -> list[TopicPartition]:
    """All partitions of these topics. Raises KafkaError while one is not known."""
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap, request_timeout_ms=10_000)
    try:
        await admin.start()
        described = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    for topic in described:
        if topic["error_code"] or not topic["partitions"]:
            raise for_code(topic["error_code"] or UnknownTopicOrPartitionError.errno)(topic["topic"])
    return [
        TopicPartition(topic["topic"], each["partition"])
        for topic in described
        for each in topic["partitions"]
    ]
