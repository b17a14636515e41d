//! Runbooks: settings, the process, and the published snapshot, which finish publishes anew.

use serde_json::Value;

use super::process;
use super::project::CONNECTIVITY;
use crate::convert;
use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::is_empty;
use crate::convert::model::*;
use crate::hcl::Block;
use documents::collection::Collection;
use module::manifest::FinishStep;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Runbooks,
    noun: "runbook",
    file: "runbooks.tf",
    shapes: &[Shape {
        resource: "octopusdeploy_runbook",
        fields: &[
            reference("ProjectId", Collection::Projects),
            plain("Name"),
            plain("Description"),
            plain("DefaultGuidedFailureMode").accepts(&["EnvironmentDefault", "Off", "On"]),
            plain("EnvironmentScope").accepts(&["All", "Specified", "FromProjectLifecycles"]),
            // Said also when there are none: the provider keeps what is not said.
            references("Environments", Collection::Environments).keep_empty(),
            plain("MultiTenancyMode").accepts(PARTICIPATIONS),
            plain("ForcePackageDownload").or(Literal::Flag(false)),
            finish("CancelQueuedTasks", NO_ARGUMENT).unless(Literal::Flag(false)),
            finish("CancelRunningTasks", NO_ARGUMENT).unless(Literal::Flag(false)),
            // Each update without it sets it to false (`PUT runbooks/{id}`, 2026): finish comes after the provider's.
            finish("FailTargetDiscovery", NO_ARGUMENT).unless(Literal::Flag(false)),
            tags("RunbookTags").keep_empty_where_said(),
            block("ConnectivityPolicy", CONNECTIVITY),
            custom("RunRetentionPolicy", retention).writes(&["retention_policy_with_strategy"]),
            custom("PublishedRunbookSnapshotId", published),
            ignored("RunbookProcessId", "the server makes the process with the runbook"),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    expand: Some(expand),
    ..Kind::DEFAULT
};

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let file = format!("runbook_{}.tf", subject.label);
    let process = format!("RunbookProcess-{}", subject.document.id());
    process::introduce(context, &process, &file);
    let block = convert::resource(context, &KIND, &KIND.shapes[0], subject);
    context.made(&subject.at.target, &block.address(), false);
    context.add(&file, block);
    process::write_of(context, &process);
}

fn retention(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    // A policy that counts must have a unit here; one of an older server has none where it counts items.
    let mut value = value.clone();
    if let Some(policy) = value.as_object_mut().filter(|policy| !policy.is_empty()) {
        let unit = policy.entry("Unit").or_insert(Value::Null);
        if is_empty(unit) {
            *unit = "Items".into();
        }
    }
    super::retention::policy(context, at, &value, "retention_policy_with_strategy", into);
}

/// A published runbook is published at the destination too, of the process and variables there.
fn published(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    let Some(id) = value.as_str().filter(|id| !id.is_empty()) else { return };
    let snapshot = context.inventory.get(Collection::RunbookSnapshots, id);
    let [project, runbook] = at.target.key.as_slice() else { return };
    let step = FinishStep::Publish {
        project: project.clone(),
        runbook: runbook.clone(),
        name: snapshot.map_or_else(|| id.to_owned(), |snapshot| snapshot.name().to_owned()),
        notes: snapshot.and_then(|snapshot| snapshot.text("Notes")).unwrap_or_default().to_owned(),
    };
    context.finish(step);
}
