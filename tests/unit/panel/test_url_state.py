"""The URL of a page: its parameters, and what going back or forward does."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import panel as pn
import pytest
from bokeh.document import Document
from hypothesis import given
from hypothesis import strategies as st
from panel.io import location as location_module
from panel.io.location import Location
from panel.io.state import set_curdoc

from medallion_panel.ui.url_state import UrlState, accept_any_search


@pytest.fixture(autouse=True)
def any_search() -> None:
    accept_any_search()


@pytest.fixture
def location() -> Iterator[Location]:
    """The location of a visitor's page."""
    document = Document()
    with set_curdoc(document):
        location = Location()
        pn.state._locations[document] = location
        yield location
        del pn.state._locations[document]


def url_state() -> tuple[UrlState, list[str]]:
    events: list[str] = []
    return UrlState(
        lambda: events.append("moved"), lambda narrow: events.append(f"narrow: {narrow}")
    ), events


def test_parameters_are_read_with_all_their_values(location: Location) -> None:
    location.search = "?page=home&country=IE&country=DE&name=Zo%C3%AB+%26"
    url, _ = url_state()
    assert url.read() == {"page": ["home"], "country": ["IE", "DE"], "name": ["Zoë &"]}


@pytest.mark.parametrize("text", ["²", "①", "9" * 5000, "[", "{'a", "nan", "true", "a=b&c"])
def test_any_text_can_be_a_value(location: Location, text: str) -> None:
    location.search = f"?{urlencode({'q': text})}"
    url, _ = url_state()
    assert url.read() == {"q": [text]}
    url.write({"p": [text]})
    assert url.read() == {"p": [text]}


def test_a_question_mark_may_be_in_the_query_string() -> None:
    params = location_module._get_location_params("http", "h:80", "/page?page=t&q=a?b#c?d")
    assert (params["pathname"], params["search"]) == ("/page", "?page=t&q=a%3Fb%23c%3Fd")
    assert location_module._get_location_params("http", "h:80", "/page")["pathname"] == "/page"


parameters = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1),
    max_size=4,
)


@given(parameters)
def test_what_is_written_is_read_again(content: dict[str, list[str]]) -> None:
    url, _ = url_state()
    url.write(content)
    assert url.read() == content


def test_a_page_without_parameters_has_a_plain_url() -> None:
    url, _ = url_state()
    url.write({"page": ["home"]})
    assert url.component.search == "?page=home"
    url.write({})
    assert url.component.search == ""


def test_an_equal_url_is_no_new_entry_of_the_history() -> None:
    url, _ = url_state()
    searches: list[str] = []
    url.component.param.watch(lambda event: searches.append(event.new), "search")
    for page in ("home", "home", "data"):
        url.write({"page": [page]})
    assert searches == ["?page=home", "?page=data"]


def test_back_takes_over_the_url_of_the_browser_and_is_reported() -> None:
    url, events = url_state()
    url.write({"page": ["home"]})
    url.component.param.update(search="?page=data", moves=1)
    assert events == ["moved"]
    assert url.read() == {"page": ["data"]}


def test_a_narrow_screen_is_reported_once_the_browser_may_answer() -> None:
    url, events = url_state()
    assert not url.component.listening
    url.listen()
    assert url.component.listening
    url.component.narrow = True
    assert events == ["narrow: True"]


def test_without_a_location_there_are_no_parameters() -> None:
    url, _ = url_state()
    assert url.read() == {}
