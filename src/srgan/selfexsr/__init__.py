"""SelfExSR: single image super-resolution from transformed self-exemplars (Huang, Singh and Ahuja, CVPR 2015).

No network and no training data: an image and its smaller copies are the examples for its own enlargement.
"""
