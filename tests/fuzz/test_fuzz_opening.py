"""A small slice of the mutation fuzz; the whole of it is a command (`python -m tests.fuzz.mutate --help`)."""

from __future__ import annotations

import io
import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor

import pikepdf
import pytest

from extractors.limits import Limits
from extractors.opening.counting import count_pages
from extractors.opening.document import open_pages
from extractors.reading import DocumentStatus
from pipeline.readers import ReaderPool
from tests.fuzz.mutate import FUZZ_LIMITS, SAMPLES, fuzz, mutants, opened_only, sample_files
from tests.fuzz.mutations import DAMAGES


def test_damaged_samples_are_all_accounted_for() -> None:
    files = sample_files([SAMPLES / "faxes"])
    # in a process of its own: a peak is that of all children that a process ever had
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        report = alone.submit(fuzz, files, range(80), seed=1, workers=1, reader=opened_only).result()
    assert report.lost == []
    assert report.crashed == []
    assert report.outcomes.total() == 80
    assert report.peak < FUZZ_LIMITS.memory


def test_a_mutant_is_known_by_its_number() -> None:
    files = sample_files([SAMPLES / "blanks"])
    (_, later), (_, alone) = list(mutants(files, [0, 1, 7], 3))[2], next(mutants(files, [7], 3))
    assert later == alone
    assert later != files[7 % len(files)].read_bytes()


# Found in a soak and by 1,500 damages more: pikepdf drops a page that it cannot repair and says nothing of it
@pytest.mark.parametrize(
    ("name", "seed"), [("0102.pdf", 78), ("0150.pdf", 116), ("0052.pdf", 325), ("0218.pdf", 1109), ("0102.pdf", 1230)]
)
def test_no_page_is_lost_unnoticed(name: str, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    data = bytearray((SAMPLES / "faxes" / "faxes" / name).read_bytes())
    rng.choice(DAMAGES)(data, rng)
    pages = list(open_pages(bytes(data), Limits()))
    assert len(pages) == count_pages(bytes(data)) > 1
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert "lost" in str(pages[-1].error)


def endless_pdf() -> bytes:
    """A PDF of 2 kB whose page draws ten forms that each draw ten forms, fifteen deep: it never ends."""
    with pikepdf.new() as pdf:
        inner = pikepdf.Stream(pdf, b"0 0 1 1 re f", Subtype=pikepdf.Name.Form, BBox=[0, 0, 612, 792])
        for _ in range(15):
            resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=pdf.make_indirect(inner)))
            inner = pikepdf.Stream(
                pdf, b"/F Do " * 10, Subtype=pikepdf.Name.Form, BBox=[0, 0, 612, 792], Resources=resources
            )
        page = pdf.add_blank_page(page_size=(612, 792))
        page.obj["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=pdf.make_indirect(inner)))
        page.obj["/Contents"] = pikepdf.Stream(pdf, b"/F Do")
        file = io.BytesIO()
        pdf.save(file)
        return file.getvalue()


def test_a_pdf_that_draws_for_ever_costs_one_document() -> None:
    sample = sample_files([SAMPLES / "blanks"])[0].read_bytes()
    with ReaderPool(1, Limits(seconds=3.0), opened_only) as readers:
        outcomes = dict(readers.read([("endless", endless_pdf()), ("sample", sample)]))
    assert outcomes["endless"].error == "read: not read within 3 seconds"
    assert outcomes["sample"].status is DocumentStatus.DONE
