"""Cross-domain disentanglement of two dates of a place, which the paper compares with
on EuroSAT."""

from tfmi.methods.cross_domain import CrossDomain


class CrossDomainSatellite(CrossDomain):
    """After Sanchez, Serrurier, Ortner (2019, "Learning disentangled representations
    of satellite image time series"), as settings of the same model: no code of theirs
    is public."""

    name = "cross-domain-satellite"
    title = "Cross-domain, satellite time series"
    ablations = {
        name: change
        for name, change in CrossDomain.ablations.items()
        if name != "exclusive-0"
    }


METHOD = CrossDomainSatellite()
