"""Disentangled representations of image pairs by mutual information estimation."""

_LAZY = ("SharedEncoder", "ExclusiveEncoder")
__all__ = list(_LAZY)


def __getattr__(name):
    # Importing tfmi loads neither TensorFlow nor onnxruntime.
    if name in _LAZY:
        from tfmi.inference import transformers

        return getattr(transformers, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
