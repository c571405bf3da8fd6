"""The pages of the console, as they leave the port; what a browser makes of them is in tests/browser."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gateway.console.pages import CONTENT_TYPES, EXAMPLE_RULE
from tests.console.browser import Browser
from tests.doubles import Bench

STATIC = Path(__file__).parent.parent.parent / "gateway/console/static"
TEMPLATES = STATIC.parent / "templates"
SCRIPTS = {path.name: path.read_text("utf-8") for path in sorted(STATIC.glob("*.js"))}


class Page(HTMLParser):
    """What a page consists of: its tags with their attributes, and what stands within scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._within = tag

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style"):
            self.inline += data.strip()

    def all(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [value for _, attrs in self.tags if (value := attrs.get(name)) is not None]


@pytest.fixture
def page(api: Browser) -> Page:
    answered = api.ask("GET", "/")
    assert answered.status == 200
    assert answered.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answered.body.decode())


def test_nothing_of_the_page_is_inline(page: Page) -> None:
    """The policy would not let it pass: no script, no style, no handler, no javascript: link."""
    assert page.inline == ""
    assert page.all("style") == []
    assert [name for _, attrs in page.tags for name in attrs if name.startswith("on")] == []
    assert not any(link.startswith("javascript:") for link in page.all("href"))


def test_all_that_the_page_links_to_is_there(page: Page, api: Browser) -> None:
    """Scripts, style and icon come from this port, with their types, and from nowhere else."""
    links = {*page.all("src"), *page.all("href")}
    files = {link for link in links if link.startswith("/static/")}
    assert files
    assert all(link.startswith(("/static/", "/api/", "#")) or link == "" for link in links)
    for file in sorted(files):
        answered = api.ask("GET", file)
        assert answered.status == 200, file
        assert answered.headers["content-type"] == CONTENT_TYPES[Path(file).suffix]
        assert answered.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", SCRIPTS)
def test_modules_import_what_is_there(name: str, api: Browser) -> None:
    """Each module is served, and imports only its neighbours."""
    assert api.ask("GET", f"/static/{name}").status == 200
    imported = re.findall(r'^import .*? from "(.*?)";', SCRIPTS[name], re.MULTILINE | re.DOTALL)
    assert {path.removeprefix("./") for path in imported} - SCRIPTS.keys() == set()
    for path in imported:
        names = re.search(rf'import {{([^}}]*)}} from "{re.escape(path)}"', SCRIPTS[name])
        assert names is not None
        for wanted in re.split(r",\s*", names[1].strip().rstrip(",")):
            exported = rf"export (?:async )?(?:function|const|class) {wanted}\b"
            assert re.search(exported, SCRIPTS[path.removeprefix("./")]), f"{name}: {wanted} of {path}"


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_module_makes_markup_of_text(name: str) -> None:
    """What comes from outside is put in as text: none of the ways from a string to markup or code is used."""
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b|new Function|setHTML"
    assert re.findall(ways, SCRIPTS[name]) == []


def test_ids_are_given_once(page: Page) -> None:
    """An id names one element; labels and descriptions point at ids that are there."""
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    pointed = {
        one for name in ("aria-labelledby", "aria-describedby") for value in page.all(name) for one in value.split()
    }
    assert pointed - set(ids) == set()


@pytest.mark.parametrize("name", SCRIPTS)
def test_modules_ask_for_elements_that_are_there(name: str, page: Page) -> None:
    """Every id and template that a module names is on the page."""
    ids = set(page.all("id"))
    named = set(re.findall(r'byId\("([^"]+)"\)', SCRIPTS[name]))
    assert named - ids == set()
    assert {f"t-{made}" for made in re.findall(r'made\("([a-z]+)"', SCRIPTS[name])} - ids == set()


@pytest.mark.parametrize(
    "path", ["/static/", "/static/nothing.js", "/static/..%2fpages.py", "/static/%2e%2e/pages.py", "/static/CONSOLE.JS"]
)
def test_nothing_else_is_served(path: str, api: Browser) -> None:
    """Names are looked up among the files, never on the disk."""
    assert api.ask("GET", path).status == 404


def test_the_whole_console_is_small(page: Page, api: Browser) -> None:
    """To a browser, which takes it compressed: a few dozen KB, all modules in. Russian is the larger of the languages:
    its texts take 5 KB, of two octets a letter."""
    size = 0
    files = ("console.css", "icon.svg", "words-ru.js", *SCRIPTS)
    for path in ("/?lang=ru", *(f"/static/{name}" for name in files)):
        packed = api.ask("GET", path, headers={"Accept-Encoding": "br;q=1.0, gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == api.ask("GET", path).body
        size += len(packed.body)
    assert size < 52_000


@pytest.mark.parametrize("accepts", ["", "identity", "gzip;q=0", "gzip; q=0.000", "br", "gzipped"])
def test_who_does_not_take_gzip_gets_it_plain(accepts: str, api: Browser) -> None:
    """Also who says so with a quality of nothing; caches are told that it depends."""
    answered = api.ask("GET", "/static/console.js", headers={"Accept-Encoding": accepts})
    assert "content-encoding" not in answered.headers
    assert answered.headers["vary"] == "Accept-Encoding"
    assert answered.body == (STATIC / "console.js").read_bytes()


def test_the_page_holds_no_data() -> None:
    """It is open where a token is asked for, so that it can ask: the API behind it is not."""
    bench = Bench(http_token="a-token-of-24-characters", client=["kiosk:s3cret"])
    api = Browser(bench)
    answered = api.ask("GET", "/")
    assert answered.status == 200
    assert b"kiosk" not in answered.body
    assert api.ask("GET", "/static/console.js").status == 200
    assert api.ask("GET", "/api/v1/connect").status == 401


def test_how_to_connect_is_told(api: Browser) -> None:
    """Host, port, the built-in client with its password, and programs that have all of that in them."""
    told = api.get("/api/v1/connect")
    assert (told["system_id"], told["password"], told["short_code"]) == ("demo", "demo", "7494")
    assert [one["name"] for one in told["snippets"]] == ["smpplib", "node-smpp", "Kannel"]
    for one in told["snippets"]:
        assert all(part in one["code"] for part in (told["host"], str(told["port"]), "demo")), one["name"]
        assert "{{" not in one["code"]
    compile(told["snippets"][0]["code"], "snippet", "exec")


def test_the_rule_that_the_form_begins_with_is_one(api: Browser) -> None:
    """Whoever adds it unread gets a rule."""
    added = api.post("/api/v1/faults", EXAMPLE_RULE, status=201)
    assert added["rule"]["name"] == EXAMPLE_RULE["name"]


def test_ready_made_sets_can_be_switched_on(api: Browser) -> None:
    """Every rule of every set is taken as it is told, and goes with its scope."""
    sets = api.get("/api/v1/fault-sets")["items"]
    assert {one["name"] for one in sets} >= {"congested", "flaky-link", "maintenance", "receipts-late"}
    for one in sets:
        assert one["description"]
        for rule in one["rules"]:
            api.post("/api/v1/faults", rule | {"scope": one["name"]}, status=201)
        removed = api.ask("DELETE", f"/api/v1/faults?scope={one['name']}").json
        assert removed == {"removed": len(one["rules"])}


def test_the_wallets_rules_are_told(api: Browser) -> None:
    """As the settings have them."""
    rules = api.get("/api/v1/wallet")
    assert (rules["code_valid"], rules["code_tries"], rules["pin_resets"]) == (300, 3, 3)


def test_templates_escape(page: Page) -> None:
    """Values in templates are escaped: the example rule with its quotes is text."""
    answered = next(attrs for tag, attrs in page.tags if tag == "textarea" and attrs.get("id") == "fault-json")
    assert "autofocus" not in answered
    assert all("|safe" not in path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
