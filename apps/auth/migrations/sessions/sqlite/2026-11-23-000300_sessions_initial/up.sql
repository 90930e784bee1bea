CREATE TABLE IF NOT EXISTS "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE INDEX IF NOT EXISTS "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");

-- If Django has recorded any of this app's migrations, it created the tables and records the rest itself.
INSERT INTO "django_migrations" ("app", "name", "applied")
SELECT 'sessions', column1, strftime('%Y-%m-%d %H:%M:%f000', 'now')
FROM (VALUES
    ('0001_initial')
) AS names
WHERE NOT EXISTS (SELECT 1 FROM "django_migrations" WHERE "app" = 'sessions');
