"""The whole platform as many processes on one machine, over real Kafka, PostgreSQL and Redis behind nginx."""
