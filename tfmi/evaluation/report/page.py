"""A page itself: its template, filled, with everything that it needs inside."""

import functools
import shlex

import jinja2
import markupsafe

from tfmi.evaluation.report.score_tables import row_kind

SCRIPT_END = "</script", "<\\/script"


def render(template, **content):
    """The text of a page.

    Args:
        template: name of its file.
        content: what the template shows; `data` is what its script needs.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tfmi.evaluation.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    # The order of what is shown is that of the data.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    environment.filters["kind"] = row_kind
    environment.filters["shell"] = shlex.quote
    environment.filters["spoken"] = lambda name: name.replace("_", " ")

    def file(name):
        return markupsafe.Markup(environment.loader.get_source(environment, name)[0])

    page = environment.get_template(template)
    return page.render(file=file, vega=vega_script(), **content)


@functools.cache
def vega_script():
    """Vega, Vega-Lite and Vega-Embed as one script, no network asked."""
    import vl_convert

    # A script in a page ends at the first end tag, even in a string.
    return markupsafe.Markup(vl_convert.javascript_bundle().replace(*SCRIPT_END))
