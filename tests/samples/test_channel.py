"""The fax channel does to a page what it says, and says where every point of the page went."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator, default_rng

from samples.generator import line, paper, scanner
from samples.generator.channel import DAMAGES, FAX_FINE, FAX_STANDARD, FAX_WIDTH, MACHINES, SCAN_150, Sent, draw, send
from samples.generator.paper import Grey, Sheet
from samples.generator.placement import STRAIGHT, Placement, about_centre, quarter_turn, rotation

DOTS = np.array([(x, y) for x in range(60, 580, 100) for y in range(60, 760, 100)], float)  # points on a letter sheet


def dotted_page(dpi: int = 150) -> Grey:
    """A letter page with a black square, 3 points wide, about each of DOTS: drawn here, so that its truth is known."""
    page = np.full((11 * dpi, round(8.5 * dpi)), 255, np.uint8)
    for x, y in DOTS * dpi / 72:
        page[round(y - 3.5) : round(y + 3.5), round(x - 3.5) : round(x + 3.5)] = 0
    return page


def as_sheet(image: Grey, dpi: tuple[float, float] = (150.0, 150.0)) -> Sheet:
    return Sheet(image, dpi, (612.0, 792.0), STRAIGHT.at(*dpi))


def off_by(sent: Sent) -> np.ndarray:
    """How far each dot's ink lies from where the placement says, in points; dots cut off or damaged are left out."""
    far = []
    for x, y in sent.placement.land(DOTS):
        reach_x, reach_y = (round(5 * dpi / 72) for dpi in sent.dpi)
        left, top = round(x), round(y)
        if not (reach_x < left < sent.image.shape[1] - reach_x and reach_y < top < sent.image.shape[0] - reach_y):
            continue
        ink = 255.0 - sent.image[top - reach_y : top + reach_y + 1, left - reach_x : left + reach_x + 1]
        rows, columns = np.mgrid[-reach_y : reach_y + 1, -reach_x : reach_x + 1]
        if ink.sum() > 255:
            across = (columns * ink).sum() / ink.sum() + left - x
            down = (rows * ink).sum() / ink.sum() + top - y
            far.append(np.hypot(across / sent.dpi[0], down / sent.dpi[1]) * 72)
    return np.array(far)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("machine", [FAX_FINE, FAX_STANDARD, SCAN_150], ids=lambda machine: machine.name)
def test_placement_finds_every_dot_on_the_page(machine, turned):
    sent = send(dotted_page(), default_rng(turned), 0.5, machine, source_dpi=150, header="FAX", turned=turned)
    far = off_by(sent)
    assert len(far) > 30
    assert np.median(far) < 0.5


def test_same_seed_same_page_other_seed_other_page():
    page = dotted_page()
    first, again, other = (send(page, default_rng(seed), 0.6, source_dpi=150) for seed in (3, 3, 4))
    assert np.array_equal(first.image, again.image)
    assert first.damages == again.damages
    assert first.image.shape != other.image.shape or not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_resolution_size_and_levels(machine):
    sent = send(dotted_page(), default_rng(1), 0.0, machine, source_dpi=150)
    height, width = sent.image.shape
    assert sent.dpi == machine.dpi
    assert height == pytest.approx(11 * machine.dpi[1], abs=1)
    assert width == (FAX_WIDTH if machine in (FAX_FINE, FAX_STANDARD) else pytest.approx(8.5 * machine.dpi[0], abs=1))
    assert (set(np.unique(sent.image)) <= {0, 255}) is machine.bilevel


def test_severity_makes_more_and_harder_damages():
    def harm(severity: float) -> tuple[float, float]:
        rng = default_rng(7)
        drawn = [draw(span, rng, severity) for _ in range(200) for span in DAMAGES]
        struck = [abs(amount) for amount in drawn if amount is not None]
        return len(struck), sum(struck)

    for mild, hard in ((0.0, 0.4), (0.4, 1.0)):
        assert harm(mild)[0] < harm(hard)[0]
        assert harm(mild)[1] < harm(hard)[1]


@given(seed=st.integers(0, 2**20), severity=st.floats(0, 1))
def test_no_damage_exceeds_its_span(seed, severity):
    rng = default_rng(seed)
    for span in DAMAGES:
        amount = draw(span, rng, severity)
        assert amount is None or span.amount[0] <= abs(amount) <= span.amount[1]
        assert amount is None or amount > 0 or span.both_ways


def black(sheet: Sheet) -> int:
    return int((sheet.image < 128).sum())


@pytest.mark.parametrize(
    ("step", "amount"),
    [(paper.dirt, 60), (paper.dark_edge, 6), (paper.ink_spread, 0.2), (paper.punch_holes, 3), (scanner.too_dark, 140)],
)
def test_these_steps_darken(step, amount):
    sheet = as_sheet(dotted_page())
    assert black(step(sheet, amount, default_rng(0))) > black(sheet)


@pytest.mark.parametrize(("step", "amount"), [(paper.ink_wear, 0.2), (scanner.too_light, 140)])
def test_these_steps_lighten(step, amount):
    sheet = as_sheet(dotted_page())
    assert black(step(sheet, amount, default_rng(0))) < black(sheet)


@pytest.mark.parametrize(
    ("step", "amount"),
    [(paper.print_blur, 0.2), (paper.photocopy, 2), (paper.paper_tone, 40), (paper.fold, 2), (scanner.sensor_noise, 5)],
)
def test_steps_on_paper_keep_size_and_place(step, amount):
    sheet = as_sheet(np.minimum(dotted_page(), np.linspace(90, 230, 1275).astype(np.uint8)))
    after = step(sheet, amount, default_rng(0))
    assert after.image.shape == sheet.image.shape
    assert after.placement == sheet.placement
    assert not np.array_equal(after.image, sheet.image)


@pytest.mark.parametrize("step", [scanner.threshold, scanner.local_threshold, scanner.ordered_dither, scanner.diffuse])
def test_binarisations_leave_black_and_white_only(step):
    slope = np.tile(np.linspace(0, 255, 600).astype(np.uint8), (80, 1))
    image = step(as_sheet(slope), {"ordered_dither": 1.0}.get(step.__name__, 120.0), default_rng(0)).image
    assert set(np.unique(image)) == {0, 255}
    assert image[:, -40:].mean() > image[:, :40].mean()


def test_streaks_run_down_the_page():
    sheet = as_sheet(np.full((400, 300), 255, np.uint8))
    struck = scanner.streaks(sheet, 3, default_rng(2)).image
    assert (struck < 128).sum(0).max() > 50  # one column at least, over a good part of the page


@pytest.mark.parametrize(
    ("step", "amount", "before", "after"),
    [
        (
            scanner.skew,
            2.0,
            (612 / 2 + 100, 396),
            (306 + 100 * np.cos(np.radians(2)), 396 + 100 * np.sin(np.radians(2))),
        ),
        (scanner.scale, 10.0, (406, 396), (416, 396)),
        (scanner.aspect, 2.0, (406, 496), (406, 498)),
        (scanner.shear, 25.4, (306, 396 + 396), (306 + 36, 792)),
        (scanner.turn, 180, (10, 20), (602, 772)),
        (scanner.turn, 90, (10, 20), (772, 10)),
    ],
)
def test_feed_steps_move_points_by_their_unit(step, amount, before, after):
    flat = Sheet(dotted_page(), (150.0, 150.0), (612.0, 792.0), STRAIGHT)
    landed = step(flat, amount, default_rng(0)).placement.land(np.array([before], float))[0]
    assert landed == pytest.approx(after, abs=1e-6)


@pytest.mark.parametrize("step", [scanner.shift, scanner.uneven_feed])
def test_wandering_steps_stay_within_their_millimetres(step):
    flat = Sheet(dotted_page(), (150.0, 150.0), (612.0, 792.0), STRAIGHT)
    moved = step(flat, 3.0, default_rng(4)).placement.land(DOTS) - DOTS
    assert 0 < np.abs(moved).max() <= 3.0 * 72 / 25.4 * 1.5


@pytest.mark.parametrize(("step", "rows"), [(line.lost_lines, -12), (line.repeated_lines, 12)])
def test_lost_and_repeated_lines_change_the_height(step, rows):
    sheet = as_sheet(dotted_page())
    after = step(sheet, 12, default_rng(3))
    assert len(after.image) - len(sheet.image) == pytest.approx(rows, abs=6)
    far = off_by(Sent(after.image, after.dpi, (), after.placement))
    assert np.median(far) < 0.5


def test_damaged_lines_keep_the_height():
    sheet = as_sheet(dotted_page())
    after = line.damaged_lines(sheet, 20, default_rng(5))
    assert after.image.shape == sheet.image.shape
    changed = (after.image != sheet.image).any(1).sum()
    assert 0 < changed <= 20 * 8


def test_header_stands_above_the_page():
    sheet = as_sheet(np.full((400, 1728), 255, np.uint8), (204.0, 98.0))
    after = line.header_line(sheet, "03/01/2022 10:12  FAX 555 0100  P.01/02", default_rng(1))
    assert black(after) > 200
    assert (after.image[30:] == 255).all()


knots = st.lists(
    st.tuples(st.floats(0, 900), st.floats(-8, 8)), min_size=2, max_size=6, unique_by=lambda knot: round(knot[0])
)


@given(degrees=st.floats(-5, 5), size=st.floats(0.8, 1.15), slips=knots)
def test_source_grid_undoes_the_placement(degrees, size, slips):
    rising = sorted(slips)
    feed = tuple((y + 20.0 * n, y + 20.0 * n + slip, slip / 3) for n, (y, slip) in enumerate(rising))
    placed = Placement(STRAIGHT.then(about_centre(rotation(degrees) * size, 612, 792)).matrix, feed)
    x, y = placed.source_grid(60, 300)
    page = np.array([(7.0, 11.0), (33.0, 140.0), (59.0, 299.0)])
    back = np.array([(x[int(row), int(column)], y[int(row), int(column)]) for column, row in page], float)
    assert np.abs(placed.land(back) - page).max() < 0.01


@given(turns=st.lists(st.sampled_from([90, 180, 270]), min_size=1, max_size=4))
def test_quarter_turns_add_up(turns):
    width, height = 612.0, 792.0
    placed = STRAIGHT
    for degrees in turns:
        placed = placed.then(quarter_turn(degrees, width, height))
        width, height = (height, width) if degrees % 180 else (width, height)
    whole = STRAIGHT.then(quarter_turn(sum(turns) % 360, 612, 792))
    assert placed.land(DOTS) == pytest.approx(whole.land(DOTS))


@settings(max_examples=30)
@given(seed=st.integers(0, 2**20), drop=st.integers(1, 30))
def test_with_rows_follows_rows(seed: int, drop: int):
    rng: Generator = default_rng(seed)
    origin = np.sort(rng.choice(300, 300 - drop, replace=False))
    placed = STRAIGHT.with_rows(origin)
    for new in rng.choice(len(origin), 5):
        landed = placed.land(np.array([[5.0, float(origin[new])]]))[0]
        assert landed == pytest.approx((5.0, new), abs=0.01)
