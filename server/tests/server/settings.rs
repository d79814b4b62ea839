//! Command line and settings.

use std::{collections::HashMap, ffi::OsString};

use server::{
    cli::{self, Command, TokenCommand, UserCommand},
    config::{Config, SETTINGS},
};

fn config(variables: &[(&str, &str)]) -> Result<Config, String> {
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    Config::parse(
        |_| None,
        |name| variables.get(name).map(ToString::to_string),
    )
    .map_err(|error| error.to_string())
}

fn parse(line: &str) -> Result<(Command, Config), String> {
    let words = std::iter::once("server")
        .chain(line.split_whitespace())
        .map(OsString::from);
    cli::parse(words, |_| None).map_err(|error| error.to_string())
}

#[test]
fn every_alias_of_the_original_is_accepted() {
    let url = |config: &Config| config.database.as_ref().unwrap().url.expose().to_owned();
    let by_alias = config(&[("NEON_DATABASE_URL", "postgres://a:b@c/d")]).unwrap();
    assert_eq!(url(&by_alias), "postgres://a:b@c/d");
    let both = config(&[
        ("NEON_DATABASE_URL", "postgres://alias/x"),
        ("DATABASE_URL", "postgres://name/x"),
    ])
    .unwrap();
    assert_eq!(
        url(&both),
        "postgres://name/x",
        "the name counts before the alias"
    );
    let empty = config(&[
        ("NEON_DATABASE_URL", "postgres://alias/x"),
        ("DATABASE_URL", " "),
    ])
    .unwrap();
    assert_eq!(url(&empty), "postgres://alias/x", "an empty value is none");
    let n8n = config(&[
        ("N8N_API_URL", "https://n8n.example"),
        ("N8N_API_KEY", "k3y"),
    ])
    .unwrap();
    assert_eq!(n8n.n8n_base_url.unwrap().as_str(), "https://n8n.example/");
    assert_eq!(
        config(&[("LEPTOS_SITE_ADDR", "0.0.0.0:80")])
            .unwrap()
            .site_addr
            .port(),
        80
    );
    let aliases: Vec<_> = SETTINGS
        .iter()
        .flat_map(|setting| setting.aliases)
        .collect();
    assert_eq!(aliases.len(), 3, "a new alias needs a line here");
}

#[test]
fn the_parts_of_the_original_make_a_connection_string() {
    let url = |variables: &[(&str, &str)]| {
        config(variables).map(|config| config.database.unwrap().url.expose().to_owned())
    };
    let table: [(&[(&str, &str)], &str); 4] = [
        (
            &[
                ("N8N_DB_HOST", "db.example.com"),
                ("N8N_DB_NAME", "outreach"),
                ("N8N_DB_USER", "n8n_user"),
                ("N8N_DB_PASSWORD", "p@ss/word"),
                ("N8N_DB_SSL", "true"),
            ],
            "postgres://n8n_user:p%40ss%2Fword@db.example.com/outreach?sslmode=require",
        ),
        (
            &[("N8N_DB_HOST", "db:5433"), ("N8N_DB_SSL", "false")],
            "postgres://postgres@db:5433/postgres?sslmode=disable",
        ),
        (
            &[
                ("DATABASE_URL", "postgres://a@b/c"),
                ("NEON_PASSWORD", "s3cret"),
                ("N8N_DB_HOST", "other"),
            ],
            "postgres://a:s3cret@b/c",
        ),
        (
            &[
                ("DATABASE_URL", "postgres://a:own@b/c"),
                ("NEON_PASSWORD", "s3cret"),
            ],
            "postgres://a:own@b/c",
        ),
    ];
    for (variables, expected) in table {
        assert_eq!(url(variables).unwrap(), expected);
    }
    assert!(
        url(&[("N8N_DB_HOST", "db:port")])
            .unwrap_err()
            .contains("N8N_DB_HOST")
    );
}

#[test]
fn neon_is_recognised() {
    let neon = "postgres://u:p@ep-cool-1-pooler.eu-central-1.aws.neon.tech/main";
    let database = config(&[("DATABASE_URL", neon)]).unwrap().database.unwrap();
    assert!(database.pooler);
    assert!(
        database.url.expose().contains("-pooler.eu")
            && database.url.expose().ends_with("?sslmode=require")
    );
    assert_eq!(
        database.direct_url.expose(),
        "postgres://u:p@ep-cool-1.eu-central-1.aws.neon.tech/main?sslmode=require"
    );
    let chosen = config(&[
        ("DATABASE_URL", neon),
        ("DATABASE_DIRECT_URL", "postgres://direct/x"),
        ("DATABASE_POOLER", "false"),
    ]);
    let chosen = chosen.unwrap().database.unwrap();
    assert_eq!(
        (chosen.direct_url.expose(), chosen.pooler),
        ("postgres://direct/x", false)
    );
    let verified = format!("{neon}?sslmode=verify-full");
    let database = config(&[("DATABASE_URL", &verified)])
        .unwrap()
        .database
        .unwrap();
    assert!(database.url.expose().ends_with("?sslmode=verify-full"));
    let plain = config(&[("DATABASE_URL", "postgres://db/x")])
        .unwrap()
        .database
        .unwrap();
    assert!(!plain.pooler && plain.url == plain.direct_url);
}

#[test]
fn defaults_suit_a_first_try_and_a_deployment() {
    let first = config(&[]).unwrap();
    assert!(first.demo && first.database.is_none() && !first.cookie_secure);
    let deployed = config(&[
        ("DATABASE_URL", "postgres://db/x"),
        ("SITE_ADDR", "0.0.0.0:3000"),
    ])
    .unwrap();
    assert!(!deployed.demo && deployed.cookie_secure);
    let table = [
        ("127.0.0.1:3000", "https://occ.example.com", true),
        ("127.0.0.1:3000", "http://localhost:3000", false),
        ("0.0.0.0:3000", "http://localhost:3000", false),
        ("0.0.0.0:3000", "http://occ.example.com", true),
        ("[::1]:3000", "", false),
        ("localhost:3000", "", false),
    ];
    for (address, public, secure) in table {
        let found = config(&[("SITE_ADDR", address), ("PUBLIC_URL", public)])
            .unwrap()
            .cookie_secure;
        assert_eq!(found, secure, "{address} {public}");
    }
    assert!(
        !config(&[("SITE_ADDR", "0.0.0.0:3000"), ("COOKIE_SECURE", "false")])
            .unwrap()
            .cookie_secure
    );
}

#[test]
fn problems_are_told_together_and_without_passwords() {
    let problems = config(&[
        ("SITE_ADDR", "here"),
        ("DATABASE_URL", "mysql://u:s3cret@h/d"),
        ("SANDBOX_SLOW", "1.5"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DEMO", "perhaps"),
        ("PUBLIC_URL", "ftp://u:s3cret@h"),
        ("LOG_FORMAT", "xml"),
    ])
    .unwrap_err();
    for name in [
        "SITE_ADDR",
        "DATABASE_URL",
        "SANDBOX_SLOW",
        "DATABASE_POOL_SIZE",
        "DEMO",
        "PUBLIC_URL",
        "LOG_FORMAT",
    ] {
        assert!(problems.contains(name), "{name} is missing in:\n{problems}");
    }
    assert!(!problems.contains("s3cret"), "{problems}");
    assert!(
        config(&[("DATABASE_DIRECT_URL", "postgres://h/d")])
            .unwrap_err()
            .contains("DATABASE_URL")
    );
    let debug = format!(
        "{:?}",
        config(&[
            ("DATABASE_URL", "postgres://u:s3cret@h/d"),
            ("N8N_API_KEY", "s3cret")
        ])
        .unwrap()
    );
    assert!(!debug.contains("s3cret"), "{debug}");
}

#[test]
fn openid_connect_is_set_up_wholly_or_not_at_all() {
    let whole = [
        ("PUBLIC_URL", "https://occ.example.com"),
        ("OIDC_ISSUER_URL", "https://id.example.com/realms/main"),
        ("OIDC_CLIENT_ID", "occ"),
        ("OIDC_CLIENT_SECRET", "s3cret"),
        ("OIDC_ROLES", "admins=admin"),
    ];
    let with = |changes: &[(&'static str, &'static str)]| {
        let kept = whole
            .into_iter()
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        config(&kept.chain(changes.iter().copied()).collect::<Vec<_>>())
    };
    assert!(config(&whole[..1]).unwrap().oidc.is_none());
    let config = with(&[]).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
    let oidc = config.oidc.unwrap();
    let provider = &oidc.provider;
    assert_eq!(provider.issuer, "https://id.example.com/realms/main");
    assert_eq!(
        provider.redirect.as_str(),
        "https://occ.example.com/sign-in/oidc/callback"
    );
    assert_eq!(provider.scopes, ["openid", "profile", "email"]);
    assert_eq!(
        (&*provider.role_claim, &*oidc.label),
        ("groups", "Single sign-on")
    );
    for (name, _) in whole {
        let problem = with(&[(name, "")]).unwrap_err();
        assert!(problem.contains(name), "{name}: {problem}");
        assert!(!problem.contains("s3cret"), "{problem}");
    }
    let alone = self::config(&[("OIDC_LABEL", "Company")]).unwrap_err();
    assert_eq!(alone.lines().count(), 5, "all that is missing: {alone}");
    for (name, value) in [
        ("OIDC_ISSUER_URL", "http://id.example.com"),
        ("OIDC_ISSUER_URL", "https://u:s3cret@id.example.com"),
        ("OIDC_ISSUER_URL", "id.example.com"),
        ("OIDC_ROLES", "admins=owner"),
        ("OIDC_ROLES", "admins"),
        ("OIDC_DEFAULT_ROLE", "admin"),
        ("OIDC_DEFAULT_ROLE", "guest"),
    ] {
        let problem = with(&[(name, value)]).unwrap_err();
        assert!(
            problem.starts_with(&format!("{name} is ")) && !problem.contains("s3cret"),
            "{problem}"
        );
    }
    for (name, value) in [
        ("OIDC_ISSUER_URL", "http://127.0.0.1:4000"),
        ("OIDC_ISSUER_URL", "http://localhost:4000/"),
        ("OIDC_DEFAULT_ROLE", "viewer"),
    ] {
        assert!(with(&[(name, value)]).is_ok(), "{name} {value}");
    }
    assert!(with(&[("OIDC_ROLES", ""), ("OIDC_DEFAULT_ROLE", "viewer")]).is_ok());
}

#[test]
fn the_command_line_wins_and_everything_is_the_default() {
    let (command, config) = parse("").unwrap();
    assert_eq!((command, config.site_addr.port()), (Command::All, 3000));
    let (command, config) = parse("--site-addr 127.0.0.1:0 --demo=false serve").unwrap();
    assert_eq!(
        (command, config.site_addr.port(), config.demo),
        (Command::Serve, 0, false)
    );
    let (command, config) = parse("worker --demo --data-dir /srv/x").unwrap();
    assert_eq!(
        (command, config.demo, config.data_dir.to_str()),
        (Command::Worker, true, Some("/srv/x"))
    );
    let (command, _) = parse("user add ada --role admin").unwrap();
    assert!(matches!(
        command,
        Command::User {
            command: UserCommand::Add {
                password_stdin: false,
                ..
            }
        }
    ));
    let (command, _) = parse("with-postgres --fast -- cargo test --release").unwrap();
    let words: Vec<OsString> = ["cargo", "test", "--release"].map(OsString::from).into();
    assert_eq!(
        command,
        Command::WithPostgres {
            fast: true,
            command: words
        }
    );
    let (command, _) = parse("token create n8n --user ada --role operator --days 90").unwrap();
    assert!(matches!(
        command,
        Command::Token {
            command: TokenCommand::Create { days: 90, .. }
        }
    ));
    for line in [
        "token create n8n --user ada",
        "token create n8n --days 7",
        "token create n8n --user ada --days 8",
        "token list --state lost",
        "token revoke",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
    assert!(parse("with-postgres").is_err());
    assert!(parse("user add").is_err());
    assert!(parse("fly").is_err());
}

#[test]
fn the_verbs_of_operators_are_understood() {
    for line in [
        "event retry 1 2 3 --reason again",
        "event cancel --status failed --type company_created --older-than 2h --yes",
        "event requeue 5 --set company_name=Acme --set n=1",
        "event requeue 5 --replace {}",
        "event cancel --payload a=b --text x --dead",
        "event settle 5 --happened false",
        "event dead-letter --all --preview",
        "event release 7",
        "action list --state running --kind retry",
        "action show 1",
        "action cancel 1",
        "action undo 1",
        "pause stage enrich --reason down",
        "pause batch b1 --reason wrong",
        "resume stage enrich",
        "settings",
        "settings verify --concurrency 4 --min-delay-ms default",
        "dead-letter list --kind person",
        "dead-letter retry 5",
        "dead-letter purge --all --yes",
        "replay company 5 --from enrich --dry-run",
        "replay contact 5 --from verify",
        "audit --action event. --from 2026-11-21 --csv",
    ] {
        let parsed = parse(line);
        assert!(
            matches!(parsed, Ok((Command::Operate(_), _))),
            "{line}: {parsed:?}"
        );
    }
    for line in [
        "event",
        "event retry x",
        "event requeue 5",
        "event requeue 5 --replace {} --set a=b",
        "event cancel --status lost",
        "pause stage fly",
        "settings verify --concurrency many",
        "replay company 5",
        "audit --from yesterday",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn help_names_every_setting() {
    let help = parse("--help").unwrap_err();
    for setting in SETTINGS {
        assert!(help.contains(setting.name), "{}", setting.name);
        for alias in setting.aliases {
            assert!(help.contains(alias), "{alias}");
        }
    }
}

/// Read by the system before this one's rules, by Leptos or by the scripts; no options of the server.
const VARIABLES_ONLY: &[&str] = &[
    "NEON_PASSWORD",
    "N8N_DB_HOST",
    "_NAME",
    "_USER",
    "_PASSWORD",
    "_SSL",
    "LEPTOS_OUTPUT_NAME",
    "LEPTOS_SITE_ROOT",
    "LEPTOS_SITE_PKG_DIR",
    "LEPTOS_HASH_FILES",
    "LEPTOS_HASH_FILE_NAME",
    "OCC_TOOLS",
    "CHROMIUM",
    "FIREFOX",
];

#[test]
fn the_readme_names_every_setting_and_no_other() {
    let first_cells = include_str!("../../../README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let named = first_cells.flat_map(|cell| cell.split('`').step_by(2));
    let settings: Vec<&str> = SETTINGS
        .iter()
        .flat_map(|setting| std::iter::once(&setting.name).chain(setting.aliases))
        .copied()
        .collect();
    let (ours, others): (Vec<&str>, Vec<&str>) = named
        .filter(|name| name.chars().any(char::is_alphabetic))
        .partition(|name| settings.contains(name));
    assert_eq!(ours, settings);
    assert_eq!(others, VARIABLES_ONLY);
}
