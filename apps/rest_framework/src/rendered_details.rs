//! The JSON of `{"detail": …}` for texts that are in the program, such as those of refusals: it is the same each time.

use std::cell::RefCell;
use std::ptr;

use bytes::Bytes;

use super::json;

/// The texts of one thread, which a project has few of. Those that share a slot replace each other.
const SLOTS: usize = 64;

thread_local! {
    static RENDERED: RefCell<[Option<(&'static str, Bytes)>; SLOTS]> = const { RefCell::new([const { None }; SLOTS]) };
}

/// [`json::detail_to_bytes`], which is called once for each text. Texts are told apart by their address.
pub(super) fn to_bytes(text: &'static str) -> Option<Bytes> {
    let address = text.as_ptr().addr();
    RENDERED.with_borrow_mut(|slots| {
        let slot = slots.get_mut((address ^ (address >> 6)) % SLOTS)?;
        match slot {
            Some((rendered, json)) if ptr::eq(*rendered, text) => Some(json.clone()),
            _ => {
                let json = json::detail_to_bytes(text)?;
                *slot = Some((text, json.clone()));
                Some(json)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_its_own_json() {
        // Parts of one text: many have the same slot, and some the same address.
        let text: &'static str = "abcdefghij".repeat(40).leak();
        for _ in 0..2 {
            for (start, end) in (0..400).flat_map(|start| [(start, 400), (start, start + (400 - start) / 2)])
            {
                let part = &text[start..end];
                assert_eq!(to_bytes(part), json::detail_to_bytes(part));
            }
        }
        assert_eq!(to_bytes("a \"quoted\" word"), None);
    }
}
