//! [`Role`]: what a piece of the screen means. A closed vocabulary; a theme gives each role its look.

/// Declares the roles and their dotted names, one line each.
macro_rules! roles {
    ($($(#[$doc:meta])+ $role:ident = $name:literal,)+) => {
        /// What a piece of the screen means. A role that a theme does not know falls back along its dotted name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[$doc])+ $role,)+ }

        impl Role {
            /// Every role, in the order of the vocabulary.
            pub const ALL: &'static [Role] = &[$(Role::$role,)+];

            /// Its dotted name, as themes write it.
            pub fn name(self) -> &'static str {
                match self { $(Role::$role => $name,)+ }
            }
        }
    };
}

roles! {
    /// Anything that is nothing else.
    Text = "text",
    /// What matters less.
    TextDim = "text.dim",
    /// What matters more.
    TextStrong = "text.strong",
    /// The one colour that leads the eye.
    Accent = "accent",
    /// The row under the cursor.
    Selection = "selection",
    /// A marked row under the cursor.
    SelectionMarked = "selection.marked",
    /// The row under the cursor where the keys go elsewhere.
    SelectionInactive = "selection.inactive",
    /// The sign of a marked row.
    Mark = "mark",

    /// The line on top.
    Header = "header",
    /// The program's name in it.
    HeaderName = "header.name",
    /// A pane's tab.
    HeaderTab = "header.tab",
    /// The open pane's tab.
    HeaderTabActive = "header.tab.active",
    /// The count beside a tab.
    HeaderCount = "header.count",
    /// The clock.
    HeaderClock = "header.clock",
    /// Nothing can be changed.
    HeaderModeReadonly = "header.mode.readonly",
    /// Things can be changed.
    HeaderModeArmed = "header.mode.armed",
    /// The picture stands still.
    HeaderModePaused = "header.mode.paused",
    /// The platform is a simulated one.
    HeaderModeDemo = "header.mode.demo",
    /// The picture is of another time.
    HeaderModePast = "header.mode.past",

    /// The summary above a table.
    Band = "band",
    /// The names of its columns.
    BandTitle = "band.title",
    /// The names of a table's columns.
    TableHeader = "table.header",
    /// The column that the table is sorted by.
    TableSort = "table.sort",
    /// The line above a group of rows.
    TableGroup = "table.group",
    /// Why a table is empty.
    Empty = "empty",
    /// Lines between parts.
    Border = "border",
    /// Lines around the part that has the keys.
    BorderFocus = "border.focus",
    /// The name of a part, within its line.
    BorderTitle = "border.title",
    /// The mark of how far one has scrolled.
    Scrollbar = "scrollbar",
    /// The lines of a tree.
    Tree = "tree",

    /// The line at the bottom.
    Footer = "footer",
    /// A key in a hint.
    HintKey = "hint.key",
    /// What the key does.
    HintText = "hint.text",
    /// What the key would do if it could.
    HintDisabled = "hint.disabled",

    /// A status that is nothing else.
    Status = "status",
    /// Made, not yet ready to run.
    StatusCreated = "status.created",
    /// Waiting for a resource or a callback.
    StatusWaiting = "status.waiting",
    /// Being made ready.
    StatusPreparing = "status.preparing",
    /// Waiting for a runner.
    StatusPending = "status.pending",
    /// Running.
    StatusRunning = "status.running",
    /// Ended well.
    StatusSuccess = "status.success",
    /// Ended badly.
    StatusFailed = "status.failed",
    /// Ended badly where that is allowed.
    StatusFailedAllowed = "status.failed.allowed",
    /// Stopped by somebody.
    StatusCanceled = "status.canceled",
    /// Not run.
    StatusSkipped = "status.skipped",
    /// Waiting for a person.
    StatusManual = "status.manual",
    /// Waiting for a date.
    StatusScheduled = "status.scheduled",
    /// A status that we do not know.
    StatusOther = "status.other",

    /// The health of a source.
    Health = "health",
    /// Answers, and what is shown is fresh.
    HealthLive = "health.live",
    /// What is shown is old.
    HealthStale = "health.stale",
    /// Does not answer.
    HealthDown = "health.down",
    /// Refuses us.
    HealthForbidden = "health.forbidden",
    /// Answers in part.
    HealthPartial = "health.partial",
    /// Not configured.
    HealthUnconfigured = "health.unconfigured",
    /// Nothing is known yet.
    HealthUnknown = "health.unknown",
    /// An age.
    Freshness = "freshness",
    /// An age beyond what counts as live.
    FreshnessOld = "freshness.old",

    /// How grave something is.
    Severity = "severity",
    /// Fine.
    SeverityOk = "severity.ok",
    /// Worth knowing.
    SeverityInfo = "severity.info",
    /// Worth a look.
    SeverityWarning = "severity.warning",
    /// Wrong.
    SeverityBad = "severity.bad",
    /// Cannot be judged.
    SeverityUnknown = "severity.unknown",
    /// What cannot be undone.
    Danger = "danger",

    /// The name of a tier.
    TierName = "tier.name",
    /// The name of a protected tier.
    TierProtected = "tier.protected",
    /// A number.
    Number = "number",
    /// A span of time.
    Age = "age",
    /// What changed a moment ago.
    Changed = "changed",
    /// A project's path.
    Project = "project",
    /// A branch, a tag, a merge request.
    Ref = "ref",
    /// A commit.
    Sha = "sha",
    /// A stage of a pipeline.
    Stage = "stage",
    /// An address that can be opened.
    Link = "link",
    /// The name of a fact in the detail.
    FactName = "fact.name",
    /// The fact itself.
    FactValue = "fact.value",

    /// A line of small bars over time.
    Spark = "spark",
    /// One of them beyond its target.
    SparkHigh = "spark.high",
    /// The filled part of a bar.
    BarFill = "bar.fill",
    /// The same where it is nearly full.
    BarWarning = "bar.warning",
    /// The same where it is full.
    BarBad = "bar.bad",
    /// The empty part of a bar.
    BarEmpty = "bar.empty",

    /// The part of a text that the filter or the search found.
    Match = "match",
    /// The found part under the cursor.
    MatchCurrent = "match.current",
    /// Text that is being typed.
    Input = "input",
    /// What stands there before anything is typed.
    InputPlaceholder = "input.placeholder",
    /// What would be completed.
    InputCompletion = "input.completion",
    /// What is wrong with it.
    InputError = "input.error",

    /// Something that lies over the rest.
    Popup = "popup",
    /// Its name.
    PopupTitle = "popup.title",
    /// Its border.
    PopupBorder = "popup.border",
    /// The chosen line in it.
    PopupSelection = "popup.selection",
    /// A short message.
    Notice = "notice",
    /// A message about something odd.
    NoticeWarning = "notice.warning",
    /// A message about something that failed.
    NoticeError = "notice.error",

    /// A line of a log.
    Log = "log",
    /// The head of a section in a log.
    LogSection = "log.section",
    /// When a line was written.
    LogTime = "log.time",
    /// The note that a part is missing.
    LogDropped = "log.dropped",
    /// What the log wrote in black.
    LogBlack = "log.black",
    /// What the log wrote in red.
    LogRed = "log.red",
    /// What the log wrote in green.
    LogGreen = "log.green",
    /// What the log wrote in yellow.
    LogYellow = "log.yellow",
    /// What the log wrote in blue.
    LogBlue = "log.blue",
    /// What the log wrote in magenta.
    LogMagenta = "log.magenta",
    /// What the log wrote in cyan.
    LogCyan = "log.cyan",
    /// What the log wrote in white.
    LogWhite = "log.white",
}

impl Role {
    /// The role of a name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// The names to look under, the role's own first and `text` last.
    pub fn fallbacks(self) -> impl Iterator<Item = &'static str> {
        let shorter = |name: &&'static str| name.rsplit_once('.').map(|(parent, _)| parent);
        let own = std::iter::successors(Some(self.name()), shorter);
        own.chain(std::iter::once(Role::Text.name()))
    }

    /// Whether letters are written in it, so that it must be readable; the others are lines and bars.
    pub fn is_text(self) -> bool {
        !matches!(
            self,
            Role::Border
                | Role::BorderFocus
                | Role::PopupBorder
                | Role::Scrollbar
                | Role::Tree
                | Role::Spark
                | Role::SparkHigh
                | Role::BarFill
                | Role::BarWarning
                | Role::BarBad
                | Role::BarEmpty
        )
    }

    /// Whether it is a ground that other things stand on: its background is no message.
    pub(super) fn is_ground(self) -> bool {
        matches!(
            self,
            Role::Text | Role::Header | Role::Band | Role::Footer | Role::Popup | Role::Input
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_belongs_to_one_role() {
        let names: BTreeSet<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        assert_eq!(names.len(), Role::ALL.len());
    }

    #[test]
    fn a_role_is_found_by_its_name() {
        assert_eq!(Role::named("status.failed"), Some(Role::StatusFailed));
        assert_eq!(Role::named("status.fail"), None);
    }

    #[test]
    fn a_role_falls_back_along_its_dotted_name_and_then_to_text() {
        let names: Vec<&str> = Role::StatusFailedAllowed.fallbacks().collect();
        assert_eq!(names, ["status.failed.allowed", "status.failed", "status", "text"]);
    }
}
