//! The app's views: the items of the user, and one item.

use actix_web::http::StatusCode;
use vitamin::authtoken::TokenAuthentication;
use vitamin::rest_framework::classes;
use vitamin::rest_framework::data::Data;
use vitamin::rest_framework::exceptions::APIException;
use vitamin::rest_framework::permissions::IsAuthenticated;
use vitamin::rest_framework::request::{CurrentUser, Request};
use vitamin::rest_framework::response::Response;
use vitamin::rest_framework::views::APIView;

use crate::models::{Item, ItemChanges, NewItem};
use crate::permissions::IsOwner;
use crate::serializers::{ItemOutput, item_serializer};

/// Lists the user's items, and creates one.
#[must_use]
pub fn item_list() -> APIView {
    APIView::new("ItemListView")
        .authentication_classes(classes![TokenAuthentication::new()])
        .permission_classes(classes![IsAuthenticated])
        .serializer(item_serializer())
        .get(list)
        .post(create)
}

/// Shows, changes or deletes an item of the user.
#[must_use]
pub fn item_detail() -> APIView {
    APIView::new("ItemDetailView")
        .authentication_classes(classes![TokenAuthentication::new()])
        .permission_classes(classes![IsAuthenticated, IsOwner])
        .serializer(item_serializer())
        .get(retrieve)
        .put(update)
        .patch(partial_update)
        .delete(destroy)
}

async fn list(request: Request, user: CurrentUser) -> Result<Response, APIException> {
    let user_id = user.id;
    let items = request
        .database()?
        .run(move |connection| Item::of_user(connection, user_id))
        .await?;
    Ok(Response::new(
        items.into_iter().map(ItemOutput::from).collect::<Vec<_>>(),
    ))
}

async fn create(request: Request, user: CurrentUser, data: Data) -> Result<Response, APIException> {
    let new: NewItem = request.validated(&data)?;
    let user_id = user.id;
    let item = request
        .database()?
        .run(move |connection| Item::create(connection, user_id, &new))
        .await?;
    Ok(Response::new(ItemOutput::from(item)).status(StatusCode::CREATED))
}

async fn retrieve(request: Request) -> Result<Response, APIException> {
    let item = get_object(&request).await?;
    Ok(Response::new(ItemOutput::from(item)))
}

async fn update(request: Request, data: Data) -> Result<Response, APIException> {
    let item = get_object(&request).await?;
    save(&request, item.id, request.validated(&data)?).await
}

async fn partial_update(request: Request, data: Data) -> Result<Response, APIException> {
    let item = get_object(&request).await?;
    save(&request, item.id, request.validated_partial(&data)?).await
}

async fn save(request: &Request, id: i64, changes: ItemChanges) -> Result<Response, APIException> {
    let item = request
        .database()?
        .run(move |connection| Item::update(connection, id, &changes))
        .await?;
    Ok(Response::new(ItemOutput::from(item)))
}

async fn destroy(request: Request) -> Result<Response, APIException> {
    let item = get_object(&request).await?;
    request
        .database()?
        .run(move |connection| Item::delete(connection, item.id))
        .await?;
    Ok(Response::no_content())
}

/// The item that the path names, if the user may see it: 404 if there is none, 403 if it is another user's.
async fn get_object(request: &Request) -> Result<Item, APIException> {
    let id = request.path_param("id")?;
    let get = move |connection: &mut _| Item::get(connection, id);
    let item = request.database()?.run(get).await?;
    request.check_object_permissions(&item, &[&IsOwner]).await?;
    Ok(item)
}
