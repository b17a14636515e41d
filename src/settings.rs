//! Arguments, environment and prompts → checked settings. The only reader of the environment.
