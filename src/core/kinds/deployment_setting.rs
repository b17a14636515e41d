//! Deployment settings: a mirror of fields of the project, but for those that stand nowhere else.

use crate::convert::context::{Context, Subject};
use crate::convert::model::*;
use crate::convert::table::carry;
use crate::hcl::Block;
use documents::collection::Collection;

const MIRROR: &str = "the same field of the project again";

pub(super) const KIND: Kind = Kind {
    collection: Collection::DeploymentSettings,
    noun: "deployment settings",
    file: "project.tf",
    expand: Some(expand),
    ..Kind::DEFAULT
};

pub(super) const FIELDS: &[Field] = &[
    ID,
    SPACE_ID,
    ignored("ProjectId", "the settings are the project's"),
    ignored("ConnectivityPolicy", MIRROR),
    ignored("DefaultGuidedFailureMode", MIRROR),
    ignored("DefaultToSkipIfAlreadyInstalled", MIRROR),
    ignored("DeploymentChangesTemplate", MIRROR),
    ignored("ForcePackageDownload", MIRROR),
    ignored("ReleaseNotesTemplate", MIRROR),
    ignored("VersioningStrategy", MIRROR),
    ignored("ChangeDescription", "words of a commit; only of use to projects in Git"),
    finish("CancelQueuedTasks", NO_ARGUMENT).unless(Literal::Flag(false)),
    finish("CancelRunningTasks", NO_ARGUMENT).unless(Literal::Flag(false)),
    finish("FailTargetDiscovery", NO_ARGUMENT).unless(Literal::Flag(false)),
];

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    carry(context, &subject.at, FIELDS, subject.document.fields(), &mut Block::default());
}
