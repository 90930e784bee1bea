-- Refused if Django created these tables, or has migrated them since: Django records each migration at its own time,
-- whereas up.sql records all of an app's migrations at one time.
CREATE TEMPORARY TABLE "not_ours" (
    "apps" integer CONSTRAINT "other migrations are recorded in django_migrations" CHECK ("apps" = 0)
);
INSERT INTO "not_ours"
SELECT count(*) FROM (
    SELECT "app" FROM "django_migrations" GROUP BY "app"
    HAVING count(DISTINCT "applied") > 1
) AS apps;
DROP TABLE "not_ours";

-- The content types and permissions stay, as Django's `migrate admin zero` leaves them.
DROP TABLE "django_admin_log";
DELETE FROM "django_migrations" WHERE "app" = 'admin';
