//! Addresses made of names: two words each, whatever the names are.

use std::fmt;

macro_rules! hashed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// A 64-bit digest of its names: an address of two words, as every other. Two of a hundred thousand things meet
        /// with a chance of one in four thousand million; the values keep the names themselves.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// The address of the thing with these names, from the widest to the narrowest.
            pub fn of(names: &[&str]) -> $name {
                $name(digest(names))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }
    };
}

hashed_id! {
    /// A pod of a tier's namespace, of `[cluster, uid]`.
    PodId
}
hashed_id! {
    /// A pod outside the tiers' namespaces, of `[cluster, uid]`.
    ClusterPodId
}
hashed_id! {
    /// What was said of a pod, of `[cluster, pod uid, reason, component]`.
    EventId
}
hashed_id! {
    /// A node, of `[cluster, name]`.
    NodeId
}
hashed_id! {
    /// An EKS node group or a Karpenter `NodePool`, of `[cluster, kind, name]`.
    NodeGroupId
}
hashed_id! {
    /// A Karpenter `NodeClaim`, of `[cluster, name]`.
    NodeClaimId
}
hashed_id! {
    /// A resource quota, of `[cluster, namespace, name]`.
    QuotaId
}
hashed_id! {
    /// A network policy, of `[cluster, namespace, name]`.
    PolicyId
}

hashed_id! {
    /// An objective over one label set, of `[origin, key]`.
    SloId
}
hashed_id! {
    /// An alert of Alertmanager, of `[fingerprint]`.
    AlertId
}
hashed_id! {
    /// A silence of Alertmanager, of `[its id]`.
    SilenceId
}

hashed_id! {
    /// A record of the exceptions' register, of `[project, path of its file]`.
    ExceptionId
}
hashed_id! {
    /// A merge request that touches the register, of `[project, iid]`.
    RequestId
}

hashed_id! {
    /// A place of a tool that was looked at for exceptions, of `[tool, home, path]`.
    SightingId
}
hashed_id! {
    /// A difference between the register and a tool, of `[its id]`.
    DriftId
}

hashed_id! {
    /// Whoever or whatever has rights, of `[its id]`.
    PrincipalId
}
hashed_id! {
    /// What rights are on, of `[kind, path]`.
    ResourceId
}
hashed_id! {
    /// One right of one principal on one resource by one path, of `[its id]`.
    GrantId
}
hashed_id! {
    /// What a rule of access found, of `[its address]`.
    AccessFindingId
}
hashed_id! {
    /// What a campaign of an access review decides about, of `[its key]`.
    ReviewItemId
}

/// FNV-1a over the names, each ended by a byte that no name contains, then mixed (the finaliser of `SplitMix64`), so
/// that neighbours in name are no neighbours in address.
fn digest(names: &[&str]) -> u64 {
    let bytes = names.iter().flat_map(|name| name.bytes().chain(std::iter::once(0xff)));
    let fnv = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
