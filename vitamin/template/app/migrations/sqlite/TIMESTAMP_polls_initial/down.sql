DROP TABLE "polls_item";
