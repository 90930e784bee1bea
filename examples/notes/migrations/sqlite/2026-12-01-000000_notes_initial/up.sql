CREATE TABLE "notes_note" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "owner_id" integer /* AUTH_USER_KEY */ NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "title" varchar(100) NOT NULL,
    "body" text NOT NULL,
    "archived" bool NOT NULL,
    "created" datetime NOT NULL
);
CREATE INDEX "notes_note_owner_id" ON "notes_note" ("owner_id");
