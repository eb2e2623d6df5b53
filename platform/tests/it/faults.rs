//! The whole platform, its roles in processes of their own, while these are killed and the services below them fail: a deployment
//! comes to its end all the same, and what runs is what it says.

mod backups;
mod disk;
mod platform;
mod scale;
mod services;
mod steps;
