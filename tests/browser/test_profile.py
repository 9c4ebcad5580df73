"""Tests share a browser profile, and none sees what another left there."""

from __future__ import annotations

from typing import Any

from browser_profile import new_page

KNOWN = """async () => ({
  cookie: document.cookie,
  storage: {...localStorage},
  session: {...sessionStorage},
  databases: (await indexedDB.databases()).map(one => one.name),
  clipboard: (await navigator.permissions.query({name: 'clipboard-read'})).state,
})"""
LEAVE = """async () => {
  document.cookie = localStorage.left = sessionStorage.left = 'left=here';
  await new Promise(resolve => (indexedDB.open('left').onsuccess = resolve));
}"""


def known(page: Any, lab: Any) -> Any:
    page.goto(f"{lab.url}static/favicons/favicon.ico")
    return page.evaluate(KNOWN)


def test_what_a_page_leaves_is_unknown_to_the_next(profile: Any, lab: Any) -> None:
    with new_page(profile) as page:
        before = known(page, lab)
        page.evaluate(LEAVE)
        profile.grant_permissions(["clipboard-read"])
        profile.new_page()
        after = known(page, lab)
        assert not [name for name in before if before[name] == after[name]], "it left all that"
    with new_page(profile) as page:
        assert len(profile.pages) == 2, "its own, and the one that holds the process"
        assert known(page, lab) == before
