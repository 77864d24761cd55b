ALTER TABLE "staff"."outlet" ADD COLUMN "explicit_start" BOOLEAN NOT NULL DEFAULT false;
