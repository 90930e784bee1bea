CREATE TABLE IF NOT EXISTS "vitamin_outbox_event" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created" datetime NOT NULL, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL, "object_pk" text NOT NULL, "event" varchar(10) NOT NULL, "is_new" bool NOT NULL, "update_fields" text NULL CHECK ((JSON_VALID("update_fields") OR "update_fields" IS NULL)), "data" text NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "replayed" datetime NULL);
CREATE INDEX IF NOT EXISTS "vitamin_outbox_waiting" ON "vitamin_outbox_event" ("id") WHERE "replayed" IS NULL;

-- If Django has recorded this migration, it created the table.
INSERT INTO "django_migrations" ("app", "name", "applied")
SELECT 'vitamin_outbox', '0001_initial', strftime('%Y-%m-%d %H:%M:%f000', 'now')
WHERE NOT EXISTS (SELECT 1 FROM "django_migrations" WHERE "app" = 'vitamin_outbox');
