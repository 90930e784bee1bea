DROP TABLE "vitamin_token_use";
