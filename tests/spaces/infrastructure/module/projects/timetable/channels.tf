# The channel "Default" comes with the project.
