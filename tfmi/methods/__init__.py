"""Systems that learn representations from pairs of images, found by name.

A package adds its own through the entry-point group `tfmi.methods`, whose entries
are `Method` objects.
"""

from tfmi.registry import Registry

BUILT_IN = {
    "cross-mi": "tfmi.methods.cross_mi:METHOD",
    "cross-mi-flow": "tfmi.methods.cross_mi_flow:METHOD",
    "cross-domain": "tfmi.methods.cross_domain:METHOD",
    "cross-domain-satellite": "tfmi.methods.cross_domain_satellite:METHOD",
    "deep-infomax": "tfmi.methods.deep_infomax:METHOD",
    "disentangled-ssl": "tfmi.methods.disentangled_ssl:METHOD",
    "iiae": "tfmi.methods.iiae:METHOD",
    "vae": "tfmi.methods.vae:METHOD",
}
_registry = Registry("tfmi.methods", BUILT_IN, "the method must be one of")
names, find = _registry.names, _registry.find
