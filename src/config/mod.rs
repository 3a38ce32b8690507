//! Files, flags and environment into settings. Every fault is named with its place and its cure, all at once.

mod settings;

pub use settings::{
    AccessSettings, AlertmanagerSettings, Auth, ClusterSettings, Eks, ExceptionSettings,
    GateSettings, GitlabSettings, Kubeconfig, NodegroupBound, PrometheusSettings, Proxy, Retention,
    SecretSource, Settings, SloSettings, TierSettings, UiSettings, Writes,
};
