//! Writes `ui/src/protocol/protocol.ts` from the wire types, or with `--check` fails when it is stale.
//!
//! `make types` runs it; `make check` runs it with `--check`.

use std::{any::TypeId, collections::BTreeMap, fmt::Write as _, path::Path, process::ExitCode};

use postoffice_protocol::{PROTOCOL_VERSION, call, desktop, events, frame};
use ts_rs::{Config, TS, TypeVisitor};

const TARGET: &str = "ui/src/protocol/protocol.ts";

/// Collects the declaration of every exported type reachable from the roots.
struct Declarations<'a> {
    cfg: &'a Config,
    seen: Vec<TypeId>,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if self.seen.contains(&TypeId::of::<T>()) {
            return;
        }
        self.seen.push(TypeId::of::<T>());
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            self.found.insert(T::ident(self.cfg), format!("{docs}export {}\n", T::decl(self.cfg)));
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

fn generate() -> String {
    let cfg = Config::new().with_large_int("number");
    let mut declarations = Declarations { cfg: &cfg, seen: Vec::new(), found: BTreeMap::new() };
    call::visit_types(&mut declarations);
    declarations.visit::<call::Call>();
    declarations.visit::<events::ServerNotice>();
    declarations.visit::<desktop::CoreState>();
    declarations.visit::<desktop::CoreEvent>();
    declarations.visit::<desktop::EditorOpened>();
    declarations.visit::<desktop::Quote>();
    declarations.visit::<desktop::SmsPreview>();
    declarations.visit::<desktop::KeptDraft>();

    let mut text = String::from("// Generated from backend/protocol by `make types`. Do not edit.\n\n");
    for declaration in declarations.found.values() {
        text.push_str(declaration);
        text.push('\n');
    }
    text.push_str("/** Every method of the server: its parameters and its result. */\nexport type Methods = {\n");
    call::for_each_method(&cfg, |name, params, result| {
        writeln!(text, "  \"{name}\": {{ params: {params}; result: {result} }};")
            .expect("writing to a String cannot fail");
    });
    text.push_str("};\n\n");
    let limits = [("PROTOCOL_VERSION", PROTOCOL_VERSION as usize), ("MAX_MESSAGE_BYTES", frame::MAX_MESSAGE_BYTES)];
    for (name, value) in limits {
        writeln!(text, "export const {name} = {value};").expect("writing to a String cannot fail");
    }
    text
}

fn main() -> ExitCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(TARGET);
    let fresh = generate();
    if std::env::args().any(|argument| argument == "--check") {
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        if committed == fresh {
            return ExitCode::SUCCESS;
        }
        eprintln!("{TARGET} is stale: run `make types` and commit it");
        return ExitCode::FAILURE;
    }
    let folder = path.parent().expect("the target has a folder");
    if let Err(error) = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, fresh)) {
        eprintln!("cannot write {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    println!("wrote {TARGET}");
    ExitCode::SUCCESS
}
