//! Companies: list and detail.

use domain::model::{
    Page,
    company::{CompanyDetail, CompanyFilter, CompanyRow},
};

use crate::{Engine, Result};

impl Engine {
    /// A page of 50 companies, newest first.
    pub async fn companies(&self, filter: &CompanyFilter) -> Result<Page<CompanyRow>> {
        let _ = filter;
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// One company by intake id or Barton ID.
    pub async fn company(&self, key: &str) -> Result<CompanyDetail> {
        let _ = key;
        Err(crate::EngineError::Invalid("stub".into()))
    }
}
