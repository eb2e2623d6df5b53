//! Source bundles: packing a project so that the same files give the same bytes, and unpacking what strangers send.
