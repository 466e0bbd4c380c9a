//! An empty window of the same build: what Tauri, `WebKit` and the driver take by themselves. `make bench` starts the desktop beside it.

use std::process::ExitCode;

use tauri::{Url, WebviewUrl, WebviewWindowBuilder};

fn main() -> ExitCode {
    let mut context = tauri::generate_context!();
    context.config_mut().app.windows.clear();
    let built = tauri::Builder::default()
        .setup(|app| {
            let nothing = WebviewUrl::External(Url::parse("about:blank")?);
            WebviewWindowBuilder::new(app, "main", nothing).inner_size(1366.0, 768.0).build()?;
            Ok(())
        })
        .run(context);
    match built {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the empty window does not open: {error}");
            ExitCode::FAILURE
        }
    }
}
