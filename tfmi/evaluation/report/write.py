"""From a run's facts, representations and results to report.html."""

from tfmi.evaluation.report import curves
from tfmi.evaluation.report import disentanglement_panel
from tfmi.evaluation.report import explorer
from tfmi.evaluation.report import facts
from tfmi.evaluation.report import page
from tfmi.evaluation.report import requests
from tfmi.evaluation.report import samples
from tfmi.evaluation.report import scores
from tfmi.evaluation.report import thumbnails
from tfmi.evaluation.report import vega_charts
from tfmi.files import write_text


def write_report(
    path, about, histories, results, representers, dataset, exports, progress=print
):
    """Write one page that needs nothing else, neither network nor other files.

    Args:
        path: of the file.
        about: what was trained on what, see `facts.overview`.
        histories: `{stage: history}`, see `curves.read_history`.
        results: what results.json holds, or None for a run that is not evaluated.
        representers: `{(representation, domain name): function from raw images to
            vectors}`.
        dataset: a `PairDataset`; test images of it are shown.
        exports: `{"folder": as a user would type it, "entries": [of its manifest]}`.
        progress: called with a line of text as each step begins.

    Raises:
        DataError: where the file cannot be written, there are too few test images, or
            vectors are no finite numbers.
    """
    views, image = [], None
    for domain in dataset.domains:
        progress(f"images, neighbours and maps of {domain.name}")
        represents = {r: f for (r, d), f in representers.items() if d == domain.name}
        sample = samples.draw(dataset, domain, represents)
        views.append(explorer.domain_view(sample))
        image = sample.images[0] if image is None else image
    progress("page")
    write_text(path, _render(about, histories, results, views, image, exports))


def _render(about, histories, results, views, image, exports):
    panels = _panels(results) if results else []
    stages = [curves.stage_curves(*stage) for stage in histories.items() if stage[1]]
    drawn = [table for panel in panels for table in panel["tables"]]
    drawn += [term for stage in stages for term in stage["terms"]]
    drawn = [item for item in drawn if item["chart"]]
    specs = {f"chart-{number}": item["chart"] for number, item in enumerate(drawn)}
    for name, item in zip(specs, drawn, strict=True):
        item["chart"] = name
    return page.render(
        about=about,
        overview=facts.overview(about),
        settings=facts.settings(about),
        summary=scores.summary(results) if results else None,
        panels=panels,
        stages=stages,
        views=views,
        image=thumbnails.png_uri(image),
        exports=requests.export_views(exports["entries"], exports["folder"]),
        server=requests.server_command(exports["folder"]),
        data={"charts": specs, "map": vega_charts.point_map(), "domains": views},
    )


def _panels(results):
    panels = scores.panels(results)
    if results.get("disentanglement"):
        panels.append(disentanglement_panel.apart_panel(results["disentanglement"]))
    return panels
