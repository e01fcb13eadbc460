//! The store that the desk works with.
//!
//! After a failure the store is opened anew for the next question, so the console
//! recovers from whatever happened to it, and an SQLite file that was moved away or
//! replaced is not read on from a file that has no name any more.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use shared::admin::{self, Admin, AdminError, Entry, Shown};
use shared::config::Config;
use shared::crypto::password::Hasher;
use shared::model::{Timestamp, UserId};
use shared::store::{Counts, SchemaState, Store};

use super::Tools;
use crate::place::{Kind, Scope};
use crate::source::{Aside, Credentials, Operator, SignIn, Trouble};

/// How long the store may take to answer before it is opened anew. A count over
/// millions of rows is slow, not lost; screens say meanwhile that they wait.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a change may take, of which some touch millions of rows.
pub(super) const LONG: Duration = Duration::from_mins(30);
/// How long closing the store may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// Connections to the store. The desk asks one thing after the other, beside the two that it
/// counts, and one that it asked in vain may still be busy.
const CONNECTIONS: u32 = 4;

/// Owns the store, and opens it.
pub(crate) struct Desk {
    config: Config,
    hasher: Hasher,
    open: Option<Open>,
    seat: Seat,
}

/// Who sits at the desk: what they may do, [`shared::admin`] looks up at each question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seat {
    /// Nobody yet.
    Empty,
    /// An operator who signed in.
    Operator(admin::Operator),
    /// Whoever has the machine.
    Machine,
}

/// A store that is open, and its tables are as this program knows them.
struct Open {
    admin: Admin,
    file: Option<FileId>,
}

/// Which file is meant, whatever its name: its device and its number there.
type FileId = (u64, u64);

/// Why the store does not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskError {
    /// The SQLite file is not there.
    #[error("there is no file {0}")]
    NoFile(String),
    /// The operating system does not let us look at the SQLite file.
    #[error("{path}: {problem}")]
    File {
        /// Its path.
        path: String,
        /// What the operating system says.
        problem: String,
    },
    /// The tables are older than this program.
    #[error(
        "the tables are behind: step {taken} of {known} is taken; \
         `signet db migrate` brings them up to date"
    )]
    Behind {
        /// The last step taken.
        taken: i64,
        /// The last step known here.
        known: i64,
    },
    /// The tables are newer than this program.
    #[error(
        "the tables are ahead: step {taken} is taken and this program knows {known}; \
         use the signet-admin of the server's release"
    )]
    Ahead {
        /// The last step taken.
        taken: i64,
        /// The last step known here.
        known: i64,
    },
    /// Nothing came.
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] AdminError),
}

impl DeskError {
    /// In one line, with all causes, each once.
    pub(crate) fn words(&self) -> String {
        shared::causes(self)
    }
}

impl Desk {
    /// A desk with the store still closed.
    pub(crate) fn new(config: Config, seat: Seat) -> Result<Self, AdminError> {
        let hasher = Hasher::new(1, config.password_hash_wait.0)?;
        Ok(Self { config, hasher, open: None, seat })
    }

    /// Enters without signing in, and says so in the log.
    pub(crate) async fn break_glass(&mut self, now: Timestamp) -> Result<Operator, Trouble> {
        self.open().await?;
        let tools = self.tools(now)?;
        tools.admin.break_glass(&tools.config.master_key_file, now).await?;
        Ok(Operator { break_glass: true, ..Operator::of_this_account() })
    }

    /// Lets an operator in who shows password and code. Without a code nothing is looked at:
    /// whether the password is right is told with it, or not at all.
    pub(super) async fn let_in(
        &mut self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<SignIn, Trouble> {
        let Some(code) = credentials.code.clone() else { return Ok(SignIn::CodeWanted) };
        let tools = self.tools(now)?;
        let master = Admin::read_master_key(&tools.config.master_key_file)?;
        let (username, password) = (credentials.username.clone(), credentials.password.clone());
        let entry = tools.admin.enter(&master, Shown { username, password, code }, now).await?;
        match entry {
            Entry::In { operator, username, permissions } => {
                let permissions = permissions.iter().map(|one| one.as_str().to_owned()).collect();
                self.seat = Seat::Operator(operator);
                self.sit();
                let held = self.tools(now)?.admin.own_roles().await?;
                Ok(SignIn::In(Operator {
                    name: username,
                    role: held.join(", "),
                    permissions: Some(permissions),
                    break_glass: false,
                }))
            }
            Entry::Wrong => Ok(SignIn::Wrong),
            Entry::Blocked(until) => Ok(SignIn::Wait(until.since(now))),
            Entry::NoFactor => Err(Trouble::Refused(NO_FACTOR.to_owned())),
            Entry::NoOperator => Err(Trouble::Refused(NO_OPERATOR.to_owned())),
        }
    }

    /// Lets whoever sits here now work with the open store.
    fn sit(&mut self) {
        let admin = self.open.take().map(|open| (open.admin.store().clone(), open.file));
        self.open = admin.map(|(store, file)| Open { admin: self.at_work(store), file });
    }

    fn at_work(&self, store: Store) -> Admin {
        let hasher = self.hasher.clone();
        let admin = match &self.seat {
            // Nobody's roles permit nothing.
            Seat::Empty => {
                let nobody = admin::Operator { user: UserId::from(""), sign_outs: 0 };
                Admin::of_operator(store, hasher, &nobody)
            }
            Seat::Operator(operator) => Admin::of_operator(store, hasher, operator),
            Seat::Machine => Admin::of_this_account(store, hasher),
        };
        admin.under(self.config.mfa)
    }

    /// Opens the store if it is not open, or anew if the file is another one.
    pub(crate) async fn open(&mut self) -> Result<(), DeskError> {
        let opened = tokio::time::timeout(PATIENCE, self.admin()).await;
        let opened = opened.unwrap_or(Err(DeskError::Silent(PATIENCE))).map(|_| ());
        if opened.is_err() {
            self.open = None;
        }
        opened
    }

    /// What questions are answered with.
    pub(super) fn tools(&self, now: Timestamp) -> Result<Tools<'_>, Trouble> {
        let open = self.open.as_ref();
        let open = open.ok_or_else(|| Trouble::Gone("the store is closed".to_owned()))?;
        Ok(Tools { admin: &open.admin, config: &self.config, now })
    }

    /// Looks for something, but not for ever. After a failure the store is opened anew
    /// the next time.
    pub(super) async fn patiently<T>(
        &mut self,
        now: Timestamp,
        look: impl AsyncFnOnce(Tools<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let tools = self.tools(now)?;
        let found = tokio::time::timeout(PATIENCE, look(tools)).await;
        let found = found.unwrap_or_else(|_| Err(DeskError::Silent(PATIENCE).into()));
        self.heed(&found);
        found
    }

    /// Counts something beside what else is asked, but not for ever. That the store failed, who
    /// asks it next finds out too.
    pub(super) fn aside<T, F>(&self, count: impl FnOnce(Admin) -> F) -> Aside<T>
    where
        F: Future<Output = Result<T, Trouble>> + Send + 'static,
    {
        let Some(open) = &self.open else {
            return Box::pin(async { Err(Trouble::Gone("the store is closed".to_owned())) });
        };
        let counted = tokio::time::timeout(PATIENCE, count(open.admin.clone()));
        Box::pin(async {
            counted.await.unwrap_or_else(|_| Err(DeskError::Silent(PATIENCE).into()))
        })
    }

    /// After a failure of the store it is opened anew the next time.
    pub(super) fn heed<T>(&mut self, answer: &Result<T, Trouble>) {
        if matches!(answer, Err(Trouble::Gone(_))) {
            self.open = None;
        }
    }

    /// The person with this user name, e-mail address or id, as what a list is about.
    pub(crate) async fn find_user(
        &mut self,
        named: &str,
        now: Timestamp,
    ) -> Result<Scope, Trouble> {
        self.open().await?;
        self.patiently(now, async |tools| {
            let user = tools.admin.get_user(named).await?;
            Ok(Scope { kind: Kind::Users, id: user.id.to_string(), name: user.username })
        })
        .await
    }

    /// The client with this id, as what a list is about.
    pub(crate) async fn find_client(
        &mut self,
        named: &str,
        now: Timestamp,
    ) -> Result<Scope, Trouble> {
        self.open().await?;
        self.patiently(now, async |tools| {
            let client = tools.admin.get_client(named).await?;
            Ok(Scope::new(Kind::Clients, client.id.as_str(), client.id.as_str()))
        })
        .await
    }

    /// Counts what there is.
    pub(crate) async fn count(&mut self, now: Timestamp) -> Result<Counts, Trouble> {
        self.open().await?;
        self.patiently(now, async |tools| Ok(tools.admin.count(tools.now).await?)).await
    }

    /// Closes the store.
    pub(crate) async fn close_store(&mut self) {
        if let Some(open) = self.open.take() {
            // What was answered is committed: nothing is lost if this takes too long.
            let _ = tokio::time::timeout(FAREWELL, open.admin.store().close()).await;
        }
    }

    async fn admin(&mut self) -> Result<&Admin, DeskError> {
        let file = self.file().await?;
        let open = match self.open.take() {
            Some(open) if open.file == file => open,
            _ => Open { admin: self.open_store().await?, file },
        };
        Ok(&self.open.insert(open).admin)
    }

    /// The SQLite file there is at this moment; none for PostgreSQL.
    ///
    /// Opening the store would make it, empty, which is not for the console to do.
    async fn file(&self) -> Result<Option<FileId>, DeskError> {
        let Some(path) = self.config.database_url.sqlite_path() else { return Ok(None) };
        match tokio::fs::metadata(&path).await {
            Ok(file) => Ok(Some((file.dev(), file.ino()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(DeskError::NoFile(path.display().to_string()))
            }
            Err(error) => Err(DeskError::File {
                path: path.display().to_string(),
                problem: error.to_string(),
            }),
        }
    }

    async fn open_store(&self) -> Result<Admin, DeskError> {
        let store = Store::open(self.config.database_url.expose(), CONNECTIONS).await;
        let store = store.map_err(AdminError::from)?;
        match store.schema_state().await.map_err(AdminError::from)? {
            SchemaState::Current(_) => Ok(self.at_work(store)),
            SchemaState::Behind(taken, known) => Err(DeskError::Behind { taken, known }),
            SchemaState::Ahead(taken, known) => Err(DeskError::Ahead { taken, known }),
        }
    }
}

const NO_FACTOR: &str = "the console needs a second factor that is typed: add an authenticator \
                         application at /account, in a browser";
const NO_OPERATOR: &str = "none of your roles is an operator's: somebody who may give roles has to \
                           give you read-only, support or administrator";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn desk(file: &Path) -> Desk {
        let url = format!("sqlite:{}", file.display());
        let config = Config::load(None, [("SIGNET_DATABASE_URL".to_owned(), url)]).unwrap();
        Desk::new(config, Seat::Machine).unwrap()
    }

    async fn store(file: &Path) -> Store {
        Store::open(&format!("sqlite:{}", file.display()), 1).await.unwrap()
    }

    #[tokio::test]
    async fn a_file_that_is_missing_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("signet.db");
        let error = desk(&file).open().await.unwrap_err();
        assert_eq!(error.words(), format!("there is no file {}", file.display()));
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn tables_that_are_behind_are_left_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("signet.db");
        let store = store(&file).await;
        let error = desk(&file).open().await.unwrap_err();
        assert!(matches!(error, DeskError::Behind { taken: 0, .. }), "{error}");
        assert!(matches!(store.schema_state().await.unwrap(), SchemaState::Behind(0, _)));
    }

    #[tokio::test]
    async fn a_file_that_was_moved_away_is_missed_until_it_or_another_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("signet.db");
        store(&file).await.migrate().await.unwrap();
        let mut desk = desk(&file);
        assert_eq!(desk.count(NOW).await.unwrap().users, 0);

        let away = folder.path().join("away.db");
        std::fs::rename(&file, &away).unwrap();
        let missing = desk.count(NOW).await.unwrap_err();
        assert!(missing.words().contains("there is no file"), "{missing:?}");
        assert!(!file.exists());

        std::fs::rename(&away, &file).unwrap();
        assert_eq!(desk.count(NOW).await.unwrap().users, 0);

        std::fs::rename(&file, &away).unwrap();
        std::fs::write(&file, "").unwrap();
        let behind = desk.count(NOW).await.unwrap_err();
        assert!(behind.words().contains("the tables are behind"), "{behind:?}");
    }
}
