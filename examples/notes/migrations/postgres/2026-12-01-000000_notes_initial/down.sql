DROP TABLE "notes_note";
