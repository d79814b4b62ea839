//! Sample companies for the demo: invented, on reserved domains, through the same path as any file.

use domain::{model::import::ImportBatch, role::Actor};

use crate::{Engine, EngineError, Result};

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
    /// Imports a small generated file, received like any other: two people who do it at once do not meet.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] outside the demo: invented companies have no place among real ones.
    pub async fn load_samples(&self, actor: &Actor) -> Result<ImportBatch> {
        if !self.config.demo {
            return Err(EngineError::Invalid(
                "Sample companies are invented, so they are for the demo only; start with DEMO=true, or import a file"
                    .into(),
            ));
        }
        let mut upload = self.open_upload("sample-companies.csv", actor).await?;
        upload.write(sample_file().as_bytes()).await?;
        let preview = upload.finish().await?;
        let path = self.upload_path(&preview.batch_id);
        self.import_now(
            &preview.batch_id,
            &path,
            &preview.mapping,
            preview.has_header,
            actor,
        )
        .await
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
