//! Statements on their way to SQLite's thread.
//!
//! Each connection has a thread of its own. The way there and back, for which two threads
//! fall asleep and are woken, costs more than most statements do. So what begins and what ends
//! a transaction goes along with a statement, and whoever asks goes on once the last statement
//! has answered, without waiting until the thread says that there is no more.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::future::{self, BoxFuture};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use sqlx::error::BoxDynError;
use sqlx::sqlite::{
    SqliteArguments, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo,
};
use sqlx::{
    AssertSqlSafe, Either, Execute, Executor, SqlSafeStr, SqlStr, Sqlite, SqliteConnection,
};

/// What begins a unit of work, before its first statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// These statements, each with its semicolon, go with the next one.
    Due(&'static str),
    /// They have gone.
    Sent,
    /// One of them failed.
    Failed,
}

/// A connection, for one trip.
#[derive(Debug)]
pub(super) struct Trip<'c> {
    connection: &'c mut SqliteConnection,
    opening: Option<&'c mut Opening>,
    ending: &'static str,
}

impl<'c> Trip<'c> {
    /// For a statement alone.
    pub(super) fn plain(connection: &'c mut SqliteConnection) -> Self {
        Self { connection, opening: None, ending: "" }
    }

    /// For a statement of a unit of work.
    pub(super) fn of_unit(connection: &'c mut SqliteConnection, opening: &'c mut Opening) -> Self {
        Self { connection, opening: Some(opening), ending: "" }
    }

    /// For the last statement of a transaction.
    pub(super) fn to_commit(connection: &'c mut SqliteConnection) -> Self {
        Self { connection, opening: None, ending: ";COMMIT" }
    }
}

/// What comes back: rows, and after those of each statement the number of rows it changed.
type Answer = sqlx::Result<Either<SqliteQueryResult, SqliteRow>>;

impl<'c> Executor<'c> for Trip<'c> {
    type Database = Sqlite;

    fn fetch_many<'e, 'q, E>(mut self, mut query: E) -> BoxStream<'e, Answer>
    where
        'c: 'e,
        'q: 'e,
        E: Execute<'q, Sqlite> + 'q,
    {
        let arguments = match query.take_arguments().map_err(sqlx::Error::Encode) {
            Ok(arguments) => arguments,
            Err(fault) => return stream::once(future::ready(Err(fault))).boxed(),
        };
        let persistent = query.persistent();
        let mut sql = query.sql();
        let its_own = statements(sql.as_str()) + 1;
        let before = self.opening.as_deref_mut().and_then(Opening::send).unwrap_or_default();
        if !before.is_empty() || !self.ending.is_empty() {
            // All three are texts of this program.
            let all = [before, sql.as_str(), self.ending].concat();
            sql = AssertSqlSafe(all).into_sql_str();
        }
        let asked = Asked { sql, arguments, persistent };
        let before = statements(before);
        let answers = Answers {
            from_thread: self.connection.fetch_many(asked),
            opening: self.opening,
            answered: 0,
            before,
            until: before + its_own,
            all: before + its_own + statements(self.ending),
        };
        answers.boxed()
    }

    fn fetch_optional<'e, 'q, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<SqliteRow>>>
    where
        'c: 'e,
        'q: 'e,
        E: Execute<'q, Sqlite> + 'q,
    {
        let rows = self.fetch(query);
        Box::pin(async move { rows.into_future().await.0.transpose() })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<SqliteStatement>>
    where
        'c: 'e,
    {
        self.connection.prepare_with(sql, parameters)
    }
}

/// A statement with its values.
struct Asked {
    sql: SqlStr,
    arguments: Option<SqliteArguments>,
    persistent: bool,
}

impl Execute<'_, Sqlite> for Asked {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&SqliteStatement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<SqliteArguments>, BoxDynError> {
        Ok(self.arguments.take())
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

/// How many statements have ended before the end of this text. One too many does no harm: then
/// the thread says that there is no more.
fn statements(sql: &str) -> usize {
    sql.matches(';').count()
}

/// What comes back for the statements that were asked, without those that went along.
struct Answers<'e> {
    from_thread: BoxStream<'e, Answer>,
    opening: Option<&'e mut Opening>,
    /// How many statements have answered.
    answered: usize,
    /// How many begin the transaction.
    before: usize,
    /// How many have answered when all that were asked have.
    until: usize,
    /// How many there are.
    all: usize,
}

impl Stream for Answers<'_> {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Answer>> {
        while self.answered < self.all {
            let answer = ready!(self.from_thread.poll_next_unpin(context));
            match &answer {
                None => break,
                Some(Ok(Either::Right(_))) => return Poll::Ready(answer),
                Some(Ok(Either::Left(_))) => {
                    self.answered += 1;
                    if (self.before + 1..=self.until).contains(&self.answered) {
                        return Poll::Ready(answer);
                    }
                }
                Some(Err(_)) => {
                    let in_opening = self.answered < self.before;
                    if let (Some(opening), true) = (&mut self.opening, in_opening) {
                        **opening = Opening::Failed;
                    }
                    return Poll::Ready(answer);
                }
            }
        }
        Poll::Ready(None)
    }
}

impl Opening {
    /// What goes with the statement that is about to go.
    fn send(&mut self) -> Option<&'static str> {
        let Self::Due(statements) = *self else { return None };
        *self = Self::Sent;
        Some(statements)
    }
}
