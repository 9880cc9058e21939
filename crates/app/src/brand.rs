//! What every page shows of this installation. It is looked at with every page, so it is remembered for a moment.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use domain::{Color, PortalLink, PortalPicture};

use crate::{App, Result};

/// For how long it is believed: so long after a change on another node, pages may show what was before.
const REMEMBERED: Duration = Duration::from_secs(1);

/// What every page shows of this installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// What it is called.
    pub name: String,
    /// The colour of links and buttons, if it has one of its own.
    pub accent: Option<Color>,
    /// What stands at the foot.
    pub links: Vec<PortalLink>,
    /// Whether it has a logo of its own.
    pub has_logo: bool,
}

impl Default for Brand {
    fn default() -> Self {
        Self { name: "Keywright".to_owned(), accent: None, links: Vec::new(), has_logo: false }
    }
}

/// The one that was read last, and when.
#[derive(Debug, Default)]
pub(crate) struct LastBrand(ArcSwapOption<(Instant, Arc<Brand>)>);

impl LastBrand {
    pub(crate) fn forget(&self) {
        self.0.store(None);
    }
}

impl App {
    /// What every page shows of this installation; what it showed last where the database cannot be reached.
    pub async fn brand(&self) -> Arc<Brand> {
        let last = self.brand.0.load_full();
        if let Some(last) = &last
            && last.0.elapsed() < REMEMBERED
        {
            return Arc::clone(&last.1);
        }
        match self.read_brand().await {
            Ok(brand) => {
                let brand = Arc::new(brand);
                self.brand.0.store(Some(Arc::new((Instant::now(), Arc::clone(&brand)))));
                brand
            }
            Err(_) => last.map(|last| Arc::clone(&last.1)).unwrap_or_default(),
        }
    }

    async fn read_brand(&self) -> Result<Brand> {
        let portal = self.portal().await?;
        let has_logo = self.store.read().has_portal_picture(PortalPicture::Logo).await?;
        Ok(Brand { name: portal.name.to_string(), accent: portal.accent, links: portal.links, has_logo })
    }
}
