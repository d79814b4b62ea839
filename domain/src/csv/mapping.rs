//! Which mappings an import can begin with.

use crate::model::import::{Field, Mapping};

/// # Errors
/// What is wrong with the mapping of these columns, and what to do: a field has two columns, or neither the company's
/// name nor its website has one.
pub fn check_mapping(mapping: &Mapping, headers: &[String]) -> Result<(), String> {
    if mapping.iter().skip(headers.len()).any(Option::is_some) {
        return Err(format!(
            "The mapping has {} columns, but the file has {}; open the import again",
            mapping.len(),
            headers.len()
        ));
    }
    for field in Field::ALL {
        let names: Vec<String> = mapping
            .iter()
            .zip(headers)
            .filter(|(chosen, _)| **chosen == Some(field))
            .map(|(_, header)| format!("\"{header}\""))
            .collect();
        if names.len() > 1 {
            return Err(format!(
                "{} columns go to {}: {}. Choose one of them",
                names.len(),
                field.column().replace('_', " "),
                names.join(" and ")
            ));
        }
    }
    let names_a_company = |field: &Field| matches!(field, Field::Company | Field::Website);
    if !mapping.iter().flatten().any(names_a_company) {
        return Err(
            "No column is mapped to Company or Website; choose at least one of them".to_owned(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_takes_one_column_and_a_company_needs_a_name_or_a_website() {
        let headers = ["Name", "URL", "Homepage"].map(str::to_owned);
        let (company, website) = (Some(Field::Company), Some(Field::Website));
        let city = Some(Field::CompanyCity);
        for (mapping, expected) in [
            (vec![company, website, None], Ok(())),
            (vec![company], Ok(())),
            (vec![None, None, website], Ok(())),
            (
                vec![company, website, website],
                Err("2 columns go to website: \"URL\" and \"Homepage\". Choose one of them"),
            ),
            (
                vec![city, city, city],
                Err(
                    "3 columns go to company city: \"Name\" and \"URL\" and \"Homepage\". Choose one of them",
                ),
            ),
            (
                vec![city],
                Err("No column is mapped to Company or Website; choose at least one of them"),
            ),
            (
                vec![company, None, None, website],
                Err("The mapping has 4 columns, but the file has 3; open the import again"),
            ),
        ] {
            let checked = check_mapping(&mapping, &headers);
            assert_eq!(checked, expected.map_err(str::to_owned), "{mapping:?}");
        }
    }
}
