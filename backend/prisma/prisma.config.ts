// Where Prisma finds the schema, the migrations and a database; the addresses come from the caller.
import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'schema',
  migrations: { path: 'migrations' },
  datasource: {
    url: process.env.DATABASE_URL ?? 'postgresql://unset@127.0.0.1:1/unset',
    shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL,
  },
});
