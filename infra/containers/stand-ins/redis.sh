#!/bin/bash
[ "$1" = redis-server ] && set -- redis-server /etc/redis.conf "${@:2}"
exec "$@"
