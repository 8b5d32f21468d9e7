"""A package of somebody else's: a dataset, a method with its recipe, a metric and an
export format. It knows what tfmi promises; none of tfmi's files knows it."""
