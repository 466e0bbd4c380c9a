//! Build script of the desktop package: checks the configuration, writes permissions for exactly the commands listed here.

use std::path::Path;

/// Every command of the window. What is not here, no window may call.
const COMMANDS: &[&str] = &[
    "core_state",
    "connect",
    "set_up",
    "sign_in",
    "sign_out",
    "request",
    "submit",
    "open_editor",
    "close_editor",
    "wait_for_lock",
    "ask_for_lock",
    "leave_line",
    "answer_ask",
    "take_over",
    "note_activity",
    "quote",
    "check_parties",
    "check_cargo",
    "check_place",
    "check_phone",
    "preview_sms",
    "new_command_id",
    "withdraw",
    "dismiss",
    "drafts",
    "keep_draft",
    "try_now",
];

fn main() {
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
        return;
    }
    // The schemas always land beside `tauri.conf.json`; they belong to the sources of the desktop.
    let made = Path::new("gen");
    let wanted = Path::new("src-tauri/gen");
    if made.exists() {
        if let Err(error) = std::fs::remove_dir_all(wanted)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            println!("cargo::warning=src-tauri/gen cannot be replaced: {error}");
        }
        if let Err(error) = std::fs::rename(made, wanted) {
            println!("cargo::warning=gen cannot be moved into src-tauri: {error}");
        }
    }
}
