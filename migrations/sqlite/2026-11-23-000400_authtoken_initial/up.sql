CREATE TABLE IF NOT EXISTS "authtoken_token" ("key" varchar(40) NOT NULL PRIMARY KEY, "created" datetime NOT NULL, "user_id" integer NOT NULL UNIQUE REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED);

-- If Django has recorded any of this app's migrations, it created the tables and records the rest itself.
INSERT INTO "django_migrations" ("app", "name", "applied")
SELECT 'authtoken', column1, strftime('%Y-%m-%d %H:%M:%f000', 'now')
FROM (VALUES
    ('0001_initial'),
    ('0002_auto_20160226_1747'),
    ('0003_tokenproxy'),
    ('0004_alter_tokenproxy_options')
) AS names
WHERE NOT EXISTS (SELECT 1 FROM "django_migrations" WHERE "app" = 'authtoken');
