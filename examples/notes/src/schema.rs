diesel::table! {
    notes_note (id) {
        id -> BigInt,
        owner_id -> vitamin::database::UserKey,
        title -> Text,
        body -> Text,
        archived -> Bool,
        created -> Timestamp,
    }
}
