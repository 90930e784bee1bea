-- The time is in milliseconds since 1970, UTC. ON DELETE, because Django does not know this table when it deletes a user.
CREATE TABLE "vitamin_token_use" (
    "user_id" integer /* AUTH_USER_KEY */ NOT NULL CONSTRAINT "vitamin_token_use_pkey" PRIMARY KEY
        CONSTRAINT "vitamin_token_use_user_id_fk_auth_user_id" REFERENCES "auth_user" ("id") ON DELETE CASCADE,
    "last_used" bigint NOT NULL
);

-- Nobody knows when the existing tokens were last used. From their creation, most would end at once.
INSERT INTO "vitamin_token_use" ("user_id", "last_used")
SELECT "user_id", CAST(extract(epoch FROM now()) * 1000 AS bigint) FROM "authtoken_token";
