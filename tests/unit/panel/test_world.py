"""Countries of the world: their names, and their polygons on a map."""

from __future__ import annotations

from itertools import pairwise

import pytest

from medallion_panel.data.world import countries, country_key, mercator, shapes


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("Germany", "germany"),
        (" IRELAND ", "ireland"),
        ("de", "germany"),
        ("US", "united states of america"),
        ("USA", "united states of america"),
        ("UK", "united kingdom"),
        ("GB", "united kingdom"),
        ("CI", "côte d'ivoire"),
        ("Türkiye", "turkey"),
        ("Côte d'Ivoire", "côte d'ivoire"),
        ("Czech Republic", "czechia"),
        ("BA", "bosnia and herz."),
    ],
)
def test_a_country_by_its_name_or_code(value: str, key: str) -> None:
    assert country_key(value) == key
    assert key in countries()


@pytest.mark.parametrize("value", ["", "  ", "XX", "12", "Antarctica", "AQ", "Atlantis", "日本"])
def test_what_is_not_on_the_map(value: str) -> None:
    assert country_key(value) is None


def test_countries_are_where_they_should_be() -> None:
    assert len(countries()) == 176
    name, rings = countries()["ireland"]
    assert name == "Ireland"
    (ring,) = rings
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    assert -11 < min(xs) < max(xs) < -5
    assert 51 < min(ys) < max(ys) < 56


def test_a_ring_is_closed() -> None:
    for _, rings in countries().values():
        for ring in rings:
            assert len(ring) > 3
            assert ring[0] == pytest.approx(ring[-1])


def test_no_ring_crosses_the_antimeridian() -> None:
    for _, rings in countries().values():
        for ring in rings:
            xs = [x for x, _ in ring]
            assert -180 <= min(xs) <= max(xs) <= 180
            assert all(abs(a - b) <= 180 for a, b in pairwise(xs))
    assert max(x for ring in countries()["russia"][1] for x, _ in ring) == 180
    assert min(x for ring in countries()["russia"][1] for x, _ in ring) == -180


def test_mercator_stretches_towards_the_poles_and_ends_before_them() -> None:
    xs, ys = mercator([(-10.0, 0.0), (0.0, 45.0), (10.0, 84.0), (20.0, 90.0), (30.0, -90.0)])
    assert xs == [-10, 0, 10, 20, 30]
    assert ys[0] == pytest.approx(0)
    assert ys[1] == pytest.approx(50.4990, abs=0.001)
    assert ys[2] == ys[3] == pytest.approx(-ys[4])


def test_shapes_are_every_ring_with_its_country() -> None:
    drawn = shapes()
    assert {shape["key"] for shape in drawn} == set(countries())
    assert len(drawn) == sum(len(rings) for _, rings in countries().values())
    ireland = next(shape for shape in drawn if shape["name"] == "Ireland")
    assert len(ireland["xs"]) == len(ireland["ys"])
