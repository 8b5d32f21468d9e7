"""The structure of report.html, without a browser."""

import base64
import configparser
import html.parser
import io
import json
import pathlib
import re

import made_method
import made_results
import pytest
import report_content as content
from PIL import Image

from tfmi.errors import DataError
from tfmi.evaluation.report import write

pytestmark = pytest.mark.any_versions

ROOT = pathlib.Path(__file__).parents[3]


class Elements(html.parser.HTMLParser):
    """Start tags with their attributes, and the text outside of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.found, self.words, self._tag = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self._tag = tag
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self._tag not in ("script", "style"):
            self.words += data.split()

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def text(self):
        return " ".join(self.words)


def _write(folder, results=content.RESULTS, exports=content.EXPORTS, **changes):
    run = content.run(folder, **changes)
    write.write_report(run, results, exports, progress=str)
    return run.report_file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    drawn = content.run(folder).stage_folder("shared") / "reconstructions.png"
    drawn.parent.mkdir()
    Image.new("RGB", (36, 24), "red").save(drawn)
    return _write(folder)


@pytest.fixture(scope="module")
def elements(page):
    return Elements(page)


def test_nothing_is_asked_of_other_files(page, elements):
    for _, attributes in elements.found:
        for name in ("src", "href", "srcset", "poster", "action", "data"):
            link = attributes.get(name) or "#"
            assert link.startswith(("#", "data:")), (name, link)
    for style in re.findall(r"<style>(.*?)</style>", page, re.DOTALL):
        assert "@import" not in style
        assert re.findall(r"url\((?!data:)", style) == []
    assert len(page) < 2_000_000


def test_ids_are_unique_and_links_lead_somewhere(elements):
    ids = [a["id"] for _, a in elements.found if "id" in a]
    assert len(ids) == len(set(ids))
    inside = [a["href"][1:] for a in elements.all("a") if a["href"][0] == "#"]
    assert inside and set(inside) <= set(ids)


def test_what_can_be_used_has_a_name(page, elements):
    assert {"lang": "en"} in elements.all("html")
    for region in (a for _, a in elements.found if a.get("role")):
        assert region.get("aria-label") or region["role"] == "note", region
    assert re.findall(r"<button[^>]*>\s*</button>", page) == []
    assert len(elements.all("fieldset")) == page.count("<legend>")


def test_the_page_says_what_was_trained(elements):
    text = elements.text
    for words in (
        "halves-20260101-000000",
        "made <b>in</b> the test",
        "30 steps in 3 epochs, 1 min 2 s",
        "tfmi 0.1.0",
        "Probe: strong",
        "Paper (Table 1)",
        "75.00% ± 1.10%",
        "S and E apart",
        "0.583 mean distance to the ideal",
        "its nearest others, by L2, in S and in E. In S they should share",
        "should share what a pair shares, in E the rest. Arrow keys",
    ):
        assert words in text, words


def test_names_of_the_data_are_no_markup(page):
    assert "made <b>in</b>" not in page
    assert "made &lt;b&gt;in&lt;/b&gt; the test" in page


def test_each_chart_has_its_specification(page, elements):
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))
    named = [a["data-chart"] for _, a in elements.found if "data-chart" in a]
    assert sorted(named) == sorted(data["charts"])
    # Four tables in each of four panels with charts; two terms in each stage.
    assert len(named) == 16 + 4
    assert [view["name"] for view in data["domains"]] == ["x", "y"]
    representations = [list(view["representations"]) for view in data["domains"]]
    assert representations == [["shared", "exclusive"]] * 2


def test_what_the_model_drew_is_there(page, elements, bare):
    (drawn,) = (a for a in elements.all("img") if a.get("class") == "drawn")
    assert drawn["alt"] == "reconstructions of test images"
    content = base64.b64decode(drawn["src"].removeprefix("data:image/png;base64,"))
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.getpixel((0, 0)) == (255, 0, 0)
    assert "drawn" not in {a.get("class") for a in bare.all("img")}


def test_requests_are_there(elements):
    assert '"signature_name": "encoded"' in elements.text
    assert 'InferenceSession("exported/halves/shared_x.onnx")' in elements.text
    assert "docker compose --file=exported/halves/compose.yaml up" in elements.text


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bare")
    return Elements(_write(folder, None, content.NO_EXPORTS, domains="x", histories={}))


def test_what_is_missing_is_said_with_its_command(bare):
    text = re.sub(r"\S*/(halves-)", r"\1", bare.text)
    for words in (
        "This run is not evaluated yet",
        "tfmi evaluate halves-20260101-000000",
        "This run has no exports yet",
        "tfmi export halves-20260101-000000",
        "no history of its training",
    ):
        assert words in text, words


def test_one_domain_needs_no_choice(bare, elements):
    names = [a.get("name") for a in bare.all("input")]
    assert "domain" not in names
    assert [a.get("name") for a in elements.all("input")].count("domain") == 2


def test_a_method_of_one_vector(tmp_path):
    elements = Elements(
        _write(
            tmp_path,
            made_results.results(latent=(0.7, 0.6), row="compression"),
            content.NO_EXPORTS,
            method=made_method.METHOD,
            stages=("warm", "squeeze"),
            recipe=made_method.RECIPE,
            representations=(made_results.LATENT,),
            represent=lambda *key: content.shade_vectors,
            domains=["x"],
            histories={"squeeze": "epoch,loss,squeezed\n0,2.0,1.0\n"},
        )
    )
    for words in (
        "by L2, in Z. In Z they should share every factor.",
        "mean distance to the ideal over Z of x",
        "Stage 2: the code",
        "How small the code is.",
    ):
        assert words in elements.text, words
    assert "apart" not in elements.text
    assert ("tr", {"class": "ours"}) in elements.found


def test_a_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(DataError, match="must be a folder that can be written"):
        _write(tmp_path, report_file=tmp_path / "none" / "report.html")


def test_templates_are_part_of_the_package():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    packages = config["options"]["packages"].split()
    assert "tfmi.evaluation.report" in packages
    folder = ROOT / "tfmi" / "evaluation" / "report"
    patterns = config["options.package_data"]["tfmi.evaluation.report"].split()
    shipped = {path for pattern in patterns for path in folder.glob(pattern)}
    assert shipped == {
        p for p in folder.rglob("*") if p.is_file() and "templates" in p.parts
    }
    assert shipped
