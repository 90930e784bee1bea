//! Closures that capture, in docs/compiler-errors.md. The compiler finds these mistakes only where it finds no others.

use vitamin::rest_framework::request::Request;
use vitamin::rest_framework::response::Response;
use vitamin::rest_framework::views::APIView;

fn an_async_move_closure_that_captures(greeting: String) -> APIView {
    APIView::new("HelloView").get(async move |_request: Request| Response::new(greeting.clone()))
}

fn a_block_that_moves_out_of_a_closure(greeting: String) -> APIView {
    APIView::new("HelloView").get(move |_request: Request| async move { Response::new(greeting) })
}

fn main() {}
