"""Disentangled representations of image pairs by mutual information estimation."""
