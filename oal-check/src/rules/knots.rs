//! Which nodes of a graph lead back to themselves.

/// The arrows of a graph, by the node they start from.
pub(super) struct Arrows {
    starts: Vec<u32>,
    to: Vec<u32>,
}

impl Arrows {
    /// The graph of so many nodes; arrows from or to others do not count.
    pub(super) fn new(nodes: usize, arrows: &[(u32, u32)]) -> Self {
        let known = || arrows.iter().filter(|(from, to)| (*from as usize) < nodes && (*to as usize) < nodes);
        let mut starts = vec![0_u32; nodes + 1];
        for (from, _) in known() {
            if let Some(count) = starts.get_mut(*from as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut starts {
            sum += *count;
            *count = sum;
        }
        let mut next = starts.clone();
        let mut to = vec![0; sum as usize];
        for (from, target) in known() {
            if let Some(free) = next.get_mut(*from as usize) {
                if let Some(place) = to.get_mut(*free as usize) {
                    *place = *target;
                }
                *free += 1;
            }
        }
        Self { starts, to }
    }

    fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Where the arrows of a node lead.
    pub(super) fn from(&self, node: usize) -> &[u32] {
        match self.starts.get(node..node + 2) {
            Some([start, end]) => self.to.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// In place of a number: not reached yet.
const NEW: u32 = u32::MAX;

/// What is known of a node on the way.
#[derive(Clone, Copy)]
struct Seen {
    order: u32,
    low: u32,
    open: bool,
}

/// Sets of nodes of which each leads to all others, a single one where it leads to itself (Tarjan, without recursion).
pub(super) fn knots(graph: &Arrows) -> Vec<Vec<usize>> {
    let mut seen = vec![Seen { order: NEW, low: NEW, open: false }; graph.len()];
    let (mut stack, mut work, mut found) = (Vec::new(), Vec::new(), Vec::new());
    let mut count = 0;
    let get = |seen: &[Seen], at: usize| seen.get(at).copied().unwrap_or(Seen { order: 0, low: 0, open: false });
    let lower = |seen: &mut [Seen], at: usize, low: u32| {
        if let Some(place) = seen.get_mut(at) {
            place.low = low.min(place.low);
        }
    };
    for start in 0..graph.len() {
        if get(&seen, start).order == NEW {
            work.push((start, 0));
        }
        while let Some((node, step)) = work.pop() {
            if step == 0 {
                if let Some(place) = seen.get_mut(node) {
                    *place = Seen { order: count, low: count, open: true };
                }
                count += 1;
                stack.push(node);
            }
            if let Some(to) = graph.from(node).get(step).map(|to| *to as usize) {
                work.push((node, step + 1));
                let target = get(&seen, to);
                if target.order == NEW {
                    work.push((to, 0));
                } else if target.open {
                    lower(&mut seen, node, target.order);
                }
                continue;
            }
            let done = get(&seen, node);
            if let Some((parent, _)) = work.last().copied() {
                lower(&mut seen, parent, done.low);
            }
            if done.low == done.order {
                let mut knot = Vec::new();
                while let Some(member) = stack.pop() {
                    if let Some(place) = seen.get_mut(member) {
                        place.open = false;
                    }
                    knot.push(member);
                    if member == node {
                        break;
                    }
                }
                if knot.len() > 1 || graph.from(node).iter().any(|to| *to as usize == node) {
                    found.push(knot);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Arrows, knots};

    fn sorted(nodes: usize, arrows: &[(u32, u32)]) -> Vec<Vec<usize>> {
        let mut found = knots(&Arrows::new(nodes, arrows));
        found.iter_mut().for_each(|knot| knot.sort_unstable());
        found.sort();
        found
    }

    #[test]
    fn knots_are_what_leads_back() {
        assert!(sorted(3, &[(0, 1), (1, 2), (0, 2)]).is_empty());
        assert_eq!(sorted(1, &[(0, 0)]), [[0]]);
        assert_eq!(sorted(5, &[(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 2)]), [vec![0, 1], vec![2, 3, 4]]);
    }
}
