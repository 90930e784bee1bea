-- Each statement is Django's exact text: sqlite_master stores it, and the gate compares it.

CREATE TABLE IF NOT EXISTS "tracker_label" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(30) NOT NULL UNIQUE, "slug" varchar(30) NOT NULL UNIQUE, "color" varchar(7) NOT NULL);

CREATE TABLE IF NOT EXISTS "tracker_project" ("id" char(32) NOT NULL PRIMARY KEY, "name" varchar(100) NOT NULL, "slug" varchar(50) NOT NULL, "description" text NOT NULL, "homepage" varchar(200) NULL, "budget" decimal NULL, "starts" date NULL, "settings" text NOT NULL CHECK ((JSON_VALID("settings") OR "settings" IS NULL)), "is_public" bool NOT NULL, "created" datetime NOT NULL, "updated" datetime NOT NULL, "owner_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_slug_an_owner" UNIQUE ("owner_id", "slug"));
CREATE INDEX IF NOT EXISTS "tracker_project_slug_b1a58091" ON "tracker_project" ("slug");
CREATE INDEX IF NOT EXISTS "tracker_project_owner_id_967dedbe" ON "tracker_project" ("owner_id");

CREATE TABLE IF NOT EXISTS "tracker_membership" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "role" varchar(10) NOT NULL, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "project_id" char(32) NOT NULL REFERENCES "tracker_project" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX IF NOT EXISTS "tracker_membership_user_id_bc97273e" ON "tracker_membership" ("user_id");
CREATE INDEX IF NOT EXISTS "tracker_membership_project_id_dac68fd7" ON "tracker_membership" ("project_id");
CREATE UNIQUE INDEX IF NOT EXISTS "tracker_membership_project_id_user_id_0bae9417_uniq" ON "tracker_membership" ("project_id", "user_id");

CREATE TABLE IF NOT EXISTS "tracker_issue" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "number" integer unsigned NOT NULL CHECK ("number" >= 0), "title" varchar(120) NOT NULL, "body" text NOT NULL, "status" varchar(10) NOT NULL, "priority" smallint NOT NULL, "weight" real NULL, "estimate" bigint NULL, "due" datetime NULL, "at" time NULL, "created" datetime NOT NULL, "updated" datetime NOT NULL, "assignee_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "reporter_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "project_id" char(32) NOT NULL REFERENCES "tracker_project" ("id") DEFERRABLE INITIALLY DEFERRED, "parent_id" bigint NULL REFERENCES "tracker_issue" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX IF NOT EXISTS "tracker_issue_assignee_id_938e4010" ON "tracker_issue" ("assignee_id");
CREATE INDEX IF NOT EXISTS "tracker_issue_reporter_id_14400ee5" ON "tracker_issue" ("reporter_id");
CREATE INDEX IF NOT EXISTS "tracker_issue_project_id_9b6cd5f2" ON "tracker_issue" ("project_id");
CREATE INDEX IF NOT EXISTS "tracker_issue_parent_id_1c8f67ac" ON "tracker_issue" ("parent_id");
CREATE UNIQUE INDEX IF NOT EXISTS "tracker_issue_project_id_number_6cf4eacf_uniq" ON "tracker_issue" ("project_id", "number");

CREATE TABLE IF NOT EXISTS "tracker_issue_labels" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "issue_id" bigint NOT NULL REFERENCES "tracker_issue" ("id") DEFERRABLE INITIALLY DEFERRED, "label_id" bigint NOT NULL REFERENCES "tracker_label" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX IF NOT EXISTS "tracker_issue_labels_issue_id_label_id_4677982a_uniq" ON "tracker_issue_labels" ("issue_id", "label_id");
CREATE INDEX IF NOT EXISTS "tracker_issue_labels_issue_id_7f24b2ef" ON "tracker_issue_labels" ("issue_id");
CREATE INDEX IF NOT EXISTS "tracker_issue_labels_label_id_69bbbdbe" ON "tracker_issue_labels" ("label_id");

CREATE TABLE IF NOT EXISTS "tracker_comment" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "body" text NOT NULL, "created" datetime NOT NULL, "author_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "issue_id" bigint NOT NULL REFERENCES "tracker_issue" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX IF NOT EXISTS "tracker_comment_author_id_4dd64fe0" ON "tracker_comment" ("author_id");
CREATE INDEX IF NOT EXISTS "tracker_comment_issue_id_1406012c" ON "tracker_comment" ("issue_id");

-- What Django does after its own migrations (post_migrate): the models' content types, and their permissions.
INSERT INTO "django_content_type" ("app_label", "model")
SELECT 'tracker', column1
FROM (VALUES ('label'), ('issue'), ('comment'), ('membership'), ('project')) AS models
WHERE NOT EXISTS (SELECT 1 FROM "django_content_type" WHERE "app_label" = 'tracker' AND "model" = column1);
INSERT INTO "auth_permission" ("content_type_id", "codename", "name")
SELECT models."id", column1 || '_' || models."model", 'Can ' || column1 || ' ' || models."model"
FROM "django_content_type" AS models CROSS JOIN (VALUES ('add'), ('change'), ('delete'), ('view')) AS actions
WHERE models."app_label" = 'tracker'
    AND models."model" IN ('label', 'issue', 'comment', 'membership', 'project')
    AND NOT EXISTS (
        SELECT 1 FROM "auth_permission"
        WHERE "content_type_id" = models."id" AND "codename" = column1 || '_' || models."model"
    )
ORDER BY models."id", column1;

-- If Django has recorded this migration, it created the tables.
INSERT INTO "django_migrations" ("app", "name", "applied")
SELECT 'tracker', '0001_initial', strftime('%Y-%m-%d %H:%M:%f000', 'now')
WHERE NOT EXISTS (SELECT 1 FROM "django_migrations" WHERE "app" = 'tracker');
