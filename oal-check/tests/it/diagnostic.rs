//! Diagnostics: the registry and its pages, the order of findings, and every form they are shown in.

mod machine;
mod pages;
mod programs;
mod registry;
mod render;
mod samples;
