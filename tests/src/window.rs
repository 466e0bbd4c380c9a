//! The real desktop window, driven through `WebKitWebDriver`.

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions},
    elements::Element,
    error::CmdError,
    key::Key,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::{
    display::Display,
    office::{CLERK_PASSWORD, Office},
    programs::{free_port, kill_process, program, tied},
    wait::until,
};

/// A window with its driver.
pub struct Window {
    client: Client,
    driver: Driver,
    home: tempfile::TempDir,
}

/// The driver's process group: the driver starts the window, both go together.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        if let Err(error) = killed.and_then(|_| self.0.wait()) {
            eprintln!("WebKitWebDriver is left behind: {error}");
        }
    }
}

/// A language and a theme.
pub struct Looks {
    /// `uk` or `en`.
    pub language: &'static str,
    /// `light` or `dark`.
    pub theme: &'static str,
}

impl Looks {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self { language: "uk", theme: "light" },
        Self { language: "uk", theme: "dark" },
        Self { language: "en", theme: "light" },
        Self { language: "en", theme: "dark" },
    ];
}

impl Window {
    /// Opens a window that knows the office's server, in a home folder of its own.
    ///
    /// # Panics
    /// It does not open.
    pub async fn open(display: &Display, office: &Office) -> Self {
        Self::open_at(display, office.folder(), Some(office.address())).await
    }

    /// Opens a window with a home folder of its own inside `folder`. Without `server` it asks for one.
    ///
    /// # Panics
    /// It does not open.
    pub async fn open_at(display: &Display, folder: &Path, server: Option<String>) -> Self {
        Self::open_program(display, folder, Path::new("postoffice-desktop"), server).await
    }

    /// Opens the window of another of our programs.
    ///
    /// # Panics
    /// It does not open.
    pub async fn open_program(display: &Display, folder: &Path, name: &Path, server: Option<String>) -> Self {
        Self::open_in(display, tempfile::tempdir_in(folder).expect("a temp folder"), name, server).await
    }

    /// Opens the window of an employee whose window was killed, in the same home folder.
    ///
    /// # Panics
    /// It does not open.
    pub async fn open_again(display: &Display, office: &Office, home: tempfile::TempDir) -> Self {
        Self::open_in(display, home, Path::new("postoffice-desktop"), Some(office.address())).await
    }

    /// Kills the window in the middle of whatever it does, as a power cut would. Gives its home folder.
    pub fn killed(self) -> tempfile::TempDir {
        let Self { client, driver, home } = self;
        drop(driver);
        drop(client);
        home
    }

    async fn open_in(display: &Display, home: tempfile::TempDir, name: &Path, server: Option<String>) -> Self {
        let port = free_port();
        let sub = |name: &str| home.path().join(name);
        let driver = tied("WebKitWebDriver")
            .args([format!("--port={port}"), "--host=127.0.0.1".to_owned()])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("DISPLAY", display.name())
            .envs(server.map(|address| ("POSTOFFICE_SERVER", address)))
            .env("XDG_DATA_HOME", sub("data"))
            .env("XDG_CONFIG_HOME", sub("config"))
            .env("XDG_CACHE_HOME", sub("cache"))
            // Without a GPU; set here, because a program that starts itself again would be lost to its driver.
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver starts");
        let driver = Driver(driver);
        let capabilities = json!({
            "webkitgtk:browserOptions": { "binary": program(name), "args": [] }
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("it is an object") };
        let client = until("a session of the window's driver", || {
            let capabilities = capabilities.clone();
            async move {
                let address = format!("http://127.0.0.1:{port}");
                let mut builder = ClientBuilder::new(HttpConnector::new());
                let connecting = builder.capabilities(capabilities).connect(&address);
                tokio::time::timeout(Duration::from_secs(15), connecting).await.ok()?.ok()
            }
        })
        .await;
        Self { client, driver, home }
    }

    /// The `WebDriver` client, for what has no word here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Process id of the driver; the window is its child.
    pub fn driver_pid(&self) -> u32 {
        self.driver.0.id()
    }

    /// Process id of the window itself.
    ///
    /// # Panics
    /// It does not run.
    pub fn pid(&self) -> u32 {
        let driver = self.driver_pid().to_string();
        let found =
            Command::new("pgrep").args(["-P", &driver, "-f", "postoffice-desktop"]).output().expect("pgrep runs");
        String::from_utf8_lossy(&found.stdout).trim().parse().expect("the driver has one window")
    }

    /// Starts the program once more, as a second double-click does; whether it ended well.
    ///
    /// # Panics
    /// It cannot be started.
    pub async fn starts_a_second_time(&self, display: &Display) -> bool {
        let sub = |name: &str| self.home.path().join(name);
        let mut second = tied(program(Path::new("postoffice-desktop")))
            .env("DISPLAY", display.name())
            .env("XDG_DATA_HOME", sub("data"))
            .env("XDG_CONFIG_HOME", sub("config"))
            .env("XDG_CACHE_HOME", sub("cache"))
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let ended = until("the second start to end", || {
            let ended = second.try_wait().expect("it is our child");
            async move { ended }
        });
        ended.await.success()
    }

    /// Sets language (`uk`, `en`) and theme (`light`, `dark`); what is on the screen stays.
    ///
    /// # Panics
    /// The window does not answer.
    pub async fn prefer(&self, language: &str, theme: &str) {
        let kept = json!({ "language": language, "theme": theme }).to_string();
        // As if another window of this desktop had changed them.
        let script = "const key = 'postoffice.preferences';
            localStorage.setItem(key, arguments[0]);
            dispatchEvent(new StorageEvent('storage', { key }))";
        self.run(script, vec![json!(kept)]).await;
    }

    /// Signs in as a clerk of Lviv 3, once the form is there.
    ///
    /// # Panics
    /// It does not work.
    pub async fn sign_in(&self, login: &str, station: &str) {
        self.sign_in_with(login, station, CLERK_PASSWORD).await;
    }

    /// Signs in as anyone of Lviv 3.
    ///
    /// # Panics
    /// It does not work.
    pub async fn sign_in_with(&self, login: &str, station: &str, password: &str) {
        self.choose("sign-in-branch", "Львів 3").await;
        self.fill("sign-in-login", login).await;
        self.fill("sign-in-station", station).await;
        self.fill("sign-in-password", password).await;
        self.press("sign-in-submit").await;
        self.see("[role=grid]").await;
    }

    /// Waits for an element by CSS selector.
    ///
    /// # Panics
    /// It does not come.
    pub async fn see(&self, css: &str) -> Element {
        until(css, || async { self.client.find(Locator::Css(css)).await.ok() }).await
    }

    /// Waits for an element by its test id.
    ///
    /// # Panics
    /// It does not come.
    pub async fn see_id(&self, id: &str) -> Element {
        self.see(&format!("[data-testid='{id}']")).await
    }

    /// Whether an element with this test id is there now.
    pub async fn shows(&self, id: &str) -> bool {
        self.client.find(Locator::Css(&format!("[data-testid='{id}']"))).await.is_ok()
    }

    /// Waits until an element is gone.
    ///
    /// # Panics
    /// It stays.
    pub async fn gone(&self, id: &str) {
        self.gone_css(&format!("[data-testid='{id}']")).await;
    }

    /// The same, by CSS selector.
    ///
    /// # Panics
    /// It stays.
    pub async fn gone_css(&self, css: &str) {
        let present = || async { self.client.find(Locator::Css(css)).await.is_ok() };
        until(&format!("{css} to go"), || async { (!present().await).then_some(()) }).await;
    }

    /// Whether a button can be pressed now; it must be there.
    ///
    /// # Panics
    /// It is not there.
    pub async fn can(&self, id: &str) -> bool {
        let button = self.see_id(id).await;
        button.attr("disabled").await.expect("the window answers").is_none()
    }

    /// Waits until the window shows a text anywhere.
    ///
    /// # Panics
    /// It does not come.
    pub async fn see_text(&self, text: &str) {
        until(&format!("the text {text:?}"), || async { self.text().await.contains(text).then_some(()) }).await;
    }

    /// Everything that can be read in the window now.
    pub async fn text(&self) -> String {
        match self.client.execute("return document.body.innerText", Vec::new()).await {
            // What is kept on one line is written with no-break spaces.
            Ok(Value::String(text)) => text.replace('\u{a0}', " "),
            _ => String::new(),
        }
    }

    /// Fills a field, replacing what is there.
    ///
    /// # Panics
    /// It cannot be filled.
    pub async fn fill(&self, id: &str, text: &str) {
        let css = format!("[data-testid='{id}']");
        until(&format!("{id} to take {text:?}"), || async {
            let element = self.client.find(Locator::Css(&css)).await.ok()?;
            element.clear().await.ok()?;
            element.send_keys(text).await.ok()?;
            let value = element.prop("value").await.ok()??;
            (value == text).then_some(())
        })
        .await;
    }

    /// Chooses an option of a list by its words.
    ///
    /// # Panics
    /// There is no such option.
    pub async fn choose(&self, id: &str, words: &str) {
        self.press(id).await;
        let option = format!("//*[@role='option'][contains(., '{words}')]");
        until(&format!("{words:?} among the options of {id}"), || async {
            self.client.find(Locator::XPath(&option)).await.ok()?.click().await.ok()
        })
        .await;
    }

    /// Presses a button, once it can be pressed.
    ///
    /// # Panics
    /// It cannot.
    pub async fn press(&self, id: &str) {
        let css = format!("[data-testid='{id}']:not([disabled])");
        until(&format!("{id} to be pressed"), || async {
            self.client.find(Locator::Css(&css)).await.ok()?.click().await.ok()
        })
        .await;
    }

    /// Sends keys to what has the focus.
    ///
    /// # Panics
    /// The window does not answer.
    pub async fn keys(&self, keys: &str) {
        let focused = self.client.active_element().await.expect("something has the focus");
        focused.send_keys(keys).await.expect("keys arrive");
    }

    /// Presses a key with Ctrl held.
    ///
    /// # Panics
    /// The window does not answer.
    pub async fn ctrl(&self, key: Key) {
        self.keys(&format!("{}{}{}", Key::Control + "", key + "", Key::Null + "")).await;
    }

    /// Presses a key with Shift held.
    ///
    /// # Panics
    /// The window does not answer.
    pub async fn shift(&self, key: Key) {
        self.keys(&format!("{}{}{}", Key::Shift + "", key + "", Key::Null + "")).await;
    }

    /// What stands in a field.
    ///
    /// # Panics
    /// There is no such field.
    pub async fn value(&self, id: &str) -> String {
        let field = self.see_id(id).await;
        field.prop("value").await.expect("the window answers").unwrap_or_default()
    }

    /// Test id of what has the focus.
    ///
    /// # Panics
    /// The window does not answer.
    pub async fn focus(&self) -> Option<String> {
        let focused = self.client.active_element().await.expect("something has the focus");
        focused.attr("data-testid").await.expect("the window answers")
    }

    /// Presses one key.
    ///
    /// # Panics
    /// The window does not answer.
    pub async fn press_key(&self, key: Key) {
        self.keys(&(key + "")).await;
    }

    /// Presses a key with Alt held.
    ///
    /// # Panics
    /// The window does not answer.
    pub async fn alt(&self, key: &str) {
        self.keys(&format!("{}{key}{}", Key::Alt + "", Key::Null + "")).await;
    }

    /// Presses keys one after the other wherever the focus is by then, as hands do that wait for nothing. Ctrl, Alt and Shift are held
    /// until `Key::Null`.
    ///
    /// # Panics
    /// The window does not answer.
    pub async fn hands(&self, keys: &str) {
        let holding = [Key::Control, Key::Alt, Key::Shift].map(char::from);
        let mut actions = KeyActions::new("hands".to_owned());
        let mut held = Vec::new();
        for value in keys.chars() {
            if value == char::from(Key::Null) {
                for value in held.drain(..) {
                    actions = actions.then(KeyAction::Up { value });
                }
                continue;
            }
            actions = actions.then(KeyAction::Down { value });
            if holding.contains(&value) {
                held.push(value);
            } else {
                actions = actions.then(KeyAction::Up { value });
            }
        }
        self.client.perform_actions(actions).await.expect("the hands reach the keyboard");
    }

    /// Goes to an address of the window, for example `#/orders`.
    ///
    /// # Panics
    /// The window does not answer.
    pub async fn go(&self, address: &str) {
        self.run("location.hash = arguments[0]", vec![json!(address)]).await;
    }

    /// Runs a script in the page.
    ///
    /// # Panics
    /// It fails.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.expect("the script runs")
    }

    /// Takes a picture of the window.
    ///
    /// # Errors
    /// The driver's own.
    pub async fn picture(&self, path: &Path) -> Result<(), CmdError> {
        // Two frames and a moment: otherwise WebKit gives the frame before. And something must go on being drawn, one pixel nobody sees:
        // the picture is taken from the next frame, and a page at rest draws none.
        let drawn = "const done = arguments[arguments.length - 1];
            const pixel = document.body.appendChild(document.createElement('i'));
            pixel.id = 'drawn-for-the-picture';
            pixel.style.cssText = 'position:fixed;left:0;top:0;width:1px;height:1px;z-index:9999;pointer-events:none';
            let odd = false;
            pixel.timer = setInterval(() => { odd = !odd; pixel.style.background = odd ? '#0000' : '#00000001' }, 16);
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)))";
        self.client.execute_async(drawn, Vec::new()).await?;
        let picture = self.client.screenshot().await;
        let over = "const pixel = document.getElementById('drawn-for-the-picture'); clearInterval(pixel.timer); pixel.remove()";
        self.client.execute(over, Vec::new()).await?;
        let picture = picture?;
        std::fs::write(path, picture).map_err(|error| CmdError::NotJson(error.to_string()))
    }

    /// Kills the window as a power cut would, and its driver with it.
    ///
    /// # Panics
    /// There is no window, or it lives on.
    pub async fn kill(self) {
        let found = Command::new("pgrep").args(["-P", &self.driver_pid().to_string()]).output().expect("pgrep runs");
        let pid: u32 = String::from_utf8_lossy(&found.stdout).trim().parse().expect("the driver has one window");
        kill_process(pid);
        until("the window to be gone", || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // The driver may not have asked after its child yet.
            let is_gone = stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'));
            async move { is_gone.then_some(()) }
        })
        .await;
        drop(self.driver);
    }

    /// Closes the window as a clerk does.
    pub async fn close(self) {
        if let Err(error) = self.client.clone().close().await {
            eprintln!("the window's session did not end well: {error}");
        }
    }
}
