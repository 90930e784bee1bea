CREATE TABLE IF NOT EXISTS "authtoken_token" (
    "key" varchar(40) NOT NULL CONSTRAINT "authtoken_token_pkey" PRIMARY KEY,
    "created" timestamp with time zone NOT NULL,
    "user_id" integer NOT NULL CONSTRAINT "authtoken_token_user_id_key" UNIQUE
        CONSTRAINT "authtoken_token_user_id_35299eff_fk_auth_user_id"
        REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX IF NOT EXISTS "authtoken_token_key_10f0b77e_like"
    ON "authtoken_token" ("key" varchar_pattern_ops);

-- If Django has recorded any of this app's migrations, it created the tables and records the rest itself.
INSERT INTO "django_migrations" ("app", "name", "applied")
SELECT 'authtoken', column1, CURRENT_TIMESTAMP
FROM (VALUES
    ('0001_initial'),
    ('0002_auto_20160226_1747'),
    ('0003_tokenproxy'),
    ('0004_alter_tokenproxy_options')
) AS names
WHERE NOT EXISTS (SELECT 1 FROM "django_migrations" WHERE "app" = 'authtoken');
