use vitamin::authtoken::TokenAuthentication;
use vitamin::rest_framework::prelude::*;

use crate::models::Note;
use crate::permissions::is_owner_or_read_only;
use crate::schema::notes_note;
use crate::serializers::note_serializer;

pub fn note_view_set() -> ModelViewSet<Note> {
    ModelViewSet::new("NoteViewSet", note_serializer())
        .authentication_classes(classes![TokenAuthentication::new()])
        .permission_classes(classes![IsAuthenticated, is_owner_or_read_only()])
        .pagination(PageNumberPagination::new(20).page_size_query_param("page_size").max_page_size(100))
        .filterset_fields(["archived", "created__gte"])
        .search_fields(fields![notes_note::title, notes_note::body])
        .ordering_fields(fields![notes_note::title, notes_note::created])
        .created_by(notes_note::owner_id)
        .action(Action::detail("archive").post(archive))
}

async fn archive(view: GenericView<Note>) -> Result<Response, APIException> {
    let mut note = view.get_object().await?;
    let archived = view.write(move |database, _| {
        note.update(database, Changes::new().set(notes_note::archived, true))?;
        Ok(note)
    });
    view.serialize(archived.await?).await
}
