-- Each statement is Django's exact text: sqlite_master stores it, and tests compare it.

CREATE TABLE IF NOT EXISTS "django_admin_log" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "object_id" text NULL, "object_repr" varchar(200) NOT NULL, "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0), "change_message" text NOT NULL, "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "action_time" datetime NOT NULL);
CREATE INDEX IF NOT EXISTS "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX IF NOT EXISTS "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");

-- What Django does after its own migrations (post_migrate): the content types of its apps' models, and their permissions. Without
-- them, only superusers could use the admin site.
INSERT INTO "django_content_type" ("app_label", "model")
SELECT column1, column2
FROM (VALUES
    ('admin', 'logentry'),
    ('auth', 'permission'),
    ('auth', 'group'),
    ('auth', 'user'),
    ('contenttypes', 'contenttype'),
    ('sessions', 'session'),
    ('authtoken', 'token'),
    ('authtoken', 'tokenproxy')
) AS models
WHERE EXISTS (SELECT 1 FROM "django_migrations" WHERE "app" = column1 OR column1 = 'admin')
    AND NOT EXISTS (SELECT 1 FROM "django_content_type" WHERE "app_label" = column1 AND "model" = column2);
INSERT INTO "auth_permission" ("content_type_id", "codename", "name")
SELECT types."id", actions.column1 || '_' || types."model", 'Can ' || actions.column1 || ' ' || names.column3
FROM "django_content_type" AS types
JOIN (VALUES
    ('admin', 'logentry', 'log entry'),
    ('auth', 'permission', 'permission'),
    ('auth', 'group', 'group'),
    ('auth', 'user', 'user'),
    ('contenttypes', 'contenttype', 'content type'),
    ('sessions', 'session', 'session'),
    ('authtoken', 'token', 'Token'),
    ('authtoken', 'tokenproxy', 'Token')
) AS names ON types."app_label" = names.column1 AND types."model" = names.column2
CROSS JOIN (VALUES ('add'), ('change'), ('delete'), ('view')) AS actions
WHERE NOT EXISTS (
    SELECT 1 FROM "auth_permission"
    WHERE "content_type_id" = types."id" AND "codename" = actions.column1 || '_' || types."model"
)
ORDER BY types."id", actions.column1;

-- If Django has recorded any of this app's migrations, it created the table and records the rest itself.
INSERT INTO "django_migrations" ("app", "name", "applied")
SELECT 'admin', column1, strftime('%Y-%m-%d %H:%M:%f000', 'now')
FROM (VALUES
    ('0001_initial'),
    ('0002_logentry_remove_auto_add'),
    ('0003_logentry_add_action_flag_choices')
) AS names
WHERE NOT EXISTS (SELECT 1 FROM "django_migrations" WHERE "app" = 'admin');
