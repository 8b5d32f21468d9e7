"""tfmi mi-map."""

import click


@click.command("mi-map")
@click.argument("run", required=False)
@click.option("--image", required=True, type=click.Path(), help="To be mapped.")
@click.option("--date", help="Which acquisition of an array file.")
@click.option("--point", help="ROW,COL: distances of its patch to all others.")
@click.option("--segment", type=click.IntRange(2, 10), help="Number of regions.")
@click.option("--land-cover", type=click.Path(), help="Classes to compare with.")
@click.option("--stride", type=click.IntRange(1), default=1, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--output", type=click.Path(), help="Folder; by default RUN/mi-map.")
def command(run, image, date, point, segment, land_cover, stride, seed, output):
    """Figure 6: how far each patch of IMAGE is from that around a point, by the
    mutual information of Eq. 5, or regions of patches that are near each other.

    Writes pictures, and GeoTIFF with the image's own coordinates.
    """
    import json
    import pathlib

    from tfmi import runs
    from tfmi.errors import DataError
    from tfmi.files import make_folder
    from tfmi.maps import patches
    from tfmi.maps import scenes

    point = _parse(point, segment, land_cover)
    run = runs.load(run) if run else runs.newest()
    if not run.method.ours:
        raise DataError(
            "the run must have statistics networks (method cross-mi or cross-mi-flow). "
            f"Received: {run.path} of the method {run.method.name}"
        )
    scene = scenes.read_scene(image, run.image_shape, run.channels, date)
    cells = patches.Patches(scene.pixels, run.image_shape[:2], stride)
    if point:
        patches.check_point(point, scene.pixels)
    classes = land_cover and scenes.read_classes(land_cover, scene)
    job = _Job(run, scene, cells, seed, pathlib.Path(output or run.path / "mi-map"))
    make_folder(job.folder)
    click.echo(f"run     {run.path}")
    if point:
        click.echo(f"written {job.distances(point)}")
    if segment:
        path, scores = job.regions(segment, classes)
        click.echo(f"written {path}")
        click.echo(json.dumps(scores))


def _parse(point, segment, land_cover):
    from tfmi.errors import UsageError

    if point is None and segment is None:
        raise UsageError("give --point ROW,COL or --segment K. Received: neither")
    if land_cover is not None and segment is None:
        raise UsageError("--land-cover must go with --segment. Received: no --segment")
    if point is None:
        return None
    try:
        row, column = (int(part) for part in point.split(","))
    except ValueError as error:
        raise UsageError(f"--point must be ROW,COL. Received: {point}") from error
    return row, column


class _Job:
    """What both maps need."""

    def __init__(self, run, scene, patches, seed, folder):
        from tfmi.maps.pair_information import PairInformation

        self.scene, self.patches, self.seed = scene, patches, seed
        self.folder = folder
        self._pairs = PairInformation(run.trained_model("shared"))

    def distances(self, point):
        from tfmi.maps import scenes

        distance = -self._maps([point])[..., 0]
        path = self.folder / f"distance_{point[0]}_{point[1]}.png"
        scenes.write_geotiff(
            path.with_suffix(".tif"), distance, self.scene, self.patches.stride
        )
        title = f"distance to row {point[0]}, column {point[1]}"
        scenes.heat_map(path, self.scene, distance, point, title)
        return path

    def regions(self, count, classes):
        """Path of the picture, and adjusted Rand indices where classes are given."""
        from tfmi.files import write_json
        from tfmi.maps import regions
        from tfmi.maps import scenes

        rows, columns = self.patches.centres
        labels = regions.regions(self._maps(), count, self.seed)
        raw = regions.regions(self.scene.pixels[rows][:, columns], count, self.seed)
        scores = {"regions": count}
        if classes is not None:
            # The class of a cell is that of the pixel in its centre.
            classes = classes[rows][:, columns]
            scores["adjusted_rand_index"] = {
                "mutual information (Eq. 5)": regions.agreement(labels, classes),
                "k-means of raw pixels": regions.agreement(raw, classes),
            }
        path = self.folder / f"regions_{count}.png"
        scenes.write_geotiff(
            path.with_suffix(".tif"), labels, self.scene, self.patches.stride
        )
        scenes.region_map(path, self.scene, labels, f"{count} regions")
        write_json(path.with_suffix(".json"), scores)
        return path, scores

    def _maps(self, points=None):
        from tfmi import progress
        from tfmi.maps.patches import information_maps

        with progress.bar(total=len(self.patches), unit="patch") as bar:
            return information_maps(
                self._pairs, self.patches, points, self.seed, bar.update
            )
