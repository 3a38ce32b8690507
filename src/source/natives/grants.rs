//! What GitLab itself excepts: memberships and tokens with an end, vulnerabilities whose risk somebody accepted.

use crate::api::gitlab::{Dismissed, Grant};
use crate::domain::{Home, Sighting, Text, Timestamp, Tool};
use crate::register::formats::{self, Dismissal, GrantKind, of_dismissal, of_grant};

/// What memberships or tokens of a project or group come to.
pub(super) fn granted(kind: GrantKind, home: &Home, grants: &[Grant], at: Timestamp) -> Sighting {
    let tool = match kind {
        GrantKind::Member => Tool::GitlabMember,
        GrantKind::Token => Tool::GitlabToken,
    };
    let (mut natives, mut warnings) = (Vec::new(), Vec::new());
    for grant in grants {
        let found = of_grant(&formats::Grant {
            kind,
            home: home.clone(),
            name: &grant.name,
            role: &grant.role,
            expires_at: grant.expires_at.as_deref(),
            granted_by: grant.granted_by.as_deref(),
            is_active: grant.is_active,
        });
        natives.extend(found.natives);
        warnings.extend(found.warnings);
    }
    Sighting::new(tool.name(), home.clone(), None, at).holding(natives, warnings)
}

/// What the dismissals of a project come to.
pub(super) fn dismissed(project: &Text, all: &[Dismissed], at: Timestamp) -> Sighting {
    let own = all.iter().filter(|one| one.project == *project);
    let natives = own.filter_map(|one| {
        of_dismissal(&Dismissal {
            project,
            id: &one.id.to_string(),
            name: &one.name,
            reason: &one.reason,
            comment: one.comment.as_deref(),
            author: one.author.as_deref(),
        })
    });
    let home = Home::Project(project.clone());
    let sighting = Sighting::new(Tool::GitlabDismissal.name(), home, None, at);
    sighting.holding(natives.collect(), Vec::new())
}
