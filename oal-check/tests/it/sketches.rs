//! The sketch of what is missing fits: put in, it leaves nothing to complain of but what only a person knows.

use oal_check::{Applicability, Options, Project, check};

#[test]
fn a_missing_field_is_sketched_with_a_value_of_its_type() {
    let text = "app shop { edition: 1 }\n\
        type Shape = round(radius: Int where 3..9, edge: Edge) | flat\n\
        type Edge = sharp | soft\n\
        kind box extends job {\n  \
          field edge: Edge\n  \
          field shape: Shape\n  \
          field share: Percent\n  \
          field cpu: Cpu where 0.5..4\n  \
          field size: Size where 1MiB..\n  \
          field near: job\n  \
          field spot: { x: Int, y: Float, z: Int? }\n  \
          field loud: const Bool\n\
        }\n\
        job first { image: \"busybox:1.37\" }\n\
        box second { image: \"busybox:1.37\" }\n";
    let found = check(&Project::single("app.oal", text), &Options::default());
    let [missing] = found.diagnostics() else { panic!("{:#?}", found.diagnostics()) };
    assert_eq!(missing.code.id, "OAL0302");
    let [fix] = missing.fixes.as_slice() else { panic!("{missing:#?}") };
    assert_eq!(fix.applicability, Applicability::HasPlaceholders);
    let [edit] = fix.edits.as_slice() else { panic!("{fix:#?}") };
    let expected = " edge: sharp, shape: round(radius: 3, edge: sharp), share: 0%, cpu: 0.5, size: 1MiB, near: first, \
        spot: { x: 0, y: 0.0 }, loud: false,";
    assert_eq!(edit.text, expected);

    let mut fixed = text.to_owned();
    fixed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    let rest = check(&Project::single("app.oal", fixed), &Options::default());
    assert!(!rest.has_errors(), "{:#?}", rest.diagnostics());
}
