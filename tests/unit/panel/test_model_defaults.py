"""Defaults that are computed once per class are those of Bokeh, and models are sent as by it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor, UnsetValueError
from bokeh.models import Column, Legend, MultiLine, Plot, Select
from bokeh.plotting import figure
from bokeh.themes import Theme
from panel.custom import JSComponent, ReactiveESM

from medallion_panel.ui import model_defaults
from medallion_panel.ui.card_frame import CardFrame
from medallion_panel.ui.model_defaults import install_shared_defaults

INITIALIZE = HasProps.__init__


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The methods are replaced within a test, whatever tests before it have done."""
    uninstall(monkeypatch)
    install_shared_defaults()
    yield
    monkeypatch.undo()


def uninstall(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PropertyDescriptor, "instance_default", model_defaults._instance_default)
    patch.setattr(PropertyDescriptor, "has_unstable_default", model_defaults._has_unstable_default)
    patch.setattr(HasProps, "properties_with_values", model_defaults._properties_with_values)
    patch.setattr(HasProps, "__init__", INITIALIZE)
    patch.setattr(ReactiveESM, "_render_esm", classmethod(model_defaults._render_esm))
    patch.setattr(ReactiveESM, "_bundle_path", pn.util.classproperty(model_defaults._bundle_path))


def chart(**options: Any) -> figure:
    plot = figure(x_axis_type="datetime", tools="hover,tap", **options)
    plot.line(x=[1, 2], y=[1, 2], legend_label="one", line_width=2)
    plot.vbar(x=[1], top=[2])
    plot.add_layout(Legend(), "right")
    return plot


def sent(plot: figure) -> list[tuple[str, dict[str, Any]]]:
    """What is sent of the models of a chart, with other models as their kinds."""

    def plain(value: Any) -> Any:
        if isinstance(value, HasProps):
            return type(value).__name__
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        return (
            {name: plain(each) for name, each in value.items()}
            if isinstance(value, dict)
            else repr(value)
        )

    return sorted(
        (
            (type(each).__name__, plain(each.properties_with_values(include_defaults=False)))
            for each in plot.references()
        ),
        key=repr,
    )


def all_values(plot: figure) -> list[tuple[str, list[str]]]:
    return sorted(
        (type(each).__name__, sorted(each.properties_with_values())) for each in plot.references()
    )


def test_models_are_sent_as_bokeh_does(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly, values = sent(chart(title="t")), all_values(chart())
    uninstall(monkeypatch)
    assert PropertyDescriptor.instance_default is model_defaults._instance_default
    assert quickly == sent(chart(title="t"))
    assert values == all_values(chart())
    assert ("Title", {"text": "'t'"}) in quickly


def test_a_default_is_that_of_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    def defaults() -> list[Any]:
        return [Plot().width, Column().sizing_mode, Select().height, MultiLine().line_alpha]

    quickly = defaults()
    assert quickly == defaults()
    uninstall(monkeypatch)
    assert quickly == defaults()


def test_mutable_defaults_are_not_shared() -> None:
    first, second = Column(), Column()
    first.children.append(Select())
    assert second.children == []
    assert len(first.properties_with_values(include_defaults=False)["children"]) == 1
    assert "children" not in second.properties_with_values(include_defaults=False)


def test_an_empty_list_is_made_when_it_is_first_read(monkeypatch: pytest.MonkeyPatch) -> None:
    plot = figure()
    assert not {"tags", "styles"} & set(plot._unstable_default_values)
    assert "toolbar" in plot._unstable_default_values
    changes: list[Any] = []
    plot.on_change("tags", lambda attr, old, new: changes.append((attr, old, new)))
    plot.tags.append("one")
    assert changes == [("tags", [], ["one"])]
    assert plot.properties_with_values(include_defaults=False)["tags"] == ["one"]
    uninstall(monkeypatch)
    assert {"tags", "styles"} <= set(figure()._unstable_default_values)


def test_a_theme_comes_before_the_default() -> None:
    themed, plain = Plot(), Plot()
    assert (themed.width, plain.width) == (600, 600)
    Theme(json={"attrs": {"Plot": {"width": 200}}}).apply_to_model(themed)
    assert (themed.width, plain.width) == (200, 600)
    assert themed.properties_with_values(include_defaults=False)["width"] == 200


def test_a_required_property_without_a_value_is_an_error() -> None:
    from bokeh.core.properties import Int, Required

    class Strict(HasProps):
        number = Required(Int)

    with pytest.raises(UnsetValueError):
        Strict().properties_with_values(include_defaults=False)
    assert Strict(number=1).properties_with_values(include_defaults=False) == {"number": 1}


def test_files_of_components_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[type] = []
    search = model_defaults._bundle_path
    monkeypatch.setattr(
        model_defaults, "_bundle_path", lambda cls: searched.append(cls) or search(cls)
    )
    model_defaults._known_bundle_path.cache_clear()
    assert CardFrame._bundle_path is None
    assert CardFrame._bundle_path is None
    assert searched == [CardFrame]
    with pn.config.set(autoreload=True):
        assert CardFrame._bundle_path is None
    assert len(searched) == 2


def test_the_code_of_a_component_is_one_string(monkeypatch: pytest.MonkeyPatch) -> None:
    button = pmui.Button(label="one")
    first, second = CardFrame().get_root(), CardFrame().get_root()
    assert first.esm is second.esm
    code, path = first.esm, button.get_root().esm
    uninstall(monkeypatch)
    third = CardFrame().get_root()
    assert (third.esm, button.get_root().esm) == (code, path)
    assert third.esm is not code


def own_components() -> list[type[JSComponent]]:
    import_module("medallion_panel.app")  # and with it all of them
    classes = JSComponent.__subclasses__()
    return [cls for cls in classes if cls.__module__.startswith("medallion_panel.")]


@pytest.mark.parametrize("cls", own_components())
def test_objects_share_the_parameters_of_their_class(cls: type[JSComponent]) -> None:
    component = object.__new__(cls)
    JSComponent.__init__(component, width=7)
    assert all(component.param[name] is cls.param[name] for name in cls.param)
    assert (component.width, cls.param["width"].default) == (7, None)
