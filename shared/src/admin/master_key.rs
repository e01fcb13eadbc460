//! The master key's file.

use std::io::Write;
use std::path::Path;

use super::{Admin, AdminError};
use crate::crypto::seal::MasterKey;

impl Admin {
    /// Reads the master key's file, or makes it if nothing is sealed yet.
    ///
    /// # Errors
    /// [`AdminError::MasterKey`] if it cannot be read or made, is no key, or is missing
    /// while the store holds sealed values: a new one would not open them.
    pub async fn open_master_key(&self, path: &Path) -> Result<MasterKey, AdminError> {
        let exists = path.try_exists().map_err(|error| fault(path, error.to_string()))?;
        if !exists {
            if !self.store.view().await?.list_signing_keys().await?.is_empty() {
                return Err(fault(
                    path,
                    "it is missing, and the store holds keys that are sealed under it".to_owned(),
                ));
            }
            create(path).map_err(|error| fault(path, error.to_string()))?;
        }
        Self::read_master_key(path)
    }

    /// Reads the master key's file.
    ///
    /// # Errors
    /// [`AdminError::MasterKey`] if it cannot be read, or is no key.
    pub fn read_master_key(path: &Path) -> Result<MasterKey, AdminError> {
        let text = std::fs::read_to_string(path).map_err(|error| fault(path, error.to_string()))?;
        MasterKey::parse(&text).map_err(|error| fault(path, error.to_string()))
    }
}

fn fault(path: &Path, problem: String) -> AdminError {
    AdminError::MasterKey { path: path.display().to_string(), problem }
}

/// Makes the file whole or not at all; if another server was faster, its file stays.
fn create(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let key = MasterKey::generate().map_err(std::io::Error::other)?;

    // Temporary files have mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(key.to_text().expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => std::fs::File::open(folder)?.sync_all(),
        Err(lost) if lost.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => Err(failed.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone_and_is_never_overwritten() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/master.key");
        create(&path).unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        create(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
    }
}
