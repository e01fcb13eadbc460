//! What stands in front of the screen.

use shared::model::Timestamp;

use crate::dialogs::{Confirm, Dialog, Form, Help, Menu, Palette, ProgressDialog, Shown};

/// One of the dialogs.
pub(super) enum Front {
    Form(Form),
    Confirm(Confirm),
    /// Work, and since when it goes on.
    Progress(ProgressDialog, Timestamp),
    Shown(Shown),
    Menu(Menu),
    Help(Help),
    Palette(Palette),
}

impl Front {
    /// What gets the keys.
    pub(super) fn dialog(&mut self) -> &mut dyn Dialog {
        match self {
            Self::Form(dialog) => dialog,
            Self::Confirm(dialog) => dialog,
            Self::Progress(dialog, _) => dialog,
            Self::Shown(dialog) => dialog,
            Self::Menu(dialog) => dialog,
            Self::Help(dialog) => dialog,
            Self::Palette(dialog) => dialog,
        }
    }

    /// What is drawn.
    pub(super) fn shown(&self) -> &dyn Dialog {
        match self {
            Self::Form(dialog) => dialog,
            Self::Confirm(dialog) => dialog,
            Self::Progress(dialog, _) => dialog,
            Self::Shown(dialog) => dialog,
            Self::Menu(dialog) => dialog,
            Self::Help(dialog) => dialog,
            Self::Palette(dialog) => dialog,
        }
    }

    /// Whether it belongs to the action that is under way.
    pub(super) fn is_of_work(&self) -> bool {
        matches!(self, Self::Form(_) | Self::Confirm(_) | Self::Progress(..))
    }
}
