"""Forms with what HTML has no control for: `test_browser.py` runs these tests on `examples/tracker/examples/forms.rs`."""
import json
import struct
import zlib


def png():
    """A picture of one dot."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def put(page):
    page.locator("section.write").get_by_role("button", name="PUT").first.click()


def stored(page):
    return json.loads(page.locator("pre.body").inner_text())


def test_files(page, watcher, url):
    page.goto(f"{url}/forms/")
    watcher.check(page, "form of files")
    picture = page.get_by_label("Picture")
    picture.set_input_files({"name": "text.png", "mimeType": "image/png", "buffer": b"This is a text."})
    put(page)
    assert page.get_by_text("HTTP 400 Bad Request").is_visible()
    errors = page.locator(f"#{picture.get_attribute('aria-describedby').split()[0]}").inner_text()
    assert errors.startswith("Upload a valid image."), errors
    assert page.get_by_label("Title").input_value() == "A lighthouse"
    watcher.check(page, "form of files with errors")
    picture.set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": png()})
    page.get_by_label("Notes").set_input_files({"name": "a <b>.txt", "mimeType": "text/plain", "buffer": b"Seen from the sea."})
    put(page)
    assert page.get_by_text("HTTP 200 OK").is_visible()
    assert (stored(page)["picture"], stored(page)["notes"]) == ("dot.png", "a <b>.txt")
    assert page.get_by_text("Now: a <b>.txt").is_visible()
    # A form without a new file keeps it.
    put(page)
    assert stored(page)["picture"] == "dot.png"
    page.get_by_label("Remove the file").first.check()
    put(page)
    assert (stored(page)["picture"], stored(page)["notes"]) == (None, "a <b>.txt")
    watcher.check(page, "form without a file")


def test_lists_and_objects(page, watcher, url):
    page.goto(f"{url}/forms/")
    tags, crops = page.get_by_label("Tags"), page.get_by_label("Crops")
    assert isinstance(json.loads(tags.input_value()), list)
    crops.fill("[{")
    put(page)
    assert page.get_by_text("Value must be valid JSON.").first.is_visible()
    assert crops.input_value() == "[{" and crops.get_attribute("aria-invalid") == "true"
    tags.fill('["sea", "much too long a tag"]')
    crops.fill('[{"left": 1, "top": 2}, {"left": -1}]')
    put(page)
    for message in ("Item 2: Ensure this field has no more than 10 characters.",
                    "Item 2: left: Ensure this value is greater than or equal to 0.", "Item 2: top: This field is required."):
        assert page.locator("ul.errors").get_by_text(message).is_visible(), message
    watcher.check(page, "lists with errors")
    tags.fill('["sea"]')
    crops.fill('[{"left": 1, "top": 2}]')
    page.get_by_label("Sizes").fill('{"small": "5"}')
    put(page)
    assert page.get_by_text("HTTP 200 OK").is_visible()
    now = stored(page)
    assert (now["tags"], now["crops"], now["sizes"]) == (["sea"], [{"left": 1, "top": 2}], {"small": 5}), now
    tags.fill("[]")
    put(page)
    assert stored(page)["tags"] == []
    # A text that was deleted is not sent.
    page.get_by_label("Sizes").fill("")
    put(page)
    assert stored(page)["sizes"] == {"small": 5}


def test_admin_objects(page, watcher, url):
    page.goto(f"{url}/admin/tracker/project/")
    page.get_by_role("link", name="Ferry").click()
    settings = page.get_by_label("Settings")
    assert isinstance(json.loads(settings.input_value()), dict)
    settings.fill('{"color"')
    page.get_by_role("button", name="Save and continue editing").click()
    assert page.get_by_text("Value must be valid JSON.").is_visible() and settings.input_value() == '{"color"'
    settings.fill('{"color": "a color without end"}')
    page.get_by_role("button", name="Save and continue editing").click()
    assert page.get_by_text("color: Ensure this field has no more than 10 characters.").is_visible()
    watcher.check(page, "admin form of an object")
    settings.fill('{"color": "red"}')
    page.get_by_role("button", name="Save and continue editing").click()
    assert page.get_by_text("was changed successfully").is_visible()
    assert json.loads(settings.input_value()) == {"color": "red"}


FORM_TESTS = [test_files, test_lists_and_objects, test_admin_objects]
