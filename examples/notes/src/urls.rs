use vitamin::rest_framework::prelude::*;
use vitamin::urls::Pattern;

use crate::views::note_view_set;

pub fn urlpatterns() -> Vec<Pattern> {
    SimpleRouter::new().register("", note_view_set()).urls()
}
