//! [`NewPipeline`]: what somebody adds to a running platform.

/// A pipeline that somebody adds.
#[derive(Clone, Debug, Default)]
pub struct NewPipeline {
    /// Full path of its project.
    pub project: String,
    /// Branch.
    pub branch: String,
    /// Its jobs; stages come in the order of their first job.
    pub jobs: Vec<NewJob>,
}

/// A job of a pipeline that somebody adds.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Name.
    pub name: String,
    /// Name of the stage.
    pub stage: String,
    /// Tags.
    pub tags: Vec<String>,
    /// Planned duration.
    pub seconds: f64,
    /// Waits for a person.
    pub manual: bool,
    /// Waits for so many seconds once its turn has come.
    pub delay_seconds: Option<f64>,
    /// Its failure does not fail the pipeline.
    pub allow_failure: bool,
    /// Only one job of a resource group runs at a time.
    pub resource_group: Option<String>,
    /// The reason with which it will fail.
    pub fails: Option<String>,
    /// The environment that it deploys to.
    pub environment: Option<String>,
    /// How many people have to approve that first.
    pub approvals: u32,
}

impl Default for NewJob {
    fn default() -> Self {
        Self {
            name: "job".to_owned(),
            stage: "test".to_owned(),
            tags: vec!["eks-standard".to_owned()],
            seconds: 600.0,
            manual: false,
            delay_seconds: None,
            allow_failure: false,
            resource_group: None,
            fails: None,
            environment: None,
            approvals: 0,
        }
    }
}
