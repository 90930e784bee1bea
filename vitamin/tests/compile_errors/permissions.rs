//! Permission classes that do not say what they allow.

use vitamin::rest_framework::permissions::{ObjectPermission, Permission};
use vitamin::rest_framework::policy_result::PolicyResult;
use vitamin::rest_framework::request::Request;

struct Note;

struct Forgotten;

impl Permission for Forgotten {}

struct IsOwner;

impl Permission for IsOwner {
    fn has_permission(&self, _request: &Request) -> PolicyResult<'_, bool> {
        true.into()
    }
}

impl ObjectPermission<Note> for IsOwner {}

fn main() {}
