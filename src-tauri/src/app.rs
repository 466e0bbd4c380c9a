//! Putting the desktop together and running it.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use tauri::{AppHandle, Manager, WebviewWindowBuilder, WindowEvent};
use tracing_subscriber::EnvFilter;

use crate::{
    commands::{drafts, editing, link, orders, rules, session},
    connection,
    core::{Core, Sources},
    editors,
    instance::{self, Instance},
    keep, line, reading, renderer,
    settings::{SERVER_VARIABLE, SettingsFile},
    source::{SystemClock, SystemEntropy},
    vault,
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
            let data = app.path().app_local_data_dir().unwrap_or_else(|_| folder.clone());
            if is_second(app.handle(), &data) {
                app.handle().exit(0);
                return Ok(());
            }
            let (core, asks) = Core::new(Sources {
                clock: Arc::new(SystemClock),
                entropy: Arc::new(SystemEntropy),
                listener: Arc::new(TauriWindow(app.handle().clone())),
                settings: SettingsFile::in_folder(&folder),
                vault: vault::of_this_system(&data),
                data,
                server: std::env::var(SERVER_VARIABLE).ok().filter(|address| !address.is_empty()),
            });
            app.manage(Arc::clone(&core));
            tauri::async_runtime::spawn(connection::run(Arc::clone(&core), asks));
            let keeping = Arc::clone(&core);
            tauri::async_runtime::spawn(async move { keep::run(&keeping.keeper).await });
            tauri::async_runtime::spawn(editors::run(Arc::clone(&core)));
            tauri::async_runtime::spawn(reading::run(Arc::clone(&core)));
            tauri::async_runtime::spawn(line::run(core));
            // Made here, not by the configuration: a second start shows none.
            for window in &app.config().app.windows {
                WebviewWindowBuilder::from_config(app, window)?.build()?;
            }
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
            orders::withdraw,
            orders::dismiss,
            drafts::drafts,
            drafts::keep_draft,
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

/// Whether another desktop runs already; it comes to the front then. The first one listens for later starts.
fn is_second(app: &AppHandle, data: &Path) -> bool {
    match instance::begin(data, &SystemEntropy) {
        Ok(Instance::Second) => {
            tracing::info!("a desktop runs already and was brought to the front");
            true
        }
        Ok(Instance::First(first)) => {
            let app = app.clone();
            std::thread::spawn(move || first.listen(|| to_the_front(&app)));
            false
        }
        Err(error) => {
            // Two desktops do no harm, only the same work: every command has its id.
            tracing::warn!(%error, "nobody knows whether another desktop runs");
            false
        }
    }
}

fn to_the_front(app: &AppHandle) {
    for window in app.webview_windows().values() {
        let raised = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = raised {
            tracing::warn!(%error, "the window does not come to the front");
        }
    }
}

/// Frees the locks of open editors, then closes the window.
fn close(window: tauri::Window) {
    tauri::async_runtime::spawn(async move {
        let core = Arc::clone(&window.state::<Arc<Core>>());
        if tokio::time::timeout(GOODBYE, core.goodbye()).await.is_err() {
            tracing::info!("closing without an answer; locks end with their leases");
        }
        if let Err(error) = window.destroy() {
            tracing::error!(%error, "the window does not close");
        }
    });
}
