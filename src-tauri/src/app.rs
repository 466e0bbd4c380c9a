//! Putting the desktop together and running it.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use tauri::{Manager, WindowEvent};
use tracing_subscriber::EnvFilter;

use crate::{
    commands::{editing, link, orders, rules, session},
    connection,
    core::{Core, Sources},
    editors, keep, line, renderer,
    settings::{SERVER_VARIABLE, SettingsFile},
    source::{SystemClock, SystemEntropy},
    window::TauriWindow,
};

/// How long a closing window waits for its locks to be freed; their leases end anyway.
const GOODBYE: Duration = Duration::from_millis(800);

/// Runs the desktop until its window is closed.
pub fn run() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    renderer::choose();
    let built = tauri::Builder::default()
        .setup(|app| {
            let folder = app.path().app_config_dir().unwrap_or_else(|_| PathBuf::from("."));
            let (core, asks) = Core::new(Sources {
                clock: Arc::new(SystemClock),
                entropy: Arc::new(SystemEntropy),
                listener: Arc::new(TauriWindow(app.handle().clone())),
                settings: SettingsFile::in_folder(&folder),
                data: app.path().app_local_data_dir().unwrap_or(folder),
                server: std::env::var(SERVER_VARIABLE).ok().filter(|address| !address.is_empty()),
            });
            app.manage(Arc::clone(&core));
            tauri::async_runtime::spawn(connection::run(Arc::clone(&core), asks));
            let keeping = Arc::clone(&core);
            tauri::async_runtime::spawn(async move { keep::run(&keeping.keeper).await });
            tauri::async_runtime::spawn(editors::run(Arc::clone(&core)));
            tauri::async_runtime::spawn(line::run(core));
            Ok(())
        })
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                close(window.clone());
            }
        })
        .invoke_handler(tauri::generate_handler![
            link::core_state,
            link::connect,
            link::try_now,
            session::set_up,
            session::sign_in,
            session::sign_out,
            orders::request,
            orders::submit,
            orders::new_command_id,
            orders::answer_of,
            orders::withdraw,
            orders::dismiss,
            editing::open_editor,
            editing::close_editor,
            editing::wait_for_lock,
            editing::ask_for_lock,
            editing::leave_line,
            editing::answer_ask,
            editing::take_over,
            editing::note_activity,
            rules::quote,
            rules::check_parties,
            rules::check_cargo,
            rules::check_place,
            rules::check_phone,
            rules::preview_sms,
        ])
        .run(tauri::generate_context!());
    match built {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the window cannot be opened");
            ExitCode::FAILURE
        }
    }
}

/// Frees the locks of open editors, then closes the window.
fn close(window: tauri::Window) {
    tauri::async_runtime::spawn(async move {
        let core = Arc::clone(&window.state::<Arc<Core>>());
        if tokio::time::timeout(GOODBYE, core.let_go()).await.is_err() {
            tracing::info!("closing without an answer; locks end with their leases");
        }
        if let Err(error) = window.destroy() {
            tracing::error!(%error, "the window does not close");
        }
    });
}
