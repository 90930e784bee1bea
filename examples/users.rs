//! How a project's own code deactivates or deletes a user: `cargo run --example users -- delete joe`.

use tutorial::settings;
use vitamin::auth::User;
use vitamin::conf::Env;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [action, username] = arguments.as_slice() else {
        return Err("usage: users activate|deactivate|delete USERNAME".into());
    };
    let project = settings::project(&Env::read()?)?;
    let mut connection = project.database.get()?;
    let user = User::get_by_natural_key(&mut connection, username)?.ok_or("there is no such user")?;
    match action.as_str() {
        "activate" => User::set_active(&mut connection, user.id, true)?,
        "deactivate" => User::set_active(&mut connection, user.id, false)?,
        // With the tokens, the groups, the permissions and the admin's log, in one transaction.
        "delete" => User::delete(&mut connection, &project.apps, user.id)?,
        _ => return Err("the action is activate, deactivate or delete".into()),
    };
    Ok(())
}
