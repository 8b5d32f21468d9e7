"""The models of both stages around any Keras image model."""

from tfmi.errors import UsageError
from tfmi.models import club
from tfmi.models import concat_networks
from tfmi.models import dot_networks
from tfmi.models import networks
from tfmi.models.gaussians import gaussian_encoder
from tfmi.models.heads import shared_encoders
from tfmi.models.image_encoder import image_encoder
from tfmi.models.pair_model import code_size
from tfmi.models.pair_model import shared_variables

TERMS = ("global", "local")
STATISTICS_NETWORKS = {
    "concat": (
        concat_networks.global_statistics_network,
        concat_networks.local_statistics_network,
    ),
    "dot": (dot_networks.global_dot_network, dot_networks.local_dot_network),
}
DISCRIMINATORS = {
    "concat": concat_networks.discriminator,
    "dot": dot_networks.dot_discriminator,
    "club": club.conditional_network,
}


def shared_model(
    cls,
    encoder,
    encoder_y=None,
    *,
    statistics_network="concat",
    units=512,
    discriminator_units=512,
    adversarial_weight=0.0,
    kl_weight=0.0,
    contrast_weight=0.0,
    contrast_head=False,
    global_weight=0.5,
    local_weight=1.0,
    size=None,
    feature_map=None,
    image_shape=None,
    normalize_codes=False,
    levels=0,
    **options,
):
    """A `SharedModel` around any Keras image model, its other networks built to fit.

    Args:
        encoder: model from images `(batch, height, width, channels)` to a vector
            `(batch, size)`, to a feature map `(batch, rows, columns, channels)`,
            which is pooled, or to both as `{"feature_map", "vector"}`. Its layers
            are used and trained, not copied. It sees images in [-1, 1].
        encoder_y: the same for y, for images of another kind; `None` shares the
            weights of x.
        statistics_network: "concat" scores a pair at a time, "dot" all pairs of a
            batch by dot products.
        units: width of the statistics networks.
        discriminator_units: width of the discriminator of the domains, which there
            is where `adversarial_weight` is not 0.
        size: length of S; by default that of the encoder's vector, 64 where it gives
            a feature map alone. A vector of another length passes a linear layer.
        feature_map: name of the layer that gives the feature map; by default the last
            one with a 4-D output.
        image_shape: `(height, width, channels)`, for an encoder that has not been
            built for one.
        normalize_codes: whether S is batch-normalised to unit variance.
        levels: number of levels that each dimension of S is rounded to, 0 for none.
        kl_weight: of the KL divergence of S as a distribution; where it is not 0,
            linear layers give its mean and its log-variance.
        contrast_weight: of the contrast of the codes, InfoNCE of their cosines. Where
            it is not 0, a weight of 0 leaves its term's networks out.
        contrast_head: whether S is what the contrast compares, in the encoder's place.
        global_weight, local_weight: of the terms of the statistics networks.
        options: the other arguments of `SharedModel`: weights, `estimator`,
            `switched`, `code_noise`, `seed`, `name`.

    Raises:
        UsageError: for an encoder without a feature map, of another output, or whose
            image shape is not known, and for an unknown kind of network.
    """
    parts = encoders(
        {"x": encoder, "y": encoder_y},
        "shared",
        _gaussian_encoder if kl_weight else image_encoder,
        size=size,
        feature_map=feature_map,
        image_shape=image_shape,
        normalize=normalize_codes,
        levels=levels,
    )
    size = code_size(parts["encoder_x"])
    terms = used_terms(global_weight, local_weight, contrast_weight)
    parts |= statistics_networks(parts, statistics_network, size, units, terms)
    if contrast_weight:
        parts["contrast_network"] = networks.projection(size, units, contrast_head)
    if adversarial_weight:
        parts["discriminator"] = networks.domain_discriminator(
            size, discriminator_units
        )
    return cls(
        **parts,
        global_weight=global_weight,
        local_weight=local_weight,
        adversarial_weight=adversarial_weight,
        kl_weight=kl_weight,
        contrast_weight=contrast_weight,
        contrast_head=contrast_head,
        **options,
    )


def exclusive_model(
    cls,
    shared_model,
    encoder,
    encoder_y=None,
    *,
    statistics_network="concat",
    units=512,
    discriminator="concat",
    independence="discriminator",
    discriminator_units=512,
    spectral_norm=False,
    adversarial_weight=0.025,
    size=None,
    feature_map=None,
    image_shape=None,
    normalize_codes=False,
    levels=0,
    **options,
):
    """An `ExclusiveModel` around any Keras image model, after stage 1.

    Args:
        shared_model: the trained `SharedModel`; its encoders are used and frozen.
        encoder, encoder_y: as of `shared_model`, with weights of their own.
        discriminator: kind of the discriminators, as `statistics_network`.
        independence: "club" has no discriminators but `club.conditional_network`.
        discriminator_units: width of the discriminators.
        spectral_norm: whether their layers are spectrally normalised.
        adversarial_weight: lambda_adv; there are no discriminators where it is 0.
        statistics_network, units, size, feature_map, image_shape, normalize_codes,
            levels: as of `shared_model`, for E.
        options: the other arguments of `ExclusiveModel`: weights, `estimator`,
            `warmup_steps`, `adversarial_loss`, noise, `seed`, `name`.

    Raises:
        UsageError: as of `shared_model`, and for an encoder that is a shared one.
    """
    frozen = shared_encoders(shared_model)
    parts = encoders(
        {"x": encoder, "y": encoder_y},
        "exclusive",
        size=size,
        feature_map=feature_map,
        image_shape=image_shape,
        normalize=normalize_codes,
        levels=levels,
    )
    for shared in filter(None, frozen.values()):
        if any(shared_variables(shared, own) for own in parts.values()):
            raise UsageError(
                "the encoder of E must have weights of its own. Received: one with "
                f"weights of {shared.name}"
            )
    sizes = code_size(frozen["shared_encoder_x"]), code_size(parts["encoder_x"])
    parts |= statistics_networks(parts, statistics_network, sum(sizes), units)
    if adversarial_weight:
        domains = "x" if encoder_y is None else "xy"
        kind = "club" if independence == "club" else discriminator
        parts |= discriminators(
            domains, kind, *sizes, discriminator_units, spectral_norm
        )
    return cls(
        **frozen,
        **parts,
        independence=independence,
        adversarial_weight=adversarial_weight,
        **options,
    )


def encoders(models, stage, build=image_encoder, **options):
    """`{"encoder_x": ..., "encoder_y": ...}` of those that are there.

    Args:
        models: `{domain: Keras model or None}`.
        build: `image_encoder`, or a function of its arguments.
        options: of `image_encoder`.
    """
    return {
        f"encoder_{domain}": build(model, name=f"{stage}_encoder_{domain}", **options)
        for domain, model in models.items()
        if model is not None
    }


def _gaussian_encoder(model, name, size, normalize, levels, **options):
    """As `image_encoder`, of a vector that is a distribution."""
    size = size or code_size(image_encoder(model, **options))
    encoder = image_encoder(model, 2 * size, **options)
    return gaussian_encoder(encoder, name, normalize, levels)


def used_terms(global_weight, local_weight, contrast_weight):
    """Names of the terms of stage 1 that get networks: beside a contrast those of a
    weight, as they are what takes the time of a step; alone both, as logs show both."""
    weights = zip(TERMS, (global_weight, local_weight), strict=True)
    return [name for name, weight in weights if weight or not contrast_weight]


def statistics_networks(encoders, kind, code_size, units, terms=TERMS):
    """The networks of some terms of each encoder, by the models' arguments."""
    kinds = _kind("statistics_network", STATISTICS_NETWORKS, kind)
    return {
        f"{term}_network_{name[-1]}": build(
            encoder.output["feature_map"].shape[1:], code_size, units
        )
        for name, encoder in encoders.items()
        for term, build in zip(TERMS, kinds, strict=True)
        if term in terms
    }


def discriminators(domains, kind, *sizes):
    """A discriminator of (S, E) for each domain, by the models' arguments."""
    build = _kind("discriminator", DISCRIMINATORS, kind)
    return {f"discriminator_{domain}": build(*sizes) for domain in domains}


def _kind(argument, kinds, kind):
    if kind not in kinds:
        raise UsageError(
            f"{argument} must be one of {', '.join(kinds)}. Received: {kind}"
        )
    return kinds[kind]
