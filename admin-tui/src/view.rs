//! What lists and details are made of. Screens know only these words; the desk makes
//! them from what the store holds.

use crate::place::{Kind, Place, Scope, Target};

/// How wide a column is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// So many columns of the terminal.
    Fixed(u16),
    /// At least so many, and a share of what is left.
    Share(u16),
}

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its name for scripts.
    pub(crate) key: &'static str,
    /// What its head says.
    pub(crate) name: &'static str,
    /// How wide it is.
    pub(crate) width: Width,
    /// Whether rows can be put in its order.
    pub(crate) sortable: bool,
}

impl Column {
    /// One of this width.
    pub(crate) const fn fixed(key: &'static str, name: &'static str, width: u16) -> Self {
        Self { key, name, width: Width::Fixed(width), sortable: false }
    }

    /// One that has a share.
    pub(crate) const fn share(key: &'static str, name: &'static str, width: u16) -> Self {
        Self { key, name, width: Width::Share(width), sortable: false }
    }

    /// The same, and rows can be put in its order.
    pub(crate) const fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }
}

/// A list that there is: everything about it but its rows.
#[derive(Debug)]
pub(crate) struct ListSpec {
    /// Of what.
    pub(crate) kind: Kind,
    /// Its columns. What stands in the first is what people call a row.
    pub(crate) columns: &'static [Column],
    /// What it may be about; empty if it is always about everything.
    pub(crate) scopes: &'static [Kind],
    /// Whether it is also there about everything, and so has a place in the menu.
    pub(crate) whole: bool,
    /// What the filter compares, in a few words.
    pub(crate) filter: &'static str,
    /// What an operator needs to see it.
    pub(crate) permission: &'static str,
}

/// How a row stands out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It does not.
    #[default]
    None,
    /// It is not in use: disabled, ended, retired.
    Off,
    /// It will be in use, or is in use for a short while only.
    Soon,
    /// It wants to be looked at.
    Alert,
}

impl Mark {
    /// The sign before the row, which says it also without colour.
    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::None => " ",
            Self::Off => "×",
            Self::Soon => "◷",
            Self::Alert => "!",
        }
    }
}

/// Where one may go from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// What is there.
    pub(crate) name: String,
    /// Where that is.
    pub(crate) place: Place,
}

impl Link {
    /// One to this place.
    pub(crate) fn new(name: &str, place: Place) -> Self {
        Self { name: name.to_owned(), place }
    }
}

/// A row of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// Names it among all rows; the cursor stays on it while the list changes.
    pub(crate) id: String,
    /// Where a page begins that comes after this row; empty if nobody said so, as of most
    /// rows of a list that the store gives a part at a time.
    pub(crate) cursor: String,
    /// What stands in the columns.
    pub(crate) cells: Vec<String>,
    /// How it stands out.
    pub(crate) mark: Mark,
    /// Where one may go from it.
    pub(crate) links: Vec<Link>,
}

/// How many rows there are in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Total {
    /// So many.
    Known(u64),
    /// Nobody counted.
    Unknown,
}

/// Some rows, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The rows.
    pub(crate) rows: Vec<Row>,
    /// Whether others come after them.
    pub(crate) more: bool,
    /// How many there are in all.
    pub(crate) total: Total,
}

/// In which order rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sort {
    /// By which column.
    pub(crate) column: usize,
    /// Whether the largest comes first.
    pub(crate) descending: bool,
}

/// Which rows are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// Of what.
    pub(crate) kind: Kind,
    /// Only those of this one.
    pub(crate) scope: Option<Scope>,
    /// As typed.
    pub(crate) filter: String,
    /// In which order; the desk's own if absent.
    pub(crate) sort: Option<Sort>,
    /// From the end of the list towards its beginning.
    pub(crate) backwards: bool,
    /// Only what comes after the row with this cursor.
    pub(crate) after: Option<String>,
    /// About so many.
    pub(crate) limit: usize,
}

/// A name and what is known under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    /// The name.
    pub(crate) name: String,
    /// What is known; lines if it is long.
    pub(crate) value: String,
    /// Where it leads.
    pub(crate) link: Option<Place>,
}

impl Fact {
    /// A fact that leads nowhere.
    pub(crate) fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into(), link: None }
    }

    /// One that leads somewhere.
    pub(crate) fn link(name: &str, value: impl Into<String>, place: Place) -> Self {
        Self { link: Some(place), ..Self::new(name, value) }
    }
}

/// Facts that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// What they are about.
    pub(crate) title: String,
    /// The facts.
    pub(crate) facts: Vec<Fact>,
}

impl Section {
    /// These facts.
    pub(crate) fn new(title: &str, facts: Vec<Fact>) -> Self {
        Self { title: title.to_owned(), facts }
    }
}

/// All about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detail {
    /// Its id.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) title: String,
    /// How it stands out, in a word; empty if it does not.
    pub(crate) state: String,
    /// What is known.
    pub(crate) sections: Vec<Section>,
}

impl Detail {
    /// All facts, one after the other.
    pub(crate) fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.sections.iter().flat_map(|section| &section.facts)
    }
}

impl Row {
    /// It as the target of an action.
    pub(crate) fn target(&self, kind: Kind, scope: Option<Scope>) -> Target {
        let name = self.cells.first().cloned().unwrap_or_default();
        Target { kind, id: self.id.clone(), name, scope }
    }
}
