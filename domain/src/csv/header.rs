//! What the columns mean.

use crate::model::import::{Field, Mapping};

/// Names under which a field is known, compared without case, punctuation and spaces.
const SYNONYMS: [(Field, &[&str]); 18] = [
    (
        Field::Company,
        &[
            "company",
            "companyname",
            "name",
            "organization",
            "organisation",
            "organizationname",
            "accountname",
            "account",
            "business",
            "businessname",
            "security",
            "employer",
        ],
    ),
    (
        Field::CompanyNameForEmails,
        &[
            "companynameforemails",
            "shortname",
            "casualname",
            "displayname",
        ],
    ),
    (
        Field::Website,
        &[
            "website",
            "websiteurl",
            "url",
            "domain",
            "homepage",
            "web",
            "companywebsite",
            "companydomain",
            "site",
            "homepageurl",
            "companyurl",
        ],
    ),
    (
        Field::CompanyLinkedinUrl,
        &[
            "companylinkedinurl",
            "linkedin",
            "linkedinurl",
            "companylinkedin",
            "linkedinprofile",
        ],
    ),
    (
        Field::Industry,
        &["industry", "sector", "gicssector", "vertical", "category"],
    ),
    (
        Field::NumEmployees,
        &[
            "numemployees",
            "employees",
            "employeecount",
            "numberofemployees",
            "noofemployees",
            "teamsize",
            "headcount",
            "staff",
            "companysize",
            "size",
        ],
    ),
    (
        Field::CompanyStreet,
        &[
            "companystreet",
            "street",
            "streetaddress",
            "addressstreet",
            "addressline1",
            "address1",
        ],
    ),
    (
        Field::CompanyCity,
        &["companycity", "city", "town", "addresscity"],
    ),
    (
        Field::CompanyState,
        &[
            "companystate",
            "state",
            "province",
            "region",
            "addressstate",
        ],
    ),
    (
        Field::CompanyPostalCode,
        &[
            "companypostalcode",
            "postalcode",
            "zip",
            "zipcode",
            "postcode",
            "companyzip",
            "addresszip",
        ],
    ),
    (
        Field::CompanyCountry,
        &["companycountry", "country", "addresscountry"],
    ),
    (
        Field::CompanyAddress,
        &[
            "companyaddress",
            "address",
            "fulladdress",
            "location",
            "headquarters",
            "headquarterslocation",
            "alllocations",
        ],
    ),
    (
        Field::CompanyPhone,
        &[
            "companyphone",
            "phone",
            "phonenumber",
            "telephone",
            "tel",
            "companyphonenumber",
        ],
    ),
    (Field::SicCodes, &["siccodes", "sic", "siccode"]),
    (
        Field::FoundedYear,
        &[
            "foundedyear",
            "founded",
            "yearfounded",
            "foundingyear",
            "established",
        ],
    ),
    (Field::FacebookUrl, &["facebookurl", "facebook"]),
    (
        Field::TwitterUrl,
        &["twitterurl", "twitter", "x", "xurl", "twitterhandle"],
    ),
    (
        Field::StateAbbrev,
        &["stateabbrev", "stateabbreviation", "statecode"],
    ),
];

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn field_of(name: &str) -> Option<Field> {
    let name = plain(name);
    SYNONYMS
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()))
        .map(|(field, _)| *field)
}

/// Whether a file's first row names its columns: some name is known, and no cell looks like data.
pub fn looks_like_header(first: &[String]) -> bool {
    let data = first.iter().any(|cell| {
        let cell = cell.trim();
        cell.contains("://")
            || cell.starts_with("www.")
            || (cell.len() > 3 && cell.parse::<f64>().is_ok())
    });
    let known = first.iter().any(|cell| field_of(cell).is_some());
    known && !data
}

/// For each column the field it most likely is; no field is given twice.
pub fn guess_mapping(headers: &[String]) -> Mapping {
    let mut taken = Vec::new();
    headers
        .iter()
        .map(|header| {
            let field = field_of(header).filter(|field| !taken.contains(field))?;
            taken.push(field);
            Some(field)
        })
        .collect()
}

/// Trimmed names, each once: an empty one becomes "Column 3", a repeated one gets its number.
pub fn name_columns(first: &[String], has_header: bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (index, cell) in first.iter().enumerate() {
        let cell = if has_header { cell.trim() } else { "" };
        let base = if cell.is_empty() {
            format!("Column {}", index + 1)
        } else {
            cell.to_owned()
        };
        let mut name = base.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{base} ({number})");
            number += 1;
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn guesses_the_mapping() {
        let mapping = guess_mapping(&strings(&[
            "Company Name",
            "WEBSITE",
            "# Employees",
            "team_size",
            "Zip Code",
            "Notes",
            "Name",
        ]));
        let expected = [
            Some(Field::Company),
            Some(Field::Website),
            Some(Field::NumEmployees),
            None,
            Some(Field::CompanyPostalCode),
            None,
            None,
        ];
        assert_eq!(mapping, expected);
        for field in Field::ALL {
            assert_eq!(guess_mapping(&[field.column().to_owned()]), [Some(field)]);
        }
    }

    #[test]
    fn tells_a_header_from_data() {
        assert!(looks_like_header(&strings(&["name", "website"])));
        assert!(!looks_like_header(&strings(&[
            "Acme",
            "https://acme.example"
        ])));
        assert!(!looks_like_header(&strings(&["foo", "bar"])));
        assert!(!looks_like_header(&[]));
    }

    #[test]
    fn names_columns_once() {
        assert_eq!(
            name_columns(&strings(&[" a ", "", "a", "a"]), true),
            ["a", "Column 2", "a (2)", "a (3)"]
        );
        assert_eq!(
            name_columns(&strings(&["x", "y"]), false),
            ["Column 1", "Column 2"]
        );
    }
}
