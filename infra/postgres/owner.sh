#!/bin/sh
# At PostgreSQL's first start in a container: the owner of our database, who is no superuser and makes the rooms' roles.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$DATABASE_PASSWORD" -U "${POSTGRES_USER:-postgres}" -d postgres <<'SQL'
CREATE ROLE rasoi LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE rasoi OWNER rasoi;
SQL
