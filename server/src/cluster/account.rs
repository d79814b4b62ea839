//! The unprivileged user that PostgreSQL runs as when the app runs as root, which PostgreSQL refuses.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use super::{ClusterError, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// `None` when this process is not root and PostgreSQL may run as the same user.
    pub(super) fn for_cluster() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let passwd =
            fs::read_to_string("/etc/passwd").map_err(super::doing("reading /etc/passwd"))?;
        ["postgres", "nobody"].iter().find_map(|name| in_passwd(&passwd, name)).map(Some).ok_or_else(|| {
            ClusterError::Unusable(
                "PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as: start \
                 the app as an ordinary user, or set DATABASE_URL"
                    .into(),
            )
        })
    }

    /// The owner of an existing data folder: PostgreSQL runs as no one else.
    pub(super) fn owner_of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        (metadata.uid() != 0).then(|| Self {
            uid: metadata.uid(),
            gid: metadata.gid(),
        })
    }

    /// Whether this user can enter and write a folder, parents included. Tried, not guessed.
    pub(super) fn can_use(self, folder: &Path) -> bool {
        Command::new("/bin/sh")
            .args(["-c", r#"cd "$0" && [ -w . ] && [ -x . ]"#])
            .arg(folder)
            .current_dir("/")
            .uid(self.uid)
            .gid(self.gid)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

fn in_passwd(passwd: &str, name: &str) -> Option<Account> {
    let fields: Vec<_> = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|f| f[0] == name)?;
    Some(Account {
        uid: fields.get(2)?.parse().ok()?,
        gid: fields.get(3)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_user_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres2:x:9:9::/:\n\npostgres:x:101:103:,,,:/var/lib:/bin/sh\n";
        assert_eq!(
            in_passwd(passwd, "postgres"),
            Some(Account { uid: 101, gid: 103 })
        );
        assert_eq!(in_passwd(passwd, "nobody"), None);
        assert_eq!(in_passwd("nobody:*:-2:-2::/:/bin/false", "nobody"), None);
    }
}
