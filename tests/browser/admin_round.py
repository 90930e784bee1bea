"""The admin in a browser: `test_browser.py` runs these tests on the tracker."""
import re


def test_admin_round(page, watcher, url):
    page.goto(f"{url}/admin/")
    watcher.check(page, "admin index")
    page.get_by_role("link", name="Labels", exact=True).click()
    watcher.check(page, "admin list")
    page.get_by_role("link", name="Add label").click()
    page.get_by_label("Color").fill("red")
    page.get_by_role("button", name="Save", exact=True).click()
    name = page.get_by_label("Name")
    assert name.get_attribute("aria-invalid") == "true"
    assert page.locator(f"#{name.get_attribute('aria-describedby')}").inner_text() == "This field may not be blank."
    assert page.get_by_label("Color").input_value() == "red"
    watcher.check(page, "admin form with errors")
    name.fill("<b>Urgent</b>")
    page.get_by_label("Slug").fill("urgent")
    page.get_by_label("Color").fill("#ff0000")
    page.get_by_role("button", name="Save and continue editing").click()
    assert page.get_by_text("The label “<b>Urgent</b>” was added successfully. You may edit it again below.").is_visible()
    watcher.check(page, "admin form")
    page.get_by_label("Name").fill("Urgent")
    page.get_by_role("button", name="Save", exact=True).click()
    assert page.get_by_text("The label “Urgent” was changed successfully.").is_visible()
    page.get_by_label("Search labels").fill("urg")
    page.get_by_role("button", name="Search").click()
    assert page.locator("#result_list tbody tr").count() == 1
    watcher.check(page, "admin search")
    page.get_by_role("link", name="Urgent").click()
    page.get_by_role("link", name="Delete").click()
    assert page.get_by_text("Are you sure you want to delete the label “Urgent”?").is_visible()
    watcher.check(page, "admin deletion")
    page.get_by_role("button", name="Yes, I’m sure").click()
    assert page.get_by_text("The label “Urgent” was deleted successfully.").is_visible()
    assert page.url.endswith("/admin/tracker/label/?q=urg"), page.url
    assert page.get_by_text("No labels match.").is_visible()
    watcher.check(page, "admin list without rows")


def test_admin_actions(page, watcher, url):
    page.goto(f"{url}/admin/tracker/issue/?q=accents&o=1")
    ticks = page.locator("input[name=_selected_action]")
    ticks.first.check()
    ticks.nth(1).check()
    page.get_by_label("Action").select_option("close")
    page.get_by_role("button", name="Go").click()
    # The second time they are closed already.
    assert page.get_by_text(re.compile("^[02] issues were closed.$")).is_visible()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Status").select_option("closed")
    page.get_by_role("button", name="Apply").click()
    assert page.locator("#result_list tbody tr").count() == 2
    watcher.check(page, "admin filters")
    page.locator("input[name=_selected_action]").first.check()
    page.get_by_label("Action").select_option("delete_selected")
    page.get_by_role("button", name="Go").click()
    assert page.get_by_text("Are you sure you want to delete the 1 selected issue?").is_visible()
    watcher.check(page, "admin deletion of several")
    page.get_by_role("link", name="No, take me back").click()
    assert "status=closed" in page.url, page.url
    page.goto(f"{url}/admin/tracker/nothing/")
    assert page.get_by_role("heading", name="Page not found").is_visible()
    watcher.check(page, "admin not found")


def test_admin_script(page, watcher, url):
    """What the script adds: keys from a window of their own, and one box for all."""
    page.goto(f"{url}/admin/tracker/issue/?q=accents")
    page.get_by_label("Select all rows of this page").check()
    ticks = page.locator("input[name=_selected_action]")
    assert ticks.count() > 1 and all(ticks.nth(index).is_checked() for index in range(ticks.count()))
    page.goto(f"{url}/admin/tracker/issue/1/change/")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Look up Parent").click()
    window = opened.value
    window.get_by_label("Search issues").fill("backup")
    window.get_by_role("button", name="Search").click()
    watcher.check(window, "look-up")
    key = window.locator("a.choose").first
    expected = key.inner_text()
    with window.expect_event("close"):
        key.click()
    assert page.locator("#id_parent").input_value() == expected
    # A page with changes asks before it is left.
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Home").click()


def test_admin_users(page, watcher, url):
    """A user, a password and a token from beginning to end."""
    page.goto(f"{url}/admin/auth/user/add/")
    watcher.check(page, "admin add user")

    def save(name, password, again, button="Save"):
        if name:
            page.get_by_label("Username").fill(name)
        page.locator("#id_password1").fill(password)
        page.locator("#id_password2").fill(again)
        page.get_by_role("button", name=button, exact=True).click()

    save("ana", "a long enough one", "another")
    for text in ("A user with that username already exists.", "The two password fields didn’t match."):
        assert page.get_by_text(text).is_visible(), text
    assert page.locator("#id_password1").input_value() == ""
    watcher.check(page, "admin add user with errors")
    save("bob", "a long enough one", "a long enough one")
    assert page.get_by_text("The user “bob” was added successfully. You may edit it again below.").is_visible()
    page.get_by_label("First name").fill("Bob")
    page.get_by_label("User permissions").select_option(label="auth | group | Can add group")
    page.get_by_role("button", name="Save and continue editing").click()
    assert page.get_by_text("The user “bob” was changed successfully.").is_visible()
    watcher.check(page, "admin user")
    page.get_by_role("link", name="Reset password").click()
    watcher.check(page, "admin password")
    save(None, "another long one", "another long one", "Change password")
    assert page.get_by_text("Password changed successfully.").is_visible()
    page.get_by_role("link", name="History").click()
    for text in ("Added.", "Changed First name and User permissions.", "Changed password."):
        assert page.get_by_text(text, exact=True).is_visible(), text
    watcher.check(page, "admin history")
    page.goto(f"{url}/admin/authtoken/tokenproxy/")
    page.get_by_role("link", name="Add Token").click()
    page.locator("#id_user").fill("bob")
    page.get_by_role("button", name="Save", exact=True).click()
    key = page.get_by_role("status").locator("code").inner_text()
    assert len(key) == 40, key
    watcher.check(page, "admin token")
    page.get_by_role("link", name="To the list of tokens").click()
    assert page.get_by_text(f"…{key[-4:]}").is_visible() and key not in page.content()
    watcher.check(page, "admin tokens")
    page.goto(f"{url}/admin/auth/user/?q=bob")
    page.get_by_role("link", name="bob", exact=True).click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Yes, I’m sure").click()
    page.goto(f"{url}/admin/")
    assert page.get_by_text("Deleted bob").first.is_visible()
    watcher.check(page, "admin index with actions")


def test_admin_status(page, watcher, url):
    page.goto(f"{url}/admin/")
    page.get_by_role("link", name="Status", exact=True).click()
    assert page.get_by_role("heading", name="Status", level=1).is_visible()
    assert page.get_by_role("img", name="Requests: Requests now").is_visible()
    assert page.get_by_role("row", name="issue-list").is_visible()
    page.get_by_text("Numbers").first.click()
    assert page.get_by_role("region", name="Numbers of Requests").is_visible()
    watcher.check(page, "admin status")


ADMIN_TESTS = [test_admin_round, test_admin_actions, test_admin_script, test_admin_users, test_admin_status]
ADMIN_WITHOUT_SCRIPT = [test_admin_round, test_admin_actions, test_admin_users, test_admin_status]
