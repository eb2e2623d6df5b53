//! Builders: from a build node to an image, by a key that says when there is nothing to do.
