//! The pages, one file each; a page with many parts keeps them in a folder of its name.

pub(crate) mod companies;
pub(crate) mod company;
pub(crate) mod events;
pub(crate) mod import;
pub(crate) mod imports;
mod mapping;
pub(crate) mod not_found;
pub(crate) mod overview;
pub(crate) mod sign_in;
mod timeline;
