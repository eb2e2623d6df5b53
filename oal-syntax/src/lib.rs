//! Source text to tokens, tree and syntax errors.
