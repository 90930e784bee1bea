-- The time is in milliseconds since 1970, UTC. ON DELETE, because Django does not know this table when it deletes a user.
CREATE TABLE "vitamin_token_use" (
    "user_id" integer /* AUTH_USER_KEY */ NOT NULL PRIMARY KEY REFERENCES "auth_user" ("id") ON DELETE CASCADE,
    "last_used" bigint NOT NULL
);

-- Nobody knows when the existing tokens were last used. From their creation, most would end at once.
INSERT INTO "vitamin_token_use" ("user_id", "last_used")
SELECT "user_id", CAST((julianday('now') - 2440587.5) * 86400000 AS integer) FROM "authtoken_token";
