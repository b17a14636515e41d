//! Subject keys: of what the tokens are made that a server shows to others instead of a secret. Accounts and feeds have them.

use crate::convert::model::*;

pub(super) const AUDIENCE: Field = plain("Audience");

/// Keys of the tokens of deployments and runbooks.
pub(super) const EXECUTION_KEYS: Field = plain("DeploymentSubjectKeys").named("execution_subject_keys");
pub(super) const HEALTH_KEYS: Field = plain("HealthCheckSubjectKeys").named("health_subject_keys");
pub(super) const TEST_KEYS: Field = plain("AccountTestSubjectKeys");

/// Keys of the tokens that ask for packages and images.
const SUBJECT_KEYS: Field = plain("SubjectKeys");
const TYPE: Field = ignored("Type", "follows from the type of the feed");

/// A feed of a registry of Google.
pub(super) const OF_GOOGLE: Field = object("OidcAuthentication", &[AUDIENCE, SUBJECT_KEYS, TYPE]);
/// A feed of a registry of AWS.
pub(super) const OF_AWS: Field =
    object("OidcAuthentication", &[AUDIENCE, plain("RoleArn"), plain("SessionDuration"), SUBJECT_KEYS, TYPE]);
/// A feed of a registry of Azure.
pub(super) const OF_AZURE: Field =
    object("OidcAuthentication", &[plain("ClientId"), plain("TenantId"), AUDIENCE, SUBJECT_KEYS, TYPE]);
