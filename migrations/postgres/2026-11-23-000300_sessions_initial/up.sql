CREATE TABLE IF NOT EXISTS "django_session" (
    "session_key" varchar(40) NOT NULL CONSTRAINT "django_session_pkey" PRIMARY KEY,
    "session_data" text NOT NULL,
    "expire_date" timestamp with time zone NOT NULL
);
CREATE INDEX IF NOT EXISTS "django_session_session_key_c0390e0f_like"
    ON "django_session" ("session_key" varchar_pattern_ops);
CREATE INDEX IF NOT EXISTS "django_session_expire_date_a5c62663"
    ON "django_session" ("expire_date");

-- If Django has recorded any of this app's migrations, it created the tables and records the rest itself.
INSERT INTO "django_migrations" ("app", "name", "applied")
SELECT 'sessions', column1, CURRENT_TIMESTAMP
FROM (VALUES
    ('0001_initial')
) AS names
WHERE NOT EXISTS (SELECT 1 FROM "django_migrations" WHERE "app" = 'sessions');
