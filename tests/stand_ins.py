"""Training and scoring in no time, by stand-ins that keep a count on disk as
training keeps a checkpoint (which `test_training` tests)."""

import json
import types

from tfmi import runs
from tfmi.evaluation import scoring
from tfmi.training import stages

# Steps of a stage.
STAGE = 3
IDEAL = {"digit": 1.0, "color": 0.1}


def install(monkeypatch):
    """Put them in place.

    Returns:
        An object with `steps` trained, `scores` made (the representations of
        each), `fail`, the number of scores at which to be killed, and `bits`,
        what S and E are to have in common, each estimate the last of them.
    """
    counted = types.SimpleNamespace(steps=0, scores=[], fail=None, bits=[])

    def train_stage(run, stage, dataset, stop, shared, probe_every):
        assert (shared is None) == (stage == "shared")
        kept = run.path / f"{stage}.step"
        step = int(kept.read_text()) if kept.is_file() else 0
        while step < STAGE:
            step, counted.steps = step + 1, counted.steps + 1
            if stop():
                kept.write_text(str(step))
                return None
        (run.path / f"{stage}.keras").write_text(f"{run.path.name} {stage}")
        run.save_config(seconds={**run.config.get("seconds", {}), stage: 60.0})
        return stage

    def stage_model(run, stage):
        return stage if (run.path / f"{stage}.keras").is_file() else None

    def evaluate(representers, untrained, dataset, output, protocols, limit, **_):
        if counted.fail == len(counted.scores):
            counted.fail = None
            raise KeyboardInterrupt
        counted.scores.append(sorted({name for name, _ in representers}))
        names = ["Ideal", "Ours"] + ["Untrained encoder"] * bool(untrained)
        rows = [{"row": name, "accuracies": IDEAL, "distance": 0.0} for name in names]
        tables = [
            {"protocol": p, "representation": r, "domain": d, "rows": rows, "title": r}
            for p in protocols
            for r, d in representers
        ]
        output.mkdir(exist_ok=True)
        results = {
            "tables": tables,
            "limit": limit,
            "protocols": dict.fromkeys(protocols, "2 layers"),
        }
        (output / "results.json").write_text(json.dumps(results))
        return results

    monkeypatch.setattr(stages, "_train_stage", train_stage)
    monkeypatch.setattr(stages, "_stage_model", stage_model)
    monkeypatch.setattr(stages, "write_preview", lambda *arguments: None)
    monkeypatch.setattr(scoring, "evaluate", evaluate)
    monkeypatch.setattr(scoring, "_bits", lambda *arguments: counted.bits.pop())
    monkeypatch.setattr(runs.Run, "represent", lambda *key: None)
    monkeypatch.setattr(runs.Run, "represent_untrained", lambda *key: None)
    return counted
