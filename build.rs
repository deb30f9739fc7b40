//! Links the program for Linux at a fixed address, as Go's programs are: what it refers to is known before it starts, which makes it
//! 0.4 MB smaller and a rehearsal quicker. The libraries it loads, its stack and its heap still lie where the kernel chooses.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |key: &str| std::env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("OS") == "linux" && target("ENV") == "gnu" && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
