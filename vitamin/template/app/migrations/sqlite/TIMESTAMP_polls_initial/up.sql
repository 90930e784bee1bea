CREATE TABLE "polls_item" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "text" varchar(200) NOT NULL,
    "done" bool NOT NULL,
    "user_id" integer /* AUTH_USER_KEY */ NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "polls_item_user_id" ON "polls_item" ("user_id");
