//! The simulator over real sockets.

use super::*;

#[tokio::test]
async fn serve_for_a_while() {
    let Ok(seconds) = std::env::var("SIM_SERVE") else { return };
    let scenario = std::env::var("SIM_SCENARIO").unwrap_or_else(|_| "calm".to_owned());
    let scale = std::env::var("SIM_SCALE").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let t = std::time::Instant::now();
    let sim = start(Options { scenario, scale, ..Options::default() }).await.unwrap();
    println!(
        "{} {} started in {:?} {:?}",
        sim.gitlab_url(),
        sim.token(),
        t.elapsed(),
        sim.world().counts()
    );
    tokio::time::sleep(std::time::Duration::from_secs(seconds.parse().unwrap())).await;
    println!("{:?}", sim.unknown());
}
