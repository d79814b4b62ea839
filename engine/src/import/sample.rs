//! Sample companies for the demo: invented, on reserved domains, through the same path as any file.

use domain::{model::import::ImportBatch, role::Actor};

use crate::{Engine, Result};

const FIRST: [&str; 8] = [
    "Northwind",
    "Blue Harbor",
    "Copper Field",
    "Lantern",
    "Juniper",
    "Silver Oak",
    "Redwood",
    "Meridian",
];
const SECOND: [&str; 5] = ["Logistics", "Health", "Analytics", "Foods", "Robotics"];
const STATES: [&str; 4] = ["TX", "CA", "NY", "WA"];

impl Engine {
    /// Imports a small generated file.
    ///
    /// # Errors
    /// As [`Engine::import_file`].
    pub async fn load_samples(&self, actor: &Actor) -> Result<ImportBatch> {
        tokio::fs::create_dir_all(&self.config.upload_dir).await?;
        let path = self.config.upload_dir.join("sample-companies.csv");
        tokio::fs::write(&path, sample_file()).await?;
        let batch = self.import_file(&path, actor).await?;
        Ok(batch)
    }
}

/// Forty companies; two lack a website, one comes twice, one website is none.
fn sample_file() -> String {
    let mut text = String::from("Company,Website,Industry,Employees,State\n");
    for (i, (first, second)) in FIRST
        .iter()
        .flat_map(|first| SECOND.iter().map(move |second| (first, second)))
        .enumerate()
    {
        let domain = format!(
            "{}-{}.example",
            first.to_lowercase().replace(' ', ""),
            second.to_lowercase()
        );
        let website = if i % 20 == 7 {
            String::new()
        } else {
            format!("https://www.{domain}/")
        };
        text.push_str(&format!(
            "{first} {second},{website},{second},{},{}\n",
            20 + i * 37,
            STATES[i % 4]
        ));
    }
    text.push_str("Northwind Logistics Inc.,northwind-logistics.example,Logistics,20,TX\nNo Such Site,not a website,Foods,12,NY\n");
    text
}
