//! `postoffice-server branch …`.

use std::process::ExitCode;

use clap::Subcommand;
use postoffice_domain::{
    location::Location,
    people::{Branch, BranchId},
    text::clean_text,
};

use super::office::{OfficeError, of_argument, with_store};
use crate::{branch_id, config::Config, store::Store};

/// Branches.
#[derive(Debug, Subcommand)]
pub enum BranchCommand {
    /// Adds a branch.
    Add {
        /// Name as shown, for example "Львів 3".
        #[arg(long)]
        name: String,
        /// City.
        #[arg(long)]
        city: String,
        /// Street and house.
        #[arg(long)]
        street: String,
        /// Id; made from the name when it is not given.
        #[arg(long)]
        id: Option<String>,
    },
    /// Lists the branches.
    List,
}

/// Does it.
pub async fn run(config: &Config, command: BranchCommand) -> ExitCode {
    with_store(config, async |store| match command {
        BranchCommand::Add { name, city, street, id } => add(&store, &name, (&city, &street), id).await,
        BranchCommand::List => list(&store).await,
    })
    .await
}

async fn add(store: &Store, name: &str, place: (&str, &str), id: Option<String>) -> Result<(), OfficeError> {
    let name = clean_text(name, 100).map_err(of_argument("--name"))?;
    let id = match id {
        Some(id) => BranchId::parse(&id).map_err(of_argument("--id"))?,
        None => branch_id::of_name(&name),
    };
    let location = Location::read("", place.0, place.1)
        .map_err(|refused| refused.into_iter().next().map_or(OfficeError::Argument("bad place"), Into::into))?;
    store.add_branch(Branch { id: id.clone(), name, location }).await?;
    println!("{}", id.0);
    Ok(())
}

async fn list(store: &Store) -> Result<(), OfficeError> {
    for branch in store.office().await?.branches {
        println!("{}\t{}\t{}, {}", branch.id.0, branch.name, branch.location.city, branch.location.street);
    }
    Ok(())
}
