"""A classifier on S with few labels, beside raw pixels and PCA.

    python benchmarks/few_labels.py exported/colored-mnist --sample

Features of the whole training split may use its images; only the labelled
share is given to the classifier. Scores are of the test split.
"""

import argparse
import json
import pathlib

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tfmi import SharedEncoder
from tfmi import pipelines


def main():
    options = _parser().parse_args()
    data = {"data_dir": options.data_dir, "sample": options.sample}
    dataset = pipelines.find(options.pipeline)(**{k: v for k, v in data.items() if v})
    domain = {domain.name: domain for domain in dataset.domains}[options.domain]
    factor = domain.shared_factors[0].name
    print(f"{dataset.source}; {factor} of {domain.title}")
    splits = {
        split: _read(dataset, options.domain, split, factor)
        for split in ("train", "test")
    }
    features = _features(options, splits)
    rows = [_row(options, share, splits, features) for share in options.shares]
    _print(rows)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=2) + "\n")


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", help="folder of tfmi export --format onnx")
    parser.add_argument("--pipeline", default="colored-mnist")
    parser.add_argument("--data-dir")
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--domain", default="x")
    parser.add_argument("--shares", type=float, nargs="+", default=[0.01, 0.1, 1.0])
    parser.add_argument("--seeds", type=int, default=5, help="draws of the labels")
    parser.add_argument("--json")
    return parser


def _read(dataset, domain, split, factor):
    batches = [
        (np.asarray(images), np.asarray(labels[factor]))
        for images, labels in dataset.labelled(domain, split, 1000)
    ]
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _row(options, share, splits, features):
    """Mean and deviation of the accuracies over draws of the labels."""
    (_, labels), (_, test_labels) = splits["train"], splits["test"]
    count = max(10, round(share * len(labels)))
    scores = {name: [] for name in features}
    for seed in range(options.seeds):
        chosen = np.random.default_rng(seed).permutation(len(labels))[:count]
        for name, (train, test) in features.items():
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
            model.fit(train[chosen], labels[chosen])
            scores[name].append(model.score(test, test_labels))
    return {
        "labels": count,
        **{
            name: {"mean": float(np.mean(values)), "std": float(np.std(values))}
            for name, values in scores.items()
        },
    }


def _features(options, splits):
    """`{name: (train, test)}`; what is fitted is fitted on images alone."""
    images = [splits[split][0] for split in ("train", "test")]
    pixels = [batch.reshape(len(batch), -1) / np.float32(255) for batch in images]
    apart = (pathlib.Path(options.export) / f"shared_{options.domain}.onnx").is_file()
    encoder = SharedEncoder(options.export, options.domain if apart else None)
    shared = [encoder.transform(batch) for batch in images]
    pca = PCA(shared[0].shape[1], random_state=0).fit(pixels[0])
    reduced = [pca.transform(batch) for batch in pixels]
    return {"S": shared, "PCA": reduced, "pixels": pixels}


def _print(rows):
    names = [name for name in rows[0] if name != "labels"]
    print("labels".rjust(8) + "".join(name.rjust(18) for name in names))
    for row in rows:
        cells = [
            f"{100 * row[name]['mean']:.2f}% +- {100 * row[name]['std']:.2f}"
            for name in names
        ]
        print(str(row["labels"]).rjust(8) + "".join(cell.rjust(18) for cell in cells))


if __name__ == "__main__":
    main()
