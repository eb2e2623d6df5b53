//! Going back: a part that did not parse leaves nothing behind.

use super::Builder;

/// Lengths of all tables, to go back to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Saved {
    pub(super) items: usize,
    top: usize,
    entries: usize,
    pub(super) exprs: usize,
    pub(super) types: usize,
    expr_lists: usize,
    steps: usize,
    links: usize,
    arms: usize,
    branches: usize,
    loops: usize,
    type_lists: usize,
    members: usize,
    variants: usize,
    refinements: usize,
    names: usize,
    use_names: usize,
    allows: usize,
    errors: usize,
    waiting: Waiting,
}

/// Lengths of the stacks of waiting members.
#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    path_keys: usize,
    entries: usize,
    elements: usize,
    flats: usize,
    links: usize,
    type_args: usize,
    members: usize,
    variants: usize,
    patterns: usize,
    arms: usize,
    names: usize,
    use_names: usize,
}

impl Builder<'_> {
    /// The tables as they are.
    pub(crate) fn lengths(&self) -> Saved {
        let tree = &self.tree;
        Saved {
            items: tree.items.len(),
            top: tree.top.len(),
            entries: tree.entries.len(),
            exprs: tree.exprs.len(),
            types: tree.types.len(),
            expr_lists: tree.expr_lists.len(),
            steps: tree.steps.len(),
            links: tree.links.len(),
            arms: tree.arms.len(),
            branches: tree.branches.len(),
            loops: tree.loops.len(),
            type_lists: tree.type_lists.len(),
            members: tree.members.len(),
            variants: tree.variants.len(),
            refinements: tree.refinements.len(),
            names: tree.names.len(),
            use_names: tree.use_names.len(),
            allows: tree.allows.len(),
            errors: self.errors.len(),
            waiting: Waiting {
                path_keys: self.path_keys.len(),
                entries: self.entries.len(),
                elements: self.elements.len(),
                flats: self.flats.len(),
                links: self.links.len(),
                type_args: self.type_args.len(),
                members: self.members.len(),
                variants: self.variants.len(),
                patterns: self.patterns.len(),
                arms: self.arms.len(),
                names: self.names.len(),
                use_names: self.use_names.len(),
            },
        }
    }

    /// Makes the tables as they were.
    pub(crate) fn go_back(&mut self, saved: &Saved) {
        let tree = &mut self.tree;
        tree.items.truncate(saved.items);
        tree.top.truncate(saved.top);
        tree.entries.truncate(saved.entries);
        tree.exprs.truncate(saved.exprs);
        tree.types.truncate(saved.types);
        tree.expr_lists.truncate(saved.expr_lists);
        tree.steps.truncate(saved.steps);
        tree.links.truncate(saved.links);
        tree.arms.truncate(saved.arms);
        tree.branches.truncate(saved.branches);
        tree.loops.truncate(saved.loops);
        tree.type_lists.truncate(saved.type_lists);
        tree.members.truncate(saved.members);
        tree.variants.truncate(saved.variants);
        tree.refinements.truncate(saved.refinements);
        tree.names.truncate(saved.names);
        tree.use_names.truncate(saved.use_names);
        tree.allows.truncate(saved.allows);
        self.errors.truncate(saved.errors);
        let waiting = &saved.waiting;
        self.path_keys.truncate(waiting.path_keys);
        self.entries.truncate(waiting.entries);
        self.elements.truncate(waiting.elements);
        self.flats.truncate(waiting.flats);
        self.links.truncate(waiting.links);
        self.type_args.truncate(waiting.type_args);
        self.members.truncate(waiting.members);
        self.variants.truncate(waiting.variants);
        self.patterns.truncate(waiting.patterns);
        self.arms.truncate(waiting.arms);
        self.names.truncate(waiting.names);
        self.use_names.truncate(waiting.use_names);
    }
}
