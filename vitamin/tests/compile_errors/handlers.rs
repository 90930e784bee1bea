//! The wrong handlers of docs/compiler-errors.md, but for its closures: their messages contain the checkout's path, and
//! change with its length.

use vitamin::rest_framework::exceptions::APIException;
use vitamin::rest_framework::request::Request;
use vitamin::rest_framework::response::Response;
use vitamin::rest_framework::views::APIView;

fn not_async(_request: Request) -> Response {
    Response::new("hello")
}

fn a_handler_that_is_not_async() -> APIView {
    APIView::new("HelloView").get(not_async)
}

struct Page(u32);

async fn not_an_extractor(page: Page) -> Response {
    Response::new(page.0)
}

fn an_argument_that_is_not_an_extractor() -> APIView {
    APIView::new("HelloView").get(not_an_extractor)
}

async fn wrong_error(_request: Request) -> Result<Response, String> {
    Err("no".to_owned())
}

fn a_result_of_the_wrong_error() -> APIView {
    APIView::new("HelloView").get(wrong_error)
}

async fn question_mark(_request: Request) -> Result<Response, APIException> {
    let number: i64 = "7".parse()?;
    Ok(Response::new(number))
}

async fn not_a_response(_request: Request) -> i64 {
    7
}

fn a_result_that_is_no_response() -> APIView {
    APIView::new("HelloView").get(not_a_response)
}

fn main() {
    let _ = question_mark;
}
