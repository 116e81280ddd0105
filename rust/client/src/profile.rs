//! stand-in
use crate::config::Config;
use crate::error::Error;
use crate::session::ServerInfo;
#[derive(Debug, Clone)]
pub struct Profile {}
impl Profile {
    pub fn standard() -> Self {
        Profile {}
    }
    pub fn name(&self) -> &'static str {
        "standard"
    }
    pub fn execute_needs_commit(&self, _s: bool) -> bool {
        false
    }
    pub fn choose(_c: &Config, _s: &ServerInfo) -> Result<Self, Error> {
        Ok(Profile {})
    }
}
