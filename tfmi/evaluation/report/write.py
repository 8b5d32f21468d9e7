"""From a run and its results to report.html."""

from tfmi.evaluation.report import curves
from tfmi.evaluation.report import disentanglement_panel
from tfmi.evaluation.report import explorer
from tfmi.evaluation.report import facts
from tfmi.evaluation.report import page
from tfmi.evaluation.report import requests
from tfmi.evaluation.report import scores
from tfmi.evaluation.report import thumbnails
from tfmi.evaluation.report import vega_charts
from tfmi.files import write_text


def write_report(run, results, exports, progress=print):
    """Write one page that needs nothing else, neither network nor other files.

    Args:
        run: a finished `Run`. The images that it keeps are shown; its dataset is not
            opened.
        results: its `Results`, or `None` where it is not evaluated.
        exports: `{"folder": as a user would type it, "entries": [of its manifest]}`.
        progress: called with a line of text as each step begins.

    Raises:
        DataError: where the file cannot be written, there are too few test images, or
            vectors are no finite numbers.
    """
    views = []
    for shown in run.samples.shown:
        name = shown.domain.name
        progress(f"images, neighbours and maps of {name}")
        represents = {
            representation: run.represent(representation.name, name)
            for representation in run.representations
            if name in run.domains
        }
        views.append(explorer.domain_view(shown, represents, run.channels))
    progress("page")
    write_text(run.report_file, _render(run, results, views, exports))


def _render(run, results, views, exports):
    panels = []
    if results is not None:
        panels = scores.panels(results, run.evaluation_folder)
        panels += disentanglement_panel.panels(results)
    stages, about = curves.training_curves(run), facts.about(run)
    drawn = [table for panel in panels for table in panel["tables"]]
    drawn += [term for stage in stages for term in stage["terms"]]
    specs = vega_charts.take_out(drawn)
    return page.render(
        "report.html.jinja",
        about=about,
        overview=facts.overview(about),
        settings=facts.settings(about),
        summary=None if results is None else scores.summary(results),
        panels=panels,
        stages=stages,
        views=views,
        representations=explorer.should_share(run.representations),
        image=thumbnails.png_uri(run.samples.shown[0].images[0]),
        exports=requests.export_views(exports["entries"], exports["folder"]),
        server=requests.server_command(exports["folder"]),
        data={"charts": specs, "map": vega_charts.point_map(), "domains": views},
    )
